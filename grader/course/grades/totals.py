"""Course totals: which attempt counts, what was late or not handed in, and whether it passes. Arithmetic only.

Every step is a line, as in `grader.ledger`, and each line is rounded to two decimals: the lines that a reader adds up
give the total. What is not settled stays open between two bounds and is never counted as zero in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from grader.course.grades.attempts import Attempt, chosen, latest_of_each
from grader.course.rosters.extension import Extension
from grader.fetch.deadline import Deadline, parse_deadline
from grader.records import Step
from grader.text import clean

if TYPE_CHECKING:
    from grader.course.grades.quizzes import QuizPoints
    from grader.spec.course import Course
    from grader.spec.dates import Dates
    from grader.spec.schema import Spec

Verdict = Literal["passed", "not passed", "open"]
Standing = Literal["graded", "not handed in", "waiting"]
"""`waiting`: nobody's fault yet: it was not graded, or the grader failed."""


@dataclass(frozen=True)
class Rules:
    """What the course says. Shares are 0 to 1; `not_handed_in` is 0 or below: -0.3 for "minus 30 %"."""

    pass_mark: float = 0.7
    attempts: Literal["last", "best"] = "last"
    not_handed_in: float = 0.0
    late: float = (
        0.0  # taken off the points of work that came after its due date, and before the hard deadline
    )


@dataclass(frozen=True)
class Assignment:
    """After `due` work is late, after `hard` it does not count; a deadline that is not set is none."""

    id: str
    points: float
    due: Deadline | None = None
    hard: Deadline | None = None
    not_handed_in: float | None = None  # its own word on that; None where the course's holds


@dataclass(frozen=True)
class Work:
    """What one row handed in for one assignment. `nothing` says why there is nothing; "" where there may be work."""

    assignment: Assignment
    attempts: tuple[Attempt, ...] = ()
    nothing: str = ""
    waits: str = ""  # why nothing can be said yet, whatever attempts there are; "" where something can
    extension: Extension | None = None  # for this assignment, in place of the row's


@dataclass(frozen=True)
class Counted:
    """What one assignment or quiz gives. `points` counts nothing that is open."""

    id: str
    standing: Standing
    points: float
    lowest: float
    highest: float
    of: float
    steps: tuple[Step, ...]
    attempt: Attempt | None = None
    late_seconds: float = 0.0
    rivals: tuple[Attempt, ...] = ()  # of which something is open, and which may still be the best one


@dataclass(frozen=True)
class CourseTotal:
    points: float
    lowest: float
    highest: float
    of: float
    pass_mark: float
    verdict: Verdict
    with_quizzes: bool
    assignments: tuple[Counted, ...]
    quizzes: tuple[Counted, ...]
    steps: tuple[Step, ...]


def rules_of(course: Course) -> Rules:
    """A course's rules, out of its file."""
    return Rules(course.pass_mark, course.attempts, course.not_handed_in or 0.0, -(course.late or 0.0))


def assignment_of(spec: Spec, dates: Dates | None = None) -> Assignment:
    """An assignment, out of its spec and what the course says of its dates."""
    due, hard = (dates.due, dates.hard) if dates else (None, None)
    return Assignment(
        spec.id,
        spec.points,
        parse_deadline(due.isoformat()) if due else None,
        parse_deadline(hard.isoformat()) if hard else None,
        spec.not_handed_in,
    )


def course_total(
    works: Sequence[Work],
    rules: Rules,
    *,
    extension: Extension | None = None,
    quizzes: Mapping[str, float] | None = None,
    quiz_points: Sequence[QuizPoints] = (),
) -> CourseTotal:
    """Add up one row of the roster.

    Args:
        works: one per assignment of the course, in its order.
        extension: the row's own; it moves both of its deadlines, and never to an earlier moment.
        quizzes: each quiz of the course with its highest points; empty or None where none were given.
        quiz_points: the row's own. A quiz that is not among them waits: nothing is known of it.
    """
    assignments = tuple(counted(work, rules, extension) for work in works)
    own = {one.quiz: one for one in quiz_points}
    taken = tuple(_quiz(name, of, own.get(name), rules) for name, of in (quizzes or {}).items())
    everything = (*assignments, *taken)
    lowest, highest = _sum(one.lowest for one in everything), _sum(one.highest for one in everything)
    of = _sum(one.of for one in everything)
    return CourseTotal(
        points=_sum(one.points for one in everything),
        lowest=lowest,
        highest=highest,
        of=of,
        pass_mark=rules.pass_mark,
        verdict=_verdict(everything, lowest, highest, rules.pass_mark * of),
        with_quizzes=bool(taken),
        assignments=assignments,
        quizzes=taken,
        steps=tuple(_lines(assignments, taken)),
    )


def counted(work: Work, rules: Rules, extension: Extension | None = None) -> Counted:
    """What one assignment gives: the attempt that counts, or nothing handed in, or still waiting."""
    assignment, extension = work.assignment, work.extension or extension
    if assignment.not_handed_in is not None:
        rules = replace(rules, not_handed_in=assignment.not_handed_in)
    if work.waits:
        return _waiting(assignment.id, assignment.points, clean(work.waits, 200), rules)
    due, hard = _moved(assignment.due, extension), _moved(assignment.hard, extension)
    in_time = [one for one in work.attempts if hard is None or one.is_by(hard.seconds)]
    late = {one: _late_seconds(one, due) for one in in_time}
    worth = {one: _after_lateness(one, rules.late if late[one] else 0.0) for one in in_time}
    attempt = chosen(in_time, rules.attempts, lambda one: worth[one].points)
    if attempt is not None:
        one = _graded(assignment, attempt, worth[attempt], late[attempt], rules.late)
        return _with_rivals(one, worth) if rules.attempts == "best" else one
    if in_time:
        return _waiting(assignment.id, assignment.points, "the grader failed; it is to be run again", rules)
    if work.attempts and hard is not None:
        return _absent(assignment.id, assignment.points, f"no work by {hard.shown}", rules)
    if work.nothing:
        return _absent(assignment.id, assignment.points, work.nothing, rules)
    return _waiting(assignment.id, assignment.points, "not graded yet", rules)


def _moved(deadline: Deadline | None, extension: Extension | None) -> Deadline | None:
    return extension.after(deadline) if deadline and extension else deadline


def _late_seconds(attempt: Attempt, due: Deadline | None) -> float:
    if due is None or attempt.handed_in_seconds is None:
        return 0.0
    return max(0.0, attempt.handed_in_seconds - due.seconds)


def _after_lateness(attempt: Attempt, share: float) -> Attempt:
    def kept(points: float) -> float:
        return round(points - round(share * max(points, 0.0), 2), 2)

    return replace(
        attempt,
        points=kept(attempt.points),
        lowest=kept(attempt.lowest),
        highest=kept(attempt.highest),
    )


def _graded(assignment: Assignment, attempt: Attempt, worth: Attempt, late: float, share: float) -> Counted:
    still_open = round(attempt.highest - attempt.lowest, 2)
    text = f"{assignment.id}: {attempt.points:g} of {assignment.points:g}"
    if still_open:
        text += f", open from {attempt.lowest:g} to {attempt.highest:g}"
    if attempt.handed_in_seconds is None and (assignment.due or assignment.hard):
        text += "; when it was handed in is not known"
    steps = [Step(text, round(attempt.points, 2) + 0.0)]
    if late:
        said = f"{assignment.id}: late by {_length(late)}"
        said += f", minus {100 * share:g} %" if share else ", nothing is taken for it"
        steps.append(Step(said, round(worth.points - round(attempt.points, 2), 2) + 0.0))
    return Counted(
        assignment.id,
        "graded",
        round(sum(step.points for step in steps), 2) + 0.0,
        worth.lowest,
        worth.highest,
        assignment.points,
        tuple(steps),
        attempt,
        late,
    )


def _with_rivals(one: Counted, worth: Mapping[Attempt, Attempt]) -> Counted:
    """What the best attempt comes to while another one, of which something is open, may still be better."""
    others = [other for other in latest_of_each(worth) if other != one.attempt]
    rivals = tuple(other for other in others if worth[other].highest > one.points)
    if not rivals:
        return one
    highest = max(one.highest, *(worth[other].highest for other in rivals))
    lowest = max(one.lowest, *(worth[other].lowest for other in others))
    said = Step(f"{one.id}: an earlier or later attempt is open, and may still be worth {highest:g}", 0.0)
    return replace(one, lowest=lowest, highest=highest, steps=(*one.steps, said), rivals=rivals)


def _absent(name: str, of: float, why: str, rules: Rules) -> Counted:
    points = round(rules.not_handed_in * of, 2) + 0.0
    said = f"{100 * rules.not_handed_in:g} % of {of:g}" if points else "0 points"
    text = f"{name}: not handed in ({clean(why, 160)}): {said}"
    return Counted(name, "not handed in", points, points, points, of, (Step(text, points),))


def _waiting(name: str, of: float, why: str, rules: Rules) -> Counted:
    lowest = round(min(0.0, rules.not_handed_in * of), 2) + 0.0
    return Counted(name, "waiting", 0.0, lowest, of, of, (Step(f"{name}: {why}, of {of:g}", 0.0),))


def _quiz(name: str, of: float, own: QuizPoints | None, rules: Rules) -> Counted:
    if own is None:
        return _waiting(name, of, "no points are known", rules)
    if own.points is None:
        return _absent(name, of, "quiz", rules)
    points = round(own.points, 2)
    step = Step(f"{name}: {own.points:g} of {of:g}", points)
    return Counted(name, "graded", points, points, points, of, (step,))


def _lines(assignments: Sequence[Counted], quizzes: Sequence[Counted]) -> Iterator[Step]:
    for one in assignments:
        yield from one.steps
    yield Step("Assignments", _sum(one.points for one in assignments), "sum")
    if not quizzes:
        yield Step("Without quizzes: no points of quizzes were given", 0.0)
    for one in quizzes:
        yield from one.steps
    yield Step("Total", _sum(one.points for one in (*assignments, *quizzes)), "sum")


def _sum(numbers: Iterable[float]) -> float:
    return round(sum(numbers), 2) + 0.0  # no minus zero


def _verdict(all_counted: Sequence[Counted], lowest: float, highest: float, line: float) -> Verdict:
    """A bonus may lift what is still waiting above its points: until then only a pass is certain."""
    if not all_counted:
        return "open"
    if lowest >= line - 1e-9:
        return "passed"
    waiting = any(one.standing == "waiting" for one in all_counted)
    return "open" if waiting or highest >= line - 1e-9 else "not passed"


def _length(seconds: float) -> str:
    """A length of time for people: `3 days 2 h`, `2 h 5 min`, `12 s`."""
    whole = int(seconds)
    parts = [
        (whole // 86400, "day" if whole // 86400 == 1 else "days"),
        (whole // 3600 % 24, "h"),
        (whole // 60 % 60, "min"),
    ]
    said = [f"{number:,} {unit}" for number, unit in parts if number]
    return " ".join(said[:2]) or f"{max(whole, 1)} s"

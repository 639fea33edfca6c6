"""All rows of a roster with what they earned: the roster, the stored runs and the course's rules brought together.

Nothing is graded here and nothing is changed. What the index of the runs says is enough, but for runs of which something
is open: of those the stored result is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.course.grades.attempts import Attempt, attempt_of
from grader.course.grades.grades_csv import GradeLine
from grader.course.grades.own_runs import OwnRuns, attempt, own_runs
from grader.course.grades.quizzes import Assigned, QuizPoints, Quizzes, assign
from grader.course.grades.subject import Part, Subject
from grader.course.grades.tables import Table, table_of_batch
from grader.course.grades.totals import Counted, CourseTotal, Work, course_total
from grader.course.rosters.records import Roster, RosterRow
from grader.course.stored.database import Database, IndexedRun
from grader.course.stored.folder import folder_name
from grader.course.stored.results import DEPTH, read_run
from grader.decisions import open_items
from grader.errors import StoreError
from grader.text import clean, counted


@dataclass(frozen=True)
class Mark:
    """One assignment of one row: what may count, and what has to be said about it."""

    part: Part
    work: Work
    folders: Mapping[str, Path]  # of its runs, by their ids
    opened: Mapping[str, str]  # by the id of a run: what is open in it, in words
    remarks: tuple[str, ...] = ()
    stale: Mapping[str, bool] = field(default_factory=dict)  # by the id of a run: judged under another text


@dataclass(frozen=True)
class Line:
    """One row of the roster, and how its total came about."""

    row: RosterRow
    total: CourseTotal
    marks: tuple[Mark, ...]

    @property
    def counted(self) -> tuple[tuple[Mark, Counted], ...]:
        return tuple(zip(self.marks, self.total.assignments, strict=True))

    @property
    def remarks(self) -> tuple[str, ...]:
        return tuple(said for mark in self.marks for said in mark.remarks)

    @property
    def is_open(self) -> bool:
        """Whether anything of it is not settled."""
        return bool(tuple(self.unsettled()))

    def unsettled(self) -> Iterator[str]:
        """What is not settled, a sentence each."""
        return (text for _, text in self.unsettled_by())

    def unsettled_by(self) -> Iterator[tuple[str, str]]:
        """The same, each with the assignment that it is about; "" for a quiz."""
        for mark, one in self.counted:
            if one.standing == "waiting":
                yield one.id, one.steps[0].text
            for tried in (one.attempt, *one.rivals):
                if tried is not None and (said := mark.opened.get(tried.run_id)):
                    yield one.id, f"{one.id}: {said}"
        for quiz in self.total.quizzes:
            if quiz.standing == "waiting":
                yield "", quiz.steps[0].text

    def folder(self, name: str) -> Path | None:
        """The run that counts for this assignment; None where none does."""
        for mark, one in self.counted:
            if one.id == name and one.attempt is not None:
                return mark.folders.get(one.attempt.run_id)
        return None


@dataclass(frozen=True)
class Gradebook:
    subject: Subject
    roster: Roster
    lines: tuple[Line, ...]
    notes: tuple[str, ...]  # about an assignment as a whole, and about quizzes that are nobody's
    unread: tuple[Path, ...]  # runs that cannot be read: who they are of, nobody knows

    @property
    def grade_lines(self) -> tuple[GradeLine, ...]:
        return tuple(GradeLine(line.row, line.total) for line in self.lines)


def gradebook(
    subject: Subject,
    roster: Roster,
    database: Database,
    *,
    own_rosters: Mapping[str, tuple[str, Roster]] | None = None,
    roster_stem: str,
    quizzes: Sequence[Quizzes] = (),
    by_hand: bool = False,
) -> Gradebook:
    """Every row of the roster with its total.

    Args:
        own_rosters: by the id of an assignment: stem and content of the roster that its batch was started with, where
            that is another one. Rows are then found by ids and e-mail addresses, never by a name.
        roster_stem: of the roster's file: with the spec it names the batch.
        by_hand: count runs of a row's link that `grader run` made beside the batch, too.
    """
    database.refresh()
    tables = [
        table_of_batch(part, *(own_rosters or {}).get(part.id, (roster_stem, roster)), database, whose=roster)
        for part in subject.parts
    ]
    points = _QuizPoints.of(quizzes, roster)
    lines = tuple(_line(row, tables, subject, points, by_hand=by_hand) for row in roster.rows)
    notes = [note for table in tables for note in _notes(table, lines, subject)]
    return Gradebook(subject, roster, lines, (*notes, *points.problems), tuple(_unread(subject, database)))


@dataclass(frozen=True)
class _QuizPoints:
    """The points of all tables of quizzes together."""

    most: Mapping[str, float]  # of each quiz, in the order of the files
    assigned: tuple[Assigned, ...]
    problems: tuple[str, ...]

    @staticmethod
    def of(quizzes: Sequence[Quizzes], roster: Roster) -> _QuizPoints:
        most: dict[str, float] = {}
        for quiz in quizzes:
            most.update({name: max(of, most.get(name, 0.0)) for name, of in quiz.of.items()})
        assigned = tuple(assign(quiz, roster.rows) for quiz in quizzes)
        problems = [
            problem.text(quiz.file)
            for quiz, found in zip(quizzes, assigned, strict=True)
            for problem in found.problems
        ]
        return _QuizPoints(most, assigned, tuple(problems))

    def own(self, row: RosterRow) -> list[QuizPoints]:
        return [one for found in self.assigned for one in found.points.get(row.key, ())]


def _line(
    row: RosterRow, tables: Sequence[Table], subject: Subject, points: _QuizPoints, *, by_hand: bool
) -> Line:
    marks = tuple(_mark(table, row, by_hand=by_hand) for table in tables)
    total = course_total(
        [mark.work for mark in marks],
        subject.rules,
        extension=row.extension,
        quizzes=points.most,
        quiz_points=points.own(row),
    )
    return Line(row, total, marks)


def _unread(subject: Subject, database: Database) -> Iterator[Path]:
    """Runs of these assignments that cannot be read."""
    names = {folder_name(part.id) for part in subject.parts}
    for folder in database.unread():
        parts = folder.relative_to(database.base).parts
        if len(parts) < DEPTH or parts[0] in names:
            yield folder


def _mark(table: Table, row: RosterRow, *, by_hand: bool) -> Mark:
    """One assignment of one row, out of its batch's table."""
    part, claim = table.part, table.claims.get(row.key)
    if claim is None:
        waits = f"{table.file} has no row, or no single one, with an id of this row"
        return Mark(part, Work(part.assignment, waits=waits), {}, {})
    found = own_runs(claim, table.runs, by_hand=by_hand)
    opened: dict[str, str] = {}
    attempts: list[Attempt] = []
    try:
        attempts = [_attempt(run, opened) for run in found.runs]
        waits = found.waits or _unusable(found, part)
    except StoreError as error:
        waits = f"a run cannot be read ({clean(error.message, 120)})"
    work = Work(part.assignment, tuple(attempts), found.nothing, waits, table.extensions.get(row.key))
    return Mark(
        part,
        work,
        {run.run_id: run.folder for run in found.runs},
        opened,
        tuple(_remarks(part, found)),
        {run.run_id: run.spec_digest != part.digest for run in found.runs},
    )


def _attempt(run: IndexedRun, opened: dict[str, str]) -> Attempt:
    """A run as an attempt. What is open in it, and how low it may get, only the result itself says."""
    if run.status != "needs_review":
        return attempt(run)
    record = read_run(run.folder)
    open_ids = ", ".join(one.id for one in open_items(record)) or record.grade.reason
    opened[run.run_id] = f"a person decides about {clean(open_ids, 120)}: grader review {run.folder}"
    known, read = attempt(run), attempt_of(record)
    return Attempt(
        known.run_id,
        known.work,
        known.handed_in_seconds,
        known.graded_at,
        read.points,
        read.lowest,
        read.highest,
        known.usable,
    )


def _unusable(found: OwnRuns, part: Part) -> str:
    """Why none of the runs can count as it is; "" where one can, or where there is none."""
    grades = [run for run in found.runs if run.is_grade]
    if found.runs and not grades:
        return "its runs are no grades: their reports say why"
    last = grades[-1] if grades else None
    if (
        last is not None
        and last.status in ("complete", "needs_review")
        and last.max_points < last.spec_points
    ):
        return f"only {last.max_points:g} of its {last.spec_points:g} points were judged: grade it again"
    if last is not None and abs(last.spec_points - part.assignment.points) > 1e-9:
        return f"it was judged as an assignment of {last.spec_points:g} points: start the batch again"
    return ""


def _remarks(part: Part, found: OwnRuns) -> Iterator[str]:
    if found.nothing and found.before:
        yield f"{part.id}: was graded before, and that does not count any more"
    elif found.before and not found.waits:
        newer = counted(found.before, "run", "runs")
        yield f"{part.id}: {newer} of newer work than the batch took {'does' if found.before == 1 else 'do'} not count"
    if found.beside:
        made = counted(found.beside, "run", "runs")
        yield f"{part.id}: {made} of the same link beside the batch not counted (--by-hand counts)"


def _notes(table: Table, lines: Sequence[Line], subject: Subject) -> Iterator[str]:
    """What holds for an assignment as a whole, said once."""
    part = table.part
    if not table.known:
        here = f" Here are {', '.join(table.near)}." if table.near else ""
        yield (
            f"{part.id}: there is no batch {table.batch}.{here} Start it with this roster, or say which roster it was "
            f"started with: --roster {part.id}=FILE."
        )
    stale = 0
    for line in lines:
        for mark, one in line.counted:
            stale += mark.part is part and one.attempt is not None and mark.stale[one.attempt.run_id]
    if stale:
        course = f", or without --course {subject.course}" if subject.course else ", or with a course's rules"
        yield (
            f"{part.id}: {counted(stale, 'grade was', 'grades were')} judged under another text of the spec{course}. "
            "The same batch again judges anew, and measures nothing."
        )

"""Course totals: deadlines, what was not handed in, quizzes, the pass mark; and that every line adds up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.course.grades.attempts import Attempt, attempt_of, chosen
from grader.course.grades.quizzes import QuizPoints
from grader.course.grades.totals import (
    Assignment,
    Rules,
    Work,
    assignment_of,
    counted,
    course_total,
    rules_of,
)
from grader.course.rosters.extension import Extension
from grader.fetch.deadline import Deadline, parse_deadline
from grader.spec.course import load_course
from grader.spec.dates import Dates
from grader.spec.load import load_spec

HOUR = 3600.0
DUE = parse_deadline("2026-03-01T12:00:00+00:00")
HARD = parse_deadline("2026-03-03T12:00:00+00:00")
RULES = Rules(0.7, "last", -0.3, 0.1)
S4 = Assignment("s4", 250.0, DUE, HARD)


def attempt(points: float, hours: float | None = -1.0, run: str = "r1", **other) -> Attempt:
    """A run of work that was handed in so many hours after the due date."""
    when = None if hours is None else DUE.seconds + hours * HOUR
    bounds = {"lowest": points, "highest": points, **other}
    return Attempt(run, bounds.pop("work", run), when, f"2026-04-01T00:00:0{run[-1]}", points, **bounds)


def texts(total) -> list[tuple[str, float]]:
    return [(step.text, step.points) for step in total.steps]


def test_the_rules_of_a_course_come_from_its_file():
    assert rules_of(load_course("eva8")) == Rules(0.7, "last", -0.3, 0.0)


def test_what_is_taken_off_late_work_is_a_share():
    assert rules_of(load_course("eva8").model_copy(update={"late": -0.2})).late == 0.2


def test_a_whole_course_line_by_line():
    works = (
        Work(S4, (attempt(225.0),)),
        Work(replace(S4, id="s5"), (attempt(200.0, 2.5),)),
        Work(replace(S4, id="s6"), (attempt(250.0, 49),)),
        Work(replace(S4, id="s7"), nothing="no repository in the roster"),
        Work(replace(S4, id="s8"), (attempt(100.0, lowest=80.0, highest=180.0),)),
        Work(replace(S4, id="s9")),
    )
    points = (QuizPoints(2, "ada", "q1", 7.5, 10.0), QuizPoints(3, "ada", "q2", None, 10.0))
    total = course_total(works, RULES, quizzes={"q1": 10.0, "q2": 10.0, "q3": 10.0}, quiz_points=points)
    assert texts(total) == [
        ("s4: 225 of 250", 225.0),
        ("s5: 200 of 250", 200.0),
        ("s5: late by 2 h 30 min, minus 10 %", -20.0),
        ("s6: not handed in (no work by 2026-03-03T12:00:00+00:00): -30 % of 250", -75.0),
        ("s7: not handed in (no repository in the roster): -30 % of 250", -75.0),
        ("s8: 100 of 250, open from 80 to 180", 100.0),
        ("s9: not graded yet, of 250", 0.0),
        ("Assignments", 355.0),
        ("q1: 7.5 of 10", 7.5),
        ("q2: not handed in (quiz): -30 % of 10", -3.0),
        ("q3: no points are known, of 10", 0.0),
        ("Total", 359.5),
    ]
    assert (total.points, total.lowest, total.highest, total.of) == (359.5, 261.5, 699.5, 1530.0)
    assert (total.verdict, total.with_quizzes) == ("open", True)


def test_without_quizzes_is_said():
    total = course_total((Work(S4, (attempt(200.0),)),), RULES)
    assert "Without quizzes" in total.steps[-2].text
    assert (total.with_quizzes, total.of, total.verdict) == (False, 250.0, "passed")


@pytest.mark.parametrize(
    ("points", "lowest", "highest", "verdict"),
    [
        (175.0, 175.0, 175.0, "passed"),
        (174.99, 174.99, 174.99, "not passed"),
        (170.0, 170.0, 180.0, "open"),
        (180.0, 170.0, 180.0, "open"),
        (180.0, 175.0, 200.0, "passed"),
        (100.0, 90.0, 174.0, "not passed"),
    ],
)
def test_the_pass_mark_holds_for_what_is_certain(points, lowest, highest, verdict):
    work = Work(S4, (attempt(points, lowest=lowest, highest=highest),))
    assert course_total((work,), RULES).verdict == verdict


def test_quizzes_take_part_in_the_pass_mark():
    work = Work(S4, (attempt(175.0),))
    low = (QuizPoints(2, "ada", "q", 0.0, 10.0),)
    assert course_total((work,), RULES, quizzes={"q": 10.0}, quiz_points=low).verdict == "not passed"


def test_nothing_is_neither_passed_nor_failed():
    assert course_total((), RULES).verdict == "open"


@pytest.mark.parametrize(
    ("extension", "standing", "late"),
    [
        (None, "not handed in", 0.0),
        (Extension(seconds=2 * HOUR), "graded", 47 * HOUR),
        (Extension(seconds=49 * HOUR), "graded", 0.0),
        (Extension(until=parse_deadline("2026-03-03T13:00:00+00:00")), "graded", 0.0),
        (Extension(until=parse_deadline("2026-02-01T13:00:00+00:00")), "not handed in", 0.0),
    ],
    ids=["none", "a little", "enough", "moment", "earlier-moment"],
)
def test_an_extension_moves_both_deadlines_of_its_row(extension, standing, late):
    one = counted(Work(S4, (attempt(200.0, 49),)), RULES, extension)
    assert (one.standing, one.late_seconds) == (standing, late)


def test_the_moment_of_a_deadline_counts_and_the_next_second_does_not():
    assert counted(Work(S4, (attempt(200.0, 48.0),)), RULES).standing == "graded"
    assert counted(Work(S4, (attempt(200.0, 48 + 1 / 3600),)), RULES).standing == "not handed in"
    assert counted(Work(S4, (attempt(200.0, 0.0),)), RULES).late_seconds == 0.0


def test_work_after_the_hard_deadline_does_not_hide_work_before_it():
    work = Work(S4, (attempt(200.0, -1, "r1"), attempt(250.0, 49, "r2")))
    for rule in ("last", "best"):
        one = counted(work, replace(RULES, attempts=rule))
        assert (one.points, one.attempt.run_id) == (200.0, "r1")


@pytest.mark.parametrize(("rule", "run"), [("last", "r2"), ("best", "r1")])
def test_last_or_best(rule, run):
    work = Work(S4, (attempt(240.0, -5, "r1"), attempt(230.0, -1, "r2")))
    assert counted(work, replace(RULES, attempts=rule)).attempt.run_id == run


def test_best_is_best_after_what_lateness_takes():
    work = Work(S4, (attempt(230.0, -1, "r1"), attempt(250.0, 5, "r2")))
    one = counted(work, replace(RULES, attempts="best"))
    assert (one.points, one.attempt.run_id) == (230.0, "r1")


@pytest.mark.parametrize("rule", ["last", "best"])
def test_work_that_was_judged_anew_is_no_second_attempt(rule):
    runs = (attempt(240.0, -5, "r1", work="c"), attempt(200.0, -5, "r2", work="c"))
    assert counted(Work(S4, runs), replace(RULES, attempts=rule)).points == 200.0
    assert counted(Work(S4, runs[::-1]), replace(RULES, attempts=rule)).points == 200.0


def test_a_run_that_the_grader_spoiled_counts_for_nothing_and_costs_nothing():
    bad = attempt(0.0, -5, "r2", work="c", usable=False)
    assert counted(Work(S4, (attempt(240.0, -5, "r1", work="c"), bad)), RULES).points == 240.0
    alone = counted(Work(S4, (bad,)), RULES)
    assert (alone.standing, alone.points, alone.highest) == ("waiting", 0.0, 250.0)


def test_work_that_carries_no_time_counts_and_its_line_says_so():
    one = counted(Work(S4, (attempt(200.0, None),)), RULES)
    assert (one.standing, one.points) == ("graded", 200.0)
    assert "is not known" in one.steps[0].text
    free = counted(Work(Assignment("x", 250.0), (attempt(200.0, None),)), RULES)
    assert "known" not in free.steps[0].text


def test_lateness_that_costs_nothing_is_still_said():
    one = counted(Work(S4, (attempt(200.0, 30),)), replace(RULES, late=0.0))
    assert [(step.text, step.points) for step in one.steps][1] == (
        "s4: late by 1 day 6 h, nothing is taken for it",
        0.0,
    )


def test_lateness_takes_nothing_from_what_is_below_zero():
    assert counted(Work(S4, (attempt(-50.0, 30),)), RULES).points == -50.0


def test_a_course_that_takes_nothing_for_what_is_missing():
    one = counted(Work(S4, nothing="empty repository"), Rules())
    assert (one.points, one.steps[0].text) == (0.0, "s4: not handed in (empty repository): 0 points")


def test_a_stored_run_as_an_attempt(example_record):
    read = attempt_of(example_record)
    submission, grade = example_record.evidence.submission, example_record.grade
    assert (read.points, read.lowest, read.highest) == (grade.points, grade.lowest, grade.highest)
    assert read.work in (submission.commit, submission.tree_digest)
    assert read.work
    assert read.usable == (grade.status != "infrastructure" and not example_record.not_a_grade)
    if submission.committed_at[:2] == "20":  # one of the records holds no date there
        moment = datetime.fromtimestamp(read.handed_in_seconds, UTC)
        assert moment == datetime.fromisoformat(submission.committed_at)
    else:
        assert read.handed_in_seconds is None


def test_a_commit_without_a_readable_time_is_one_without_a_time(example_records):
    record = next(iter(example_records.values()))
    odd = replace(record.evidence.submission, committed_at="99999999999 seconds after 1970")
    record = replace(record, evidence=replace(record.evidence, submission=odd))
    assert attempt_of(record).handed_in_seconds is None
    assert chosen([], "last", lambda one: one.points) is None


# --- properties ---------------------------------------------------------------------------------------------

POINTS = st.integers(-30_000, 30_000).map(lambda cents: cents / 100)


@st.composite
def attempts(draw) -> Attempt:
    points, down, up = draw(POINTS), draw(st.integers(0, 9)), draw(st.integers(0, 9))
    run = f"r{draw(st.integers(0, 5))}"
    hours = draw(st.none() | st.floats(-60, 60))
    bounds = {"lowest": round(points - down, 2), "highest": round(points + up, 2)}
    return attempt(
        points, hours, run, work=draw(st.sampled_from("abc")), usable=draw(st.booleans()), **bounds
    )


WORKS = st.lists(
    st.builds(
        Work,
        st.builds(Assignment, st.sampled_from(["s4", "s5"]), st.integers(1, 900).map(float), st.sampled_from([None, DUE]), st.sampled_from([None, HARD])),
        st.lists(attempts(), max_size=4, unique_by=lambda one: one.run_id).map(tuple),
        st.sampled_from(["", "empty"]),
    ),
    max_size=4,
)  # fmt: skip
RULE = st.builds(
    Rules, st.sampled_from([0.5, 0.7]), st.sampled_from(["last", "best"]), st.sampled_from([0.0, -0.3]), st.sampled_from([0.0, 0.1, 1 / 3, 1.0])
)  # fmt: skip
QUIZ = st.lists(st.builds(QuizPoints, st.just(2), st.just("a"), st.sampled_from("pq"), st.none() | st.integers(0, 999).map(lambda n: n / 100), st.just(10.0)), max_size=2)  # fmt: skip


def total_of(works, rules, quiz):
    return course_total(works, rules, quizzes={"p": 10.0, "q": 10.0}, quiz_points=quiz)


@settings(max_examples=50)
@given(WORKS, RULE, QUIZ)
def test_the_lines_add_up_and_the_bounds_hold(works, rules, quiz):
    total = total_of(works, rules, quiz)
    running = 0.0
    for step in total.steps:
        assert step.points == round(step.points, 2)
        if step.kind == "sum":
            assert step.points == pytest.approx(running, abs=1e-6)
        else:
            running += step.points
    assert total.steps[-1].points == total.points == pytest.approx(running, abs=1e-6)
    assert total.lowest - 1e-6 <= total.points <= total.highest + 1e-6
    assert total.of == sum(work.assignment.points for work in works) + 20


@settings(max_examples=50)
@given(WORKS, RULE, QUIZ, st.data())
def test_adding_points_never_lowers_a_total(works, rules, quiz, data):
    before = total_of(works, rules, quiz)
    more = data.draw(st.integers(1, 5_000)) / 100
    raised = [
        replace(
            work,
            attempts=tuple(_raised(one, more) if data.draw(st.booleans()) else one for one in work.attempts),
        )
        for work in works
    ]
    after = total_of(raised, rules, quiz)
    if rules.attempts == "last":  # of the best, the higher points may belong to the wider bounds
        assert after.lowest >= before.lowest - 1e-6
        assert after.highest >= before.highest - 1e-6
    assert after.points >= before.points - 1e-6
    assert (
        total_of(works, rules, [replace(one, points=(one.points or 0.0) + more) for one in quiz]).points
        >= before.points
    )


def _raised(one: Attempt, more: float) -> Attempt:
    return replace(
        one,
        points=round(one.points + more, 2),
        lowest=round(one.lowest + more, 2),
        highest=round(one.highest + more, 2),
    )


@settings(max_examples=50)
@given(WORKS, RULE, st.floats(0, 1e6))
def test_an_extension_never_lowers_what_counts_for_the_best(works, rules, seconds):
    rules = replace(rules, attempts="best")
    without, longer = (
        course_total(works, rules),
        course_total(works, rules, extension=Extension(seconds=seconds)),
    )
    for before, after in zip(without.assignments, longer.assignments, strict=True):
        if before.standing == after.standing == "graded":
            assert after.points >= before.points - 1e-6


def test_deadline_is_a_moment_in_any_zone():
    indian = Deadline(HARD.seconds, "2026-03-03T17:30:00+05:30")
    assert counted(Work(replace(S4, hard=indian), (attempt(200.0, 48.0),)), RULES).standing == "graded"


def test_an_assignments_own_word_on_what_was_not_handed_in_goes_first():
    own = replace(S4, not_handed_in=-0.5)
    assert counted(Work(own, nothing="empty"), RULES).points == -125.0
    assert counted(Work(replace(S4, not_handed_in=0.0), nothing="empty"), RULES).points == 0.0


def test_the_best_attempt_stays_open_while_another_may_be_better():
    best = replace(RULES, attempts="best", late=0.0)
    sure = attempt(100.0, -2, "r1", work="a")
    maybe = attempt(80.0, -1, "r2", work="b", lowest=60.0, highest=180.0)
    one = counted(Work(S4, (sure, maybe)), best)
    assert (one.attempt, one.points, one.lowest, one.highest, one.rivals) == (
        sure,
        100.0,
        100.0,
        180.0,
        (maybe,),
    )
    assert "may still be worth 180" in one.steps[-1].text
    assert counted(Work(S4, (sure, replace(maybe, highest=100.0))), best).rivals == ()
    assert counted(Work(S4, (sure, maybe)), RULES).attempt == maybe
    at_risk = replace(sure, lowest=20.0)
    assert counted(Work(S4, (at_risk, maybe)), best).lowest == 60.0


def test_what_waits_counts_no_attempt_and_keeps_both_bounds():
    one = counted(Work(S4, (attempt(200.0),), waits="the disk is full"), RULES)
    assert (one.standing, one.points, one.lowest, one.highest) == ("waiting", 0.0, -75.0, 250.0)
    assert one.steps[0].text == "s4: the disk is full, of 250"


def test_an_extension_of_one_assignment_goes_before_the_rows():
    longer, short = Extension(seconds=48 * HOUR), Extension(seconds=HOUR)
    works = (Work(S4, (attempt(200.0, 24),), extension=longer), Work(S4, (attempt(200.0, 24),)))
    total = course_total(works, RULES, extension=short)
    assert [one.late_seconds for one in total.assignments] == [0.0, 23 * HOUR]


def test_an_assignment_comes_from_its_spec_and_the_courses_dates():
    spec = load_spec("s4").spec
    assert assignment_of(spec) == Assignment("s4", 250.0)
    dates = Dates.model_validate({"due": "2026-03-01T12:00:00Z", "hard": "2026-03-03 12:00+00:00"})
    assert assignment_of(spec, dates) == S4

"""The arithmetic of a grade, and what a command ends with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import ExitCode
from grader.judge import exit_code, judge
from grader.records import Finding, Outcome

SHARES = {
    "passed": (1.0, 0.0),
    "failed": (0.0, 0.0),
    "partial": (0.5, 0.0),
    "review": (0.0, 1.0),
    "borderline": (0.0, 1.0),
    "errored": (0.0, 1.0),
    "skipped": (0.0, 1.0),
}


def outcome(status: str, points: float = 100.0, id: str = "a") -> Outcome:
    certain, still_open = SHARES[status]
    finding = Finding("measured", "expected")
    return Outcome(
        id,
        "parameters",
        "It is so.",
        status,
        round(certain * points, 2),
        points,
        still_open * points,
        finding,
    )


outcomes = st.lists(
    st.builds(outcome, st.sampled_from(sorted(SHARES)), st.sampled_from([10.0, 12.5, 33.33, 75.0])),
    min_size=1,
    max_size=8,
)


@given(outcomes, st.floats(0, 1))
def test_a_grade_lies_within_its_bounds(listed, mark):
    grade = judge(listed, 250, mark)
    assert 0 <= grade.points <= grade.highest <= grade.max_points + 1e-6
    assert grade.points == pytest.approx(sum(o.points for o in listed))
    assert grade.steps[-1].points == grade.points
    assert len(grade.steps) == len(listed) + 1


@given(outcomes, st.integers(0, 7))
def test_granting_what_is_open_never_lowers_a_grade(listed, index):
    index %= len(listed)
    better = [outcome("passed", o.max_points) if i == index else o for i, o in enumerate(listed)]
    assert judge(better, 250, 0.7).points >= judge(listed, 250, 0.7).points - 1e-9


@given(outcomes)
def test_points_that_are_open_are_neither_counted_nor_lost(listed):
    grade = judge(listed, 250, 0.7)
    waiting = [o for o in listed if o.status in ("review", "borderline", "errored")]
    assert grade.highest - grade.points == pytest.approx(sum(o.max_points for o in waiting), abs=0.02)


@pytest.mark.parametrize(
    ("statuses", "status", "code"),
    [
        (["passed", "passed"], "complete", ExitCode.PASSED),
        (["failed", "passed", "passed", "passed"], "complete", ExitCode.PASSED),
        (["failed", "passed"], "complete", ExitCode.BELOW_PASS_MARK),
        (["passed", "review"], "needs_review", ExitCode.NEEDS_REVIEW),
        (["failed", "borderline"], "needs_review", ExitCode.NEEDS_REVIEW),
        (["review", "errored"], "infrastructure", ExitCode.FAULT),
        (["passed", "skipped"], "complete", ExitCode.PASSED),
    ],
)
def test_status_and_exit_code(statuses, status, code):
    grade = judge([outcome(s) for s in statuses], 250, 0.7)
    assert grade.status == status
    assert exit_code(grade) == code


def test_ungradable_wins_over_below_the_pass_mark_and_a_fault_wins_over_all():
    assert exit_code(judge([outcome("failed")], 250, 0.7, "No model.")) == ExitCode.UNGRADABLE
    assert exit_code(judge([outcome("failed"), outcome("errored")], 250, 0.7, "No model.")) == ExitCode.FAULT


def test_strict_asks_for_full_marks():
    grade = judge([outcome("passed", 90), outcome("failed", 10)], 100, 0.7)
    assert exit_code(grade) == ExitCode.PASSED
    assert exit_code(grade, strict=True) == ExitCode.BELOW_PASS_MARK
    assert exit_code(judge([outcome("passed")], 100, 0.7), strict=True) == ExitCode.PASSED


def test_a_check_that_was_not_judged_changes_neither_points_nor_pass_mark():
    grade = judge([outcome("passed", 75), outcome("skipped", 125), outcome("passed", 50)], 250, 0.7)
    assert (grade.points, grade.max_points, grade.spec_points, grade.passed) == (125, 125, 250, True)


def test_nothing_judged_is_not_passed():
    assert not judge([outcome("skipped")], 250, 0.7).passed


def test_a_part_that_waits_for_a_person_keeps_a_partial_check_open():
    finding = Finding("1 of 2", "both")
    partial = Outcome("explained", "readme", "README.", "partial", 20.0, 50.0, 20.0, finding)
    assert judge([partial], 50, 0.7).status == "needs_review"


def test_decimals_add_up_as_people_add_them():
    assert judge([outcome("passed", 33.33), outcome("passed", 16.67, "b")], 50, 0.7).points == 50.0

"""How far a batch is, and how long it still takes."""

from __future__ import annotations

import pytest

from grader.course.batch.entries import Entry, Row
from grader.course.batch.progress import ORDER, Progress


def row(state: str, **fields: object) -> Row:
    made = Row(Entry("a", "a", "x"))
    for name, value in {"state": state, **fields}.items():
        setattr(made, name, value)
    return made


def test_every_row_is_counted():
    rows = [row(state) for state in ORDER]
    said = Progress(rows).counts()
    assert said.startswith(f"{len(ORDER)} rows: 1 graded, 1 missing, 1 unreachable")
    assert sum(int(word) for word in said.replace(",", "").split() if word.isdecimal()) == 2 * len(ORDER)


def test_nothing_is_known_before_something_was_measured():
    progress = Progress([row("fetched"), row("grading", began=100.0)])
    assert progress.seconds_left(110.0) is None
    assert progress.sentence() == "Time left: not measured yet."


@pytest.mark.parametrize(
    ("rows", "left"),
    [
        ([row("graded", seconds=10.0), row("graded", seconds=20.0), row("fetched")], 15.0),
        ([row("graded", seconds=10.0), row("grading", began=106.0)], 6.0),
        (
            [row("graded", seconds=10.0), row("grading", began=10.0)],
            5.5,
        ),  # late: soon, never less than nothing
        ([row("graded", seconds=10.0), *[row("grading", began=110.0)] * 2, *[row("fetched")] * 4], 30.0),
        ([row("graded", seconds=10.0), row("graded", reused=True), row("looked")], 10.0),
        # what runs for 30 s already says that not all take 10 s
        ([row("graded", seconds=10.0), row("grading", began=80.0), row("looked")], 22.0),
    ],
)
def test_time_left_goes_by_what_attempts_took(rows, left):
    assert Progress(rows).seconds_left(110.0) == pytest.approx(left)


def test_before_anything_has_ended_it_goes_by_earlier_runs():
    rows = [row("looked"), row("grading", began=100.0)]
    assert Progress(rows, usual=30.0).seconds_left(110.0) == pytest.approx(50.0)


def test_when_it_is_over():
    assert Progress([row("graded", seconds=10.0), row("stuck")]).sentence() == "Nothing is left."

"""A grade as a list of entries: they add up to the total, whatever the record holds."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.judge import judge, not_handed_in
from grader.records import Adjustment, Finding, Outcome, RunRecord, Step
from grader.report.entries import entries, reasons
from grader.report.inert import inert


def test_the_points_add_up_to_the_grade(example_record: RunRecord) -> None:
    found = entries(inert(example_record))
    assert sum(one.points for one in found) == pytest.approx(example_record.grade.points, abs=0.001)


def test_each_check_and_each_adjustment_has_its_entry(example_records: dict[str, RunRecord]) -> None:
    found = entries(example_records["adjusted"])
    assert [(one.id, one.status, one.points) for one in found] == [
        ("small", "passed", 75),
        ("learns-fast", "passed", 125),
        ("explained", "passed", 50),
        ("under-8k", "passed", 50),
        ("very-accurate", "review", 0),
        ("no-log", "failed", -30),
        ("misrepresented", "review", 0),
        ("colab-link", "failed", -135),
    ]


def test_a_skipped_check_is_neither_won_nor_open(example_records: dict[str, RunRecord]) -> None:
    skipped = entries(example_records["self_check"])[1]
    assert (skipped.status, skipped.points, skipped.open_points) == ("skipped", 0, 0)


def test_a_decision_is_among_what_is_said(example_records: dict[str, RunRecord]) -> None:
    made = {one.id: one for one in entries(example_records["decided"])}
    assert "Decided: 40 of 50 points by Ada Lovelace" in made["answers"].lines[-1]
    assert "Decided by Ada Lovelace" in made["misrepresented"].lines[-1]
    assert made["misrepresented"].status == "passed"  # the penalty was dismissed


@pytest.mark.parametrize(
    ("kind", "state", "seen", "status"),
    [
        ("bonus", "does not count", "failed", "skipped"),
        ("multiplier", "counts", "passed", "passed"),
        ("bonus", "open", "errored", "errored"),
        ("penalty", "open", "review", "review"),
        ("penalty", "not judged", "skipped", "skipped"),
        ("percentage", "does not count", "passed", "passed"),
    ],
)
def test_a_missed_bonus_is_no_failure_and_a_penalty_that_is_not_taken_is_met(
    kind, state, seen, status, example_records
) -> None:
    made = example_records["full_marks"]
    outcome = replace(made.outcomes[0], status=seen)
    grade = judge(made.outcomes, 250, 0.7, adjustments=[Adjustment(kind, 2, state, outcome)])
    assert entries(replace(made, grade=grade))[-1].status == status


def test_work_that_was_not_handed_in_is_one_entry(example_records: dict[str, RunRecord]) -> None:
    made = replace(example_records["full_marks"], outcomes=(), grade=not_handed_in(250, 0.7, -0.3))
    (only,) = entries(made)
    assert (only.title, only.points, only.status) == ("Not handed in: -30 % of 250", -75, "failed")


def test_what_nothing_explains_is_an_entry_of_its_own(example_records: dict[str, RunRecord]) -> None:
    made = example_records["full_marks"]
    odd = replace(made, grade=replace(made.grade, points=240.5, steps=()))
    assert (entries(odd)[-1].id, entries(odd)[-1].points) == ("other", -9.5)
    steps = (*made.grade.steps[:3], Step("a step of another kind", -9.5))
    named = entries(replace(odd, grade=replace(odd.grade, steps=steps)))
    assert [one.title for one in named[3:]] == ["a step of another kind"]


def test_points_that_are_no_number_count_nothing(example_records: dict[str, RunRecord]) -> None:
    made = example_records["full_marks"]
    odd = replace(made.outcomes[0], points=math.nan, open_points=math.inf)
    found = entries(replace(made, outcomes=(odd, *made.outcomes[1:])))
    assert found[0].points == found[0].open_points == 0
    assert sum(one.points for one in found) == 250


def test_reasons_begin_with_what_speaks_against_a_grade(example_records: dict[str, RunRecord]) -> None:
    said = reasons(example_records["review"])
    assert said[0].startswith("Not a grade: Stand-in data")
    assert said[2] == "Needs a person: 108.33 certain, up to 250 possible."


cents = st.integers(0, 30_000).map(lambda n: n / 100)
states = st.sampled_from(["counts", "does not count", "open", "not judged"])
kinds = st.sampled_from(["bonus", "multiplier", "penalty", "percentage"])


@settings(max_examples=60)
@given(st.lists(st.tuples(cents, cents), max_size=5), st.lists(st.tuples(kinds, states, cents), max_size=5))
def test_whatever_the_ledger_does_the_entries_add_up(example, checks, changes) -> None:
    finding = Finding("", "")
    outcomes = tuple(
        Outcome(f"c{i}", "parameters", "It is small.", "partial", min(pair), max(pair), 0.0, finding)
        for i, pair in enumerate(checks)
    )
    seen = Outcome("a", "parameters", "It is small.", "failed", 0, 1, 0, finding)
    listed = [
        Adjustment(kind, amount / 300 if kind == "percentage" else amount, state, replace(seen, id=f"a{i}"))
        for i, (kind, state, amount) in enumerate(changes)
    ]
    grade = judge(outcomes, 100, 0.7, adjustments=listed)
    found = entries(replace(example, outcomes=outcomes, grade=grade))
    assert sum(one.points for one in found) == pytest.approx(grade.points, abs=0.001)
    assert not [one for one in found if one.kind == "other"]


@pytest.fixture(scope="module")
def example() -> RunRecord:
    import sys

    made: RunRecord = sys.modules["grader_test_records"].full_marks()
    return made

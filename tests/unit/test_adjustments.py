"""Bonuses, the multiplier and penalties, decided by evidence and by people."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.adjustments import adjustments, met
from grader.errors import UsageError
from grader.judge import judge
from grader.records import Absent, Finding, Outcome
from grader.spec.load import parse_spec

SPEC = """
id: x
edition: 1
title: T
course: C
points: 100
task: mnist
training:
  epochs: {exactly: 1}
  time_limit: 10 min
  reference_device: t4
  recipe: student
  default: {optimizer: {sgd: {}}, schedule: {constant: {lr: 0.1}}, batch_size: 64}
checks:
  - {id: small, check: parameters, fewer_than: 25000, points: 100}
"""


def spec_with(text: str):
    return parse_spec((SPEC + text).encode(), "x.yaml")


def states(text: str, evidence, **decisions: bool) -> dict[str, str]:
    return {one.id: one.state for one in adjustments(spec_with(text), evidence, decisions)}


@pytest.fixture
def evidence(example_records):
    """A model of 6,338 parameters with 98.93 % that states its numbers nearly right."""
    return example_records["full_marks"].evidence


@pytest.mark.parametrize(("limit", "state"), [(8000, "counts"), (6000, "does not count")])
def test_a_bonus_is_earned_where_its_check_passes(limit, state, evidence):
    text = f"bonuses:\n  - {{id: tiny, check: parameters, fewer_than: {limit}, points: 20}}\n"
    assert states(text, evidence) == {"tiny": state}
    grade = judge([], 100, 0.7, adjustments=adjustments(spec_with(text), evidence))
    assert grade.points == (20 if state == "counts" else 0)


@pytest.mark.parametrize(
    ("condition", "state"),
    [
        ("check: test_accuracy, at_least: 98 %", "counts"),
        (
            "check: test_accuracy, at_least: 99.9 %",
            "open",
        ),  # missed under the default recipe: a person decides
        ("check: parameters, fewer_than: 100", "does not count"),
    ],
)
def test_a_multiplier_counts_where_its_condition_is_met(condition, state, evidence):
    text = f"multiplier:\n  id: accurate\n  times: 4\n  where: {{{condition}}}\n"
    (one,) = adjustments(spec_with(text), evidence)
    assert (one.id, one.kind, one.amount, one.state) == ("accurate", "multiplier", 4, state)


@pytest.mark.parametrize(("key", "state"), [("taken_unless", "counts"), ("proposed_unless", "open")])
def test_a_penalty_is_taken_at_once_or_proposed(key, state, evidence):
    text = f"penalties:\n  - {{id: big, {key}: {{check: parameters, fewer_than: 100}}, points: 30}}\n"
    assert states(text, evidence) == {"big": state}
    assert states(text.replace("100}", "10000}"), evidence) == {"big": "does not count"}


def test_a_person_decides_about_what_is_proposed_and_may_dismiss_anything(evidence):
    text = "penalties:\n  - {id: big, proposed_unless: {check: parameters, fewer_than: 100}, percent: 50 %}\n"
    assert states(text, evidence, big=True) == {"big": "counts"}
    assert states(text, evidence, big=False) == {"big": "does not count"}
    (one,) = adjustments(spec_with(text), evidence, {"big": True})
    assert (one.proposed, one.decided, one.amount) == (True, True, 0.5)


def test_what_only_a_person_sees_is_there_only_where_one_has_seen_it(evidence):
    text = "penalties:\n  - {id: messy, by_hand: The names are messy., points: 100}\n"
    assert states(text, evidence) == {}
    assert states(text, evidence, messy=False) == {}
    (one,) = adjustments(spec_with(text), evidence, {"messy": True})
    assert (one.state, one.outcome.requirement, one.decided) == ("counts", "The names are messy.", True)


def test_a_decision_about_nothing_is_refused(evidence):
    with pytest.raises(
        UsageError, match=r'"mesy" is no bonus, multiplier or penalty of x\. Decide about one of messy'
    ):
        states("penalties:\n  - {id: messy, by_hand: Messy., points: 100}\n", evidence, mesy=True)
    with pytest.raises(UsageError, match="This assignment has none"):
        states("", evidence, mesy=True)


@pytest.mark.parametrize(
    "condition",
    ["check: parameters, fewer_than: 100", "check: honest_claims", "check: test_accuracy, at_least: 99.9 %"],
)
def test_work_without_a_model_loses_its_points_and_pays_no_penalty_on_top(condition, example_records):
    text = f"penalties:\n  - {{id: p, taken_unless: {{{condition}}}, percent: 100 %}}\n"
    assert states(text, example_records["no_model"].evidence) == {"p": "not judged"}


@pytest.mark.parametrize(
    ("cause", "state"),
    [("errored", "open"), ("skipped", "not judged"), ("review", "open"), ("failed", "not judged")],
)
def test_a_penalty_without_evidence_is_never_taken(cause, state, evidence):
    gone = replace(evidence, test_accuracy=Absent(cause, "It is not there."))
    text = "penalties:\n  - {id: p, taken_unless: {check: test_accuracy, at_least: 50 %}, points: 5}\n"
    assert states(text, gone) == {"p": state}
    favour = "bonuses:\n  - {id: b, check: test_accuracy, at_least: 50 %, points: 5}\n"
    assert states(favour, gone) == {"b": "does not count" if cause == "failed" else state}


@pytest.mark.parametrize(
    ("status", "points", "still_open", "expected"),
    [
        ("passed", 100, 0, "yes"),
        ("failed", 0, 0, "no"),
        ("partial", 60, 0, "no"),
        ("partial", 60, 40, "open"),
        ("review", 0, 100, "open"),
        ("review", 0, 50, "no"),  # the other half is lost for certain
        ("errored", 0, 100, "open"),
        ("skipped", 0, 100, "not judged"),
    ],
)
def test_a_condition_is_met_as_a_whole_or_not(status, points, still_open, expected):
    assert met(Outcome("a", "uses", "So.", status, points, 100, still_open, Finding("m", "e"))) == expected


def test_they_come_in_the_order_of_the_arithmetic(evidence):
    text = (
        "penalties:\n  - {id: p, taken_unless: {check: parameters, exactly: 1}, points: 5}\n"
        "multiplier: {id: m, times: 2, where: {check: parameters, at_most: 9000}}\n"
        "bonuses:\n  - {id: b, check: parameters, at_most: 9000, points: 5}\n"
    )
    assert states(text, evidence) == {"b": "counts", "m": "counts", "p": "counts"}
    assert list(states(text, evidence)) == ["b", "m", "p"]

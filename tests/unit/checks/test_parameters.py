"""The parameter limit: its borders, what counts, and what the integrity probes do to it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from grader.checks.interface import run
from grader.checks.parameters import Rule
from grader.records import Absent, Evidence, Outcome, Probe


@pytest.fixture
def evidence(example_records) -> Evidence:
    return example_records["full_marks"].evidence


def rule(**limit: int) -> Rule:
    return Rule(id="small", check="parameters", points=75.0, **limit)


def with_count(evidence: Evidence, count: int, state: int | None = None) -> Evidence:
    """A model of `count` parameters whose trained state holds `state` of them."""
    elements = (count if state is None else state) + evidence.model.buffer_elements
    trials = tuple(replace(trial, state_elements=elements) for trial in evidence.trials)
    return replace(evidence, model=replace(evidence.model, parameters=count), trials=trials)


def judged(evidence: Evidence, count: int, state: int | None = None, **limit: int) -> Outcome:
    return run(rule(**limit), with_count(evidence, count, state))


@pytest.mark.parametrize(
    ("limit", "count", "status", "points"),
    [
        ({"fewer_than": 25_000}, 24_999, "passed", 75),
        ({"fewer_than": 25_000}, 25_000, "failed", 0),
        ({"fewer_than": 25_000}, 25_001, "failed", 0),
        ({"at_most": 25_000}, 25_000, "passed", 75),
        ({"at_most": 25_000}, 25_001, "failed", 0),
        ({"exactly": 203_530}, 203_530, "passed", 75),
        ({"exactly": 203_530}, 203_529, "failed", 0),
        ({"exactly": 203_530}, 203_531, "failed", 0),
    ],
)
def test_the_limit_at_its_border(evidence, limit, count, status, points):
    outcome = judged(evidence, count, **limit)
    assert (outcome.status, outcome.points, outcome.open_points) == (status, points, 0)
    assert outcome.finding.measured == f"{count:,} parameters"


def test_the_finding_says_what_was_counted_and_where_it_can_be_saved(evidence):
    outcome = judged(evidence, 30_000, fewer_than=25_000)
    assert outcome.finding.expected == "The model has fewer than 25,000 parameters."
    assert "Net(dropout=0.05) in model.py" in outcome.finding.rationale
    assert outcome.finding.hint.startswith("Most of the 30,000 sit in: conv3 (Conv2d) 4,640, ")
    assert judged(evidence, 20_000, fewer_than=25_000).finding.hint == ""


def test_what_crossed_the_border_counts_where_it_is_more_than_the_model_said(evidence):
    outcome = judged(evidence, 20_000, state=26_000, fewer_than=25_000)
    assert (outcome.status, outcome.finding.measured) == ("failed", "26,000 parameters")
    assert outcome.notes == ("The model itself reported 20,000.",)


def test_a_smaller_state_does_not_make_a_large_model_small(evidence):
    assert judged(evidence, 26_000, state=10, fewer_than=25_000).status == "failed"


def test_a_model_that_was_never_trained_is_still_counted(evidence):
    untrained = replace(with_count(evidence, 24_999), trials=())
    assert run(rule(fewer_than=25_000), untrained).status == "passed"


@pytest.mark.parametrize(
    ("weight", "status", "points", "still_open"),
    [
        ("clean", "passed", 75, 0),
        ("note", "passed", 75, 0),
        ("flag", "review", 0, 75),
        ("void", "failed", 0, 0),
    ],
)
def test_integrity_probes_act_on_a_good_count(evidence, weight, status, points, still_open):
    probes = (Probe("state size", weight, "The sizes differ."),)
    outcome = run(
        rule(fewer_than=25_000), replace(evidence, integrity=replace(evidence.integrity, probes=probes))
    )
    assert (outcome.status, outcome.points, outcome.open_points) == (status, points, still_open)
    assert ("The sizes differ." in outcome.finding.rationale) == (weight in ("flag", "void"))


def test_void_wins_over_flag_and_a_failed_count_stays_failed(evidence):
    probes = (Probe("a", "flag", "A."), Probe("b", "void", "B."))
    raised = replace(evidence, integrity=replace(evidence.integrity, probes=probes))
    assert run(rule(fewer_than=25_000), raised).status == "failed"
    assert (
        run(
            rule(fewer_than=1), replace(raised, integrity=replace(raised.integrity, probes=probes[:1]))
        ).status
        == "failed"
    )


def test_no_model_is_the_students_shortfall_or_the_graders(evidence):
    for cause, status in (
        ("failed", "failed"),
        ("errored", "errored"),
        ("skipped", "skipped"),
        ("review", "review"),
    ):
        assert run(rule(fewer_than=25_000), replace(evidence, model=Absent(cause, "Why."))).status == status


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_fewer_than_is_at_most_one_less(count, limit):
    assert rule(fewer_than=limit + 1).allows(count) == rule(at_most=limit).allows(count)


@pytest.mark.parametrize(
    "limits",
    [
        {},
        {"fewer_than": 1, "at_most": 1},
        {"exactly": 1, "at_most": 1},
        {"fewer_than": -1},
        {"fewer_than": 2.5},
        {"fewer_than": "9"},
    ],
)
def test_a_rule_has_exactly_one_whole_limit(limits):
    with pytest.raises(ValidationError):
        rule(**limits)

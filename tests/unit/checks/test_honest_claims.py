"""Stated numbers: a clear difference in the submission's favour goes to a person or costs the points."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from grader.checks.honest_claims import Rule
from grader.checks.interface import run
from grader.records import Absent, Claim, Comparison, Evidence, Outcome


@pytest.fixture
def evidence(example_records) -> Evidence:
    """6,330 parameters, 98.93 % in the mean over three seeds."""
    return example_records["full_marks"].evidence


def stated(name: str, value: float, verdict: str = "differs") -> Comparison:
    return Comparison(Claim(name, value, "README.md:9", "as stated"), "measured", verdict, "It is apart.")


def judged(evidence: Evidence, *found: Comparison, **keys: object) -> Outcome:
    rule = Rule.model_validate({"id": "numbers", "check": "honest_claims", "points": 10.0} | keys)
    return run(rule, replace(evidence, comparisons=found))


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("parameters", 5697, "passed"),
        ("parameters", 5696, "review"),
        ("parameters", 60_000, "passed"),
        ("test_accuracy", 0.9992, "passed"),
        ("test_accuracy", 0.9994, "review"),
        ("test_accuracy", 0.5, "passed"),
    ],
)
def test_only_what_is_clear_and_in_its_favour(evidence, name, value, status):
    outcome = judged(evidence, stated(name, value))
    assert outcome.status == status
    if status == "review":
        assert (outcome.points, outcome.open_points) == (0, 10)
        assert "README.md:9 states" in outcome.finding.rationale
        assert outcome.notes == ()
    else:
        assert outcome.points == 10
        assert "README.md:9 states" in outcome.notes[0]


@pytest.mark.parametrize("verdict", ["agrees", "cannot tell"])
def test_what_agrees_or_cannot_be_told_costs_nothing(evidence, verdict):
    outcome = judged(evidence, stated("parameters", 1, verdict))
    assert (outcome.status, outcome.notes) == ("passed", ())


def test_a_spec_may_take_the_points(evidence):
    outcome = judged(evidence, stated("parameters", 100), when_not="failed")
    assert (outcome.status, outcome.points, outcome.open_points) == ("failed", 0, 0)


def test_a_spec_chooses_what_is_looked_at_and_how_closely(evidence):
    field = stated("receptive_field", 45)
    assert judged(evidence, field).status == "passed"
    assert judged(evidence, field, about=["receptive_field"]).status == "review"
    assert judged(evidence, stated("parameters", 4000), parameters_within="50 %").status == "passed"
    assert judged(evidence, stated("test_accuracy", 0.9994), accuracy_within="5 %").status == "passed"


def test_nothing_stated_is_nothing_wrong(evidence):
    outcome = judged(evidence)
    assert outcome.status == "passed"
    assert outcome.finding.measured == "no number is stated that could be compared"


def test_without_a_model_there_is_nothing_to_hold_them_against(evidence):
    gone = replace(evidence, model=Absent("failed", "No class is an nn.Module."))
    assert judged(gone).status == "failed"


def test_the_wording_accuses_nobody(evidence):
    outcome = judged(evidence, stated("parameters", 100), stated("test_accuracy", 0.9999))
    text = " ".join((outcome.requirement, *vars(outcome.finding).values())).lower()
    assert not [
        word for word in ("lie", "cheat", "fraud", "dishonest", "false", "wrong") if word in text.split()
    ]
    assert "2 numbers stated, 0 of them agree; 2 numbers clearly apart" in text


def test_an_unknown_number_is_refused():
    with pytest.raises(ValidationError, match="Input should be"):
        Rule(id="a", check="honest_claims", points=1.0, about=("flops",))

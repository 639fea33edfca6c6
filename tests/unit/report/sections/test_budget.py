"""The parameters against the limits of the assignment, and the layers that most of them are in."""

from __future__ import annotations

from dataclasses import replace

from grader.records import ModelFacts, RunRecord
from grader.report.sections.model import budget, build


def test_the_limit_and_the_dearest_layers_are_named(example_records: dict[str, RunRecord]) -> None:
    lead = build(example_records["partial"]).lead
    assert "30,194 parameters are 121 % of the limit of 25,000." in lead
    assert lead[-1].startswith("The most expensive: conv3 (Conv2d) with 26,680, head (Linear) with 1,850, ")


def test_each_limit_is_said_once_and_zero_is_none(example_records: dict[str, RunRecord]) -> None:
    record = example_records["partial"]
    found, small = record.evidence.model, record.outcomes[0]
    assert isinstance(found, ModelFacts)
    exact = replace(small, requirement="The model has exactly 0 parameters.")
    twice = budget(found, (small, small, exact))
    assert [line.partition(" parameters are ")[2] for line in twice[:-1]] == ["121 % of the limit of 25,000."]
    far = replace(small, requirement="The model has at most 100 trainable parameters.")
    assert budget(found, (far,))[0] == "30,194 parameters are 302 times the limit of 100."


def test_without_layers_and_limits_nothing_is_said(example_records: dict[str, RunRecord]) -> None:
    found = example_records["partial"].evidence.model
    assert isinstance(found, ModelFacts)
    assert budget(replace(found, layers=()), ()) == ()

"""Whether a spec asks for a training at all."""

from __future__ import annotations

import pytest

from grader.checks.interface import rule_types
from grader.spec.load import load_spec

SIZE = {"id": "size", "check": "parameters", "fewer_than": 9, "points": 10}
CLAIMS = {"id": "claims", "check": "honest_claims", "about": ["test_accuracy"], "points": 10}
ACCURACY = {"check": "test_accuracy", "at_least": 0.9}


def spec(*rules: dict, **others: object):
    made = tuple(rule_types()[rule["check"]].model_validate(rule) for rule in rules)
    return load_spec("s4").spec.model_copy(update={"checks": made, **others})


def test_a_spec_without_an_accuracy_asks_for_none() -> None:
    assert not spec(SIZE).trains
    assert not spec(SIZE, CLAIMS).trains, "what is only stated is not worth a training"


@pytest.mark.parametrize("where", ["checks", "bonuses"])
def test_one_rule_that_needs_it_is_enough(where: str) -> None:
    rule = rule_types()["test_accuracy"].model_validate({**ACCURACY, "id": "learns", "points": 10})
    size = rule_types()["parameters"].model_validate(SIZE)
    found = {"checks": (size,), "bonuses": (), where: (rule,)}
    assert load_spec("s4").spec.model_copy(update=found).trains


def test_without_a_training_block_nothing_is_trained() -> None:
    assert not load_spec("s4").spec.model_copy(update={"training": None}).trains

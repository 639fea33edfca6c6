"""The optimizer: its name, its arguments with values and ranges, torch's defaults, and what is not known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from grader.checks.interface import run
from grader.checks.optimizer import Rule
from grader.records import Call, Evidence, Outcome, Scalar


@pytest.fixture
def evidence(example_records) -> Evidence:
    return example_records["full_marks"].evidence


def call(name: str = "SGD", library: str = "torch", **arguments: Scalar) -> Call:
    return Call(name, tuple(arguments.items()), "train.py:20", library)


def judged(evidence: Evidence, made: Call, keys: dict[str, object], **changes: object) -> Outcome:
    session = replace(evidence.training.sessions[0], **{"schedules": (), "optimizer": made} | changes)
    rule = Rule.model_validate({"id": "steps", "check": "optimizer", "one_of": "sgd", "points": 10.0} | keys)
    return run(rule, replace(evidence, training=replace(evidence.training, sessions=(session,))))


@pytest.mark.parametrize(("name", "status"), [("SGD", "passed"), ("Adam", "passed"), ("AdamW", "failed")])
def test_its_name(evidence, name, status):
    outcome = judged(evidence, call(name, lr=0.1), {"one_of": ["adam", "sgd"]})
    assert (outcome.status, outcome.points) == (status, 10 if status == "passed" else 0)
    assert outcome.finding.measured == f"{name}(lr=0.1) (train.py:20, seen while it ran)"


def test_one_of_the_students_own_goes_to_a_person(evidence):
    outcome = judged(evidence, call("Lion", library="", lr=0.1), {})
    assert (outcome.status, outcome.open_points) == ("review", 10)


def test_one_that_is_not_known_goes_to_a_person(evidence):
    assert judged(evidence, Call(""), {}).finding.rationale == "The optimizer could not be found out."
    outcome = judged(evidence, Call(""), {}, unknown=(("optimizer", "It is built by a package."),))
    assert (outcome.status, outcome.finding.rationale) == ("review", "It is built by a package.")


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"lr": 0.1}, "passed"),
        ({"lr": 0.01}, "failed"),
        ({"lr": {"at_least": 0.1, "at_most": 0.2}}, "passed"),
        ({"lr": {"at_most": 0.09}}, "failed"),
        ({"lr": {"at_least": 0.11}}, "failed"),
        ({"momentum": 0.9, "nesterov": True}, "passed"),
        ({"nesterov": False}, "failed"),
        ({"weight_decay": 0.0}, "passed"),
        ({"weight_decay": {"at_least": 0.0001}}, "failed"),
        ({"warm_up": 3.0}, "review"),
    ],
)
def test_its_arguments(evidence, asked, status):
    outcome = judged(evidence, call(lr=0.1, momentum=0.9, nesterov=True), {"arguments": asked})
    assert outcome.status == status
    assert bool(outcome.finding.rationale) == (status != "passed")


def test_a_default_is_called_one(evidence):
    outcome = judged(evidence, call(lr=0.1), {"arguments": {"momentum": 0.9}})
    assert outcome.finding.rationale == "momentum is 0.0 by default; asked for is 0.9."


def test_a_sequence_of_numbers(evidence):
    asked = {"one_of": "adam", "arguments": {"betas": [0.9, 0.99]}}
    assert judged(evidence, call("Adam", betas="(0.9, 0.99)"), asked).status == "passed"
    assert judged(evidence, call("Adam"), asked).status == "failed"


@pytest.mark.parametrize("name", ["optimizer.lr", "optimizer.**"])
def test_a_lost_argument_goes_to_a_person(evidence, name):
    lost = ((name, "It comes from a file."),)
    outcome = judged(evidence, call(momentum=0.9), {"arguments": {"lr": 0.001}}, unknown=lost)
    assert (outcome.status, outcome.finding.rationale) == (
        "review",
        "lr could not be found out: It comes from a file.",
    )


def test_an_argument_that_is_no_value_goes_to_a_person(evidence):
    outcome = judged(evidence, call(lr="from a finder, not recoverable"), {"arguments": {"lr": 0.1}})
    assert outcome.status == "review"
    assert "from a finder" in outcome.finding.rationale


def test_what_is_sure_and_wrong_outweighs_what_is_not_known(evidence):
    made = call(lr="?", momentum=0.5)
    outcome = judged(evidence, made, {"arguments": {"lr": 0.1, "momentum": 0.9}})
    assert outcome.status == "failed"
    assert outcome.finding.rationale == "momentum is 0.5; asked for is 0.9."


def test_a_rate_that_a_schedule_sets_is_noted(evidence):
    schedules = evidence.training.sessions[0].schedules
    outcome = judged(evidence, call(lr=0.1), {"arguments": {"lr": 0.1}}, schedules=schedules)
    assert outcome.notes == ("Its rate is set by OneCycleLR.",)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"arguments": {"lr": {}}}, "at_least, at_most or both"),
        ({"arguments": {"lr": {"at_last": 1}}}, "expected a value"),
        ({"arguments": {"lr": []}}, "expected a value"),
        ({"arguments": {"l r": 1}}, "no name in Python"),
        ({"arguments": {"lr": {"at_least": 2.0, "at_most": 1.0}}}, "at_least is above at_most"),
        ({"one_of": []}, "at least 1"),
        ({"one_of": "a b"}, "expected names of optimizers"),
        ({"one_of": 3}, "valid tuple"),
    ],
)
def test_a_wrong_rule_is_refused(keys, message):
    with pytest.raises(ValidationError, match=message):
        Rule.model_validate({"id": "a", "check": "optimizer", "one_of": "sgd", "points": 1.0} | keys)


def test_a_rule_is_written_as_a_spec_holds_it():
    keys = {"one_of": ["sgd"], "arguments": {"lr": {"at_most": 0.1}, "betas": [0.9, 0.99], "nesterov": True}}
    rule = Rule.model_validate({"id": "a", "check": "optimizer", "points": 1.0} | keys)
    assert rule.model_dump(mode="json")["arguments"] == keys["arguments"]
    assert Rule.model_validate(rule.model_dump()) == rule


def test_the_requirement_is_said():
    keys = {"one_of": ["adam", "sgd"], "arguments": {"lr": {"at_most": 0.1}, "momentum": 0.9}}
    rule = Rule.model_validate({"id": "a", "check": "optimizer", "points": 1.0} | keys)
    assert (
        rule.requirement()
        == "The training takes the optimizer adam or sgd with lr at most 0.1, momentum 0.9."
    )

"""The loss: its name under all spellings, and what is added to it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from grader.checks.interface import run
from grader.checks.loss import Rule
from grader.records import Evidence, Outcome


@pytest.fixture
def evidence(example_records) -> Evidence:
    return example_records["full_marks"].evidence


def judged(evidence: Evidence, *changes: dict[str, object], **keys: object) -> Outcome:
    first = evidence.training.sessions[0]
    sessions = tuple(replace(first, **one) for one in changes)
    rule = Rule.model_validate(
        {"id": "loss", "check": "loss", "one_of": "cross_entropy", "points": 10.0} | keys
    )
    return run(rule, replace(evidence, training=replace(evidence.training, sessions=sessions)))


PLAIN = {"loss": "cross_entropy"}
WITH_TERM = {"loss": "cross_entropy", "loss_is_plain": False}
WITH_L1 = {"loss": "cross_entropy + l1_loss", "loss_is_plain": False}


@pytest.mark.parametrize(
    ("loss", "status"),
    [
        ("cross_entropy", "passed"),
        ("CrossEntropyLoss", "passed"),
        ("nll_loss", "failed"),
        ("binary_cross_entropy", "failed"),
    ],
)
def test_its_name(evidence, loss, status):
    outcome = judged(evidence, {"loss": loss})
    assert (outcome.status, outcome.points) == (status, 10 if status == "passed" else 0)
    assert outcome.finding.measured == f"{loss} (train.py:30, seen while it ran)"


def test_one_of_several(evidence):
    assert judged(evidence, {"loss": "nll_loss"}, one_of=["cross_entropy", "nll_loss"]).status == "passed"


def test_its_arguments_are_shown(evidence):
    outcome = judged(evidence, PLAIN | {"loss_arguments": (("label_smoothing", 0.02),)})
    assert outcome.finding.measured.startswith("cross_entropy(label_smoothing=0.02) (")


def test_one_that_is_not_known_goes_to_a_person(evidence):
    assert judged(evidence, {"loss": ""}).finding.rationale == "The loss could not be found out."
    outcome = judged(evidence, {"loss": "", "unknown": (("loss", "It is the student's own code."),)})
    assert (outcome.status, outcome.finding.rationale) == ("review", "It is the student's own code.")


@pytest.mark.parametrize(
    ("adds", "made", "status"),
    [
        ("nothing", PLAIN, "passed"),
        ("nothing", WITH_TERM, "failed"),
        ("something", WITH_TERM, "passed"),
        ("something", PLAIN, "failed"),
        ("l1", WITH_L1, "passed"),
        ("l1", WITH_TERM, "review"),
        ("l1", PLAIN, "failed"),
        (None, WITH_TERM, "passed"),
    ],
)
def test_what_is_added(evidence, adds, made, status):
    keys = {} if adds is None else {"adds": adds}
    outcome = judged(evidence, made, **keys)
    assert (outcome.status, outcome.points) == (status, 10 if status == "passed" else 0)
    assert ("something is added to it" in outcome.finding.measured) == (made is not PLAIN)
    assert bool(outcome.finding.rationale) == (status != "passed")


def test_any_session_that_has_it_is_enough(evidence):
    three = (PLAIN, WITH_TERM | {"place": "train.py:60"}, PLAIN)
    outcome = judged(evidence, *three, adds="something", any_session=True)
    assert outcome.status == "passed"
    assert "train.py:60" in outcome.finding.measured
    assert judged(evidence, *three, adds="something").status == "failed"
    assert judged(evidence, PLAIN, PLAIN, adds="something", any_session=True).status == "failed"


def test_the_best_of_the_sessions_goes_to_a_person_before_one_fails(evidence):
    assert judged(evidence, PLAIN, {"loss": ""}, adds="something", any_session=True).status == "review"


def test_each_session(evidence):
    outcome = judged(evidence, PLAIN, WITH_TERM, adds="nothing", each_session=True)
    assert (outcome.status, outcome.points) == ("partial", 5)


@pytest.mark.parametrize(
    ("keys", "message"),
    [({"one_of": "Cross Entropy"}, "expected names of losses"), ({"adds": "l2"}, "Input should be")],
)
def test_a_wrong_rule_is_refused(keys, message):
    with pytest.raises(ValidationError, match=message):
        Rule.model_validate({"id": "a", "check": "loss", "one_of": "nll_loss", "points": 1.0} | keys)


def test_both_ways_of_counting_sessions_cannot_stand_together():
    with pytest.raises(ValidationError, match="each_session or any_session"):
        Rule(id="a", check="loss", points=1.0, one_of=("nll_loss",), each_session=True, any_session=True)


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({}, "The training takes nll_loss."),
        ({"adds": "l1", "any_session": True}, "One of the trainings takes nll_loss with the L1 norm added."),
        ({"adds": "nothing", "each_session": True}, "Each training takes nll_loss with nothing added."),
    ],
)
def test_the_requirement_is_said(keys, sentence):
    rule = Rule.model_validate({"id": "a", "check": "loss", "one_of": "nll_loss", "points": 1.0} | keys)
    assert rule.requirement() == sentence

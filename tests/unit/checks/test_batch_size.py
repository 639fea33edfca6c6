"""The size of a batch: each limit, what is not known, and batches whose gradients are added up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from grader.checks.batch_size import Rule
from grader.checks.interface import run
from grader.records import Absent, Evidence, Outcome


@pytest.fixture
def evidence(example_records) -> Evidence:
    """A training with batches of 128."""
    return example_records["full_marks"].evidence


def judged(evidence: Evidence, keys: dict[str, object], **changes: object) -> Outcome:
    session = replace(evidence.training.sessions[0], **changes)
    training = replace(evidence.training, sessions=(session,))
    rule = Rule.model_validate({"id": "batches", "check": "batch_size", "points": 10.0} | keys)
    return run(rule, replace(evidence, training=training))


@pytest.mark.parametrize(
    ("limit", "status"),
    [
        ({"exactly": 128}, "passed"),
        ({"exactly": 512}, "failed"),
        ({"at_least": 128}, "passed"),
        ({"at_least": 129}, "failed"),
        ({"at_most": 128}, "passed"),
        ({"at_most": 127}, "failed"),
    ],
)
def test_each_limit(evidence, limit, status):
    outcome = judged(evidence, limit)
    assert (outcome.status, outcome.points) == (status, 10 if status == "passed" else 0)
    assert outcome.finding.measured == "batches of 128 (train.py:15, seen while it ran)"
    assert bool(outcome.finding.rationale) == (status == "failed")


def test_a_size_that_is_not_known_goes_to_a_person(evidence):
    loading = replace(evidence.training.sessions[0].training, batch_size=0)
    outcome = judged(evidence, {"exactly": 128}, training=loading)
    assert (outcome.status, outcome.open_points) == ("review", 10)
    reason = (("training.batch_size", "It is handed on with **."),)
    outcome = judged(evidence, {"exactly": 128}, training=loading, unknown=reason)
    assert outcome.finding.rationale == "It is handed on with **."


def test_a_loader_that_was_not_seen_goes_to_a_person(evidence):
    gone = Absent("review", "The capture did not see this part.")
    assert judged(evidence, {"exactly": 128}, training=gone).finding.rationale == gone.reason
    unknown = (("training", "No loader was in use."),)
    outcome = judged(evidence, {"exactly": 128}, training=gone, unknown=unknown)
    assert (outcome.status, outcome.finding.rationale) == ("review", "No loader was in use.")


def test_gradients_that_are_added_up_go_to_a_person(evidence):
    beside = ("the optimizer steps once per 4 batches",)
    outcome = judged(evidence, {"exactly": 512}, beside=beside)
    assert outcome.status == "review"
    assert "the optimizer steps once per 4 batches" in outcome.finding.rationale
    assert judged(evidence, {"exactly": 128}, beside=beside).notes == (
        "In this training the optimizer steps once per 4 batches.",
    )


def test_each_session_is_judged(evidence):
    rule = Rule(id="a", check="batch_size", points=10.0, exactly=128, each_session=True)
    first = evidence.training.sessions[0]
    small = replace(first, training=replace(first.training, batch_size=64))
    found = replace(evidence, training=replace(evidence.training, sessions=(first, small)))
    assert (run(rule, found).status, run(rule, found).points) == ("partial", 5)


def test_what_cannot_stand_is_refused():
    with pytest.raises(ValidationError, match="at_least or at_most"):
        Rule.model_validate({"id": "a", "check": "batch_size", "points": 1.0})


def test_the_requirement_is_said():
    rule = Rule(id="a", check="batch_size", points=1.0, at_least=64, at_most=512)
    assert rule.requirement() == "The training has batches of at least 64 and at most 512 images."

"""The schedule: which one, whether it acts, where its rate is highest, and where it ends."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from grader.checks.interface import run
from grader.checks.schedule import Rule
from grader.records import Call, Evidence, Outcome, Scalar, Schedule

CLASS_TEMPLATE: dict[str, Scalar] = {
    "max_lr": 0.21,
    "total_steps": 2400,
    "pct_start": 5 / 24,
    "anneal_strategy": "linear",
    "div_factor": 24,
    "final_div_factor": 1,
}
"""As the class hands it out: 24 epochs of 98 batches, made for 2,400 steps."""


@pytest.fixture
def evidence(example_records) -> Evidence:
    """24 epochs of 98 batches."""
    found = example_records["full_marks"].evidence
    session = found.training.sessions[0]
    loading = replace(session.training, data_set="CIFAR10", images=50_000, batch_size=512)
    long = replace(session, epochs=24, passes=24, training=loading)
    return replace(found, training=replace(found.training, sessions=(long,)))


def made(name: str, steps: str = "per batch", library: str = "torch", **arguments: Scalar) -> Schedule:
    return Schedule(Call(name, tuple(arguments.items()), "train.py:21", library), steps)  # type: ignore[arg-type]


def rule(**keys: object) -> Rule:
    return Rule.model_validate(
        {"id": "rate", "check": "schedule", "one_of": "one_cycle", "points": 10.0} | keys
    )


def judged(evidence: Evidence, *schedules: Schedule, keys: dict[str, object], **changes: object) -> Outcome:
    session = replace(evidence.training.sessions[0], schedules=schedules, **changes)
    return run(rule(**keys), replace(evidence, training=replace(evidence.training, sessions=(session,))))


def test_the_one_that_is_asked_for(evidence):
    outcome = judged(evidence, made("OneCycleLR", max_lr=0.1), keys={})
    assert (outcome.status, outcome.points) == ("passed", 10)
    assert outcome.finding.measured == "OneCycleLR stepped per batch (train.py:21, seen while it ran)"


def test_one_of_several(evidence):
    keys = {"one_of": ["step", "cosine"]}
    assert judged(evidence, made("CosineAnnealingLR", T_max=24), keys=keys).status == "passed"
    assert judged(evidence, made("OneCycleLR", max_lr=0.1), keys=keys).status == "failed"


def test_another_schedule_fails(evidence):
    outcome = judged(evidence, made("StepLR", "per epoch", step_size=6), keys={})
    assert (outcome.status, outcome.points) == ("failed", 0)
    assert outcome.finding.measured == "StepLR (train.py:21, seen while it ran)"
    assert "OneCycleLR" in outcome.finding.hint


def test_none_at_all_fails(evidence):
    outcome = judged(evidence, keys={})
    assert (outcome.status, outcome.finding.measured) == (
        "failed",
        "no schedule (train.py:30, seen while it ran)",
    )


def test_none_that_was_found_goes_to_a_person(evidence):
    outcome = judged(evidence, keys={}, unknown=(("schedules", "They are built in a loop."),))
    assert (outcome.status, outcome.finding.rationale) == ("review", "They are built in a loop.")


def test_none_that_was_read_goes_to_a_person(evidence):
    outcome = judged(evidence, keys={}, way="read", confidence="medium")
    assert outcome.status == "review"
    assert "may have been missed" in outcome.finding.rationale


@pytest.mark.parametrize("name", ["LambdaLR", "SequentialLR"])
def test_what_is_in_the_students_own_code_goes_to_a_person(evidence, name):
    assert judged(evidence, made(name), keys={}).status == "review"
    assert judged(evidence, made("WarmUp", library=""), keys={}).status == "review"


def test_one_that_is_never_stepped_fails(evidence):
    outcome = judged(evidence, made("OneCycleLR", "never", max_lr=0.1), keys={})
    assert outcome.status == "failed"
    assert "step() is never called" in outcome.finding.rationale


def test_one_that_was_not_read_to_be_stepped_goes_to_a_person(evidence):
    outcome = judged(
        evidence, made("OneCycleLR", "never", max_lr=0.1), keys={}, way="read", confidence="medium"
    )
    assert outcome.status == "review"


def test_the_class_template_has_its_maximum_at_epoch_five(evidence):
    """Made for 2,400 steps where 24 epochs have 2,352: the maximum is ten batches after epoch 5."""
    outcome = judged(evidence, made("OneCycleLR", **CLASS_TEMPLATE), keys={"maximum_at": "epoch 5"})
    assert outcome.status == "passed"
    assert "highest in epoch 6 (5.10 epochs in)" in outcome.finding.measured
    assert "0.25 of an epoch beside it still counts" in outcome.notes[0]


@pytest.mark.parametrize(
    ("share", "status", "epoch"),
    [
        (5 / 24, "passed", 5),
        (4 / 24, "passed", 4),
        (0.2, "passed", 5),
        (0.3, "failed", 8),
        (3.5 / 24, "failed", 4),
    ],
)
def test_where_the_rate_is_highest(evidence, share, status, epoch):
    schedule = made("OneCycleLR", max_lr=0.1, epochs=24, steps_per_epoch=98, pct_start=share)
    outcome = judged(evidence, schedule, keys={"maximum_at": 5})
    assert outcome.status == status
    assert f"highest in epoch {epoch} " in outcome.finding.measured
    if status == "failed":
        assert "and not epoch 5" in outcome.finding.rationale
        assert outcome.finding.hint == "Give pct_start=5/(number of epochs)."


def test_a_schedule_per_epoch(evidence):
    schedule = made("OneCycleLR", "per epoch", max_lr=0.1, total_steps=24, pct_start=5 / 24)
    assert judged(evidence, schedule, keys={"maximum_at": 5}).status == "passed"
    assert judged(evidence, schedule, keys={"maximum_at": 8}).status == "failed"


@pytest.mark.parametrize(
    "schedule",
    [
        made("OneCycleLR", max_lr=0.1),
        made("OneCycleLR", "unclear", max_lr=0.1, total_steps=2352),
        made("OneCycleLR", max_lr=0.1, total_steps=2352, pct_start="steps / total"),
    ],
    ids=["no length", "stepped nobody knows when", "a share that is no number"],
)
def test_a_maximum_that_is_not_known_goes_to_a_person(evidence, schedule):
    outcome = judged(evidence, schedule, keys={"maximum_at": 5})
    assert (outcome.status, outcome.open_points) == ("review", 10)
    assert outcome.finding.rationale


def test_an_argument_that_was_lost_goes_to_a_person(evidence):
    """torch's default does not stand for what was given and is not known."""
    schedule = made("OneCycleLR", max_lr=0.1, total_steps=2352)
    lost = (("schedule.pct_start", "It is computed while the code runs."),)
    outcome = judged(evidence, schedule, keys={"maximum_at": 5}, unknown=lost)
    assert (outcome.status, outcome.finding.rationale) == ("review", "It is computed while the code runs.")


@pytest.mark.parametrize(
    ("arguments", "status", "measured"),
    [
        ({"final_div_factor": 1}, "passed", "ends at its first rate"),
        ({"final_div_factor": 10}, "passed", "ends at 0.1 of its first rate"),
        ({"final_div_factor": 50}, "failed", "ends at 0.02 of its first rate"),
        ({}, "failed", "ends at 0.0001 of its first rate"),
        ({"final_div_factor": 1, "three_phase": True}, "passed", "ends at its first rate"),
        ({"final_div_factor": "auto"}, "review", "its end is not known"),
    ],
)
def test_annihilation(evidence, arguments, status, measured):
    schedule = made("OneCycleLR", max_lr=0.1, total_steps=2352, **arguments)
    outcome = judged(evidence, schedule, keys={"annihilation": "none"})
    assert (outcome.status, outcome.points) == (status, 10 if status == "passed" else 0)
    assert measured in outcome.finding.measured
    assert ("final_div_factor=1" in outcome.finding.hint) == (status == "failed")


def test_how_far_the_rate_may_fall_is_the_specs(evidence):
    schedule = made("OneCycleLR", max_lr=0.1, total_steps=2352, final_div_factor=50)
    keys = {"annihilation": "none", "ends_above": "2 %"}
    assert judged(evidence, schedule, keys=keys).status == "passed"


def test_a_lost_end_goes_to_a_person(evidence):
    schedule = made("OneCycleLR", max_lr=0.1, total_steps=2352)
    lost = (("schedule.**", "It is handed on with **."),)
    outcome = judged(evidence, schedule, keys={"annihilation": "none"}, unknown=lost)
    assert (outcome.status, outcome.finding.rationale) == ("review", "It is handed on with **.")


@pytest.mark.parametrize(
    ("steps", "status"), [("per batch", "passed"), ("per epoch", "failed"), ("unclear", "review")]
)
def test_how_often_it_is_stepped(evidence, steps, status):
    outcome = judged(evidence, made("OneCycleLR", steps, max_lr=0.1), keys={"stepped": "per batch"})
    assert outcome.status == status


def test_the_worst_part_decides_and_says_why(evidence):
    schedule = made("OneCycleLR", max_lr=0.1, total_steps=2352, pct_start=5 / 24)
    outcome = judged(evidence, schedule, keys={"maximum_at": 5, "annihilation": "none"})
    assert outcome.status == "failed"
    assert "annihilates" in outcome.finding.rationale
    assert "0.2083 of 2,352 steps" not in outcome.finding.rationale


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"one_of": "warm"}, 'got "warm", which is no schedule. Known are one_cycle'),
        ({"one_of": []}, "at least 1"),
        ({"maximum_at": "fifth"}, 'expected an epoch such as "epoch 5"'),
        ({"maximum_at": 0}, "greater than or equal to 1"),
        ({"one_of": ["step", "one_cycle"], "annihilation": "none"}, "stands only beside one_of: one_cycle"),
    ],
)
def test_a_wrong_rule_is_refused(keys, message):
    with pytest.raises(ValidationError, match=message):
        rule(**keys)


def test_the_requirement_is_said():
    asked = rule(maximum_at="epoch 5", annihilation="none", stepped="per batch")
    assert asked.requirement() == (
        "The training uses OneCycleLR, stepped per batch, with its highest rate in epoch 5, without annihilation."
    )
    assert Rule.model_validate(asked.model_dump()) == asked

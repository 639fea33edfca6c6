"""Schedules rebuilt for the number of epochs that is trained."""

from __future__ import annotations

import pytest

from grader.records import Call, Schedule
from grader.stages.schedules import Span, rebuilt

STATED = Span(15, 469)
ONE = Span(1, 469)


def schedule(name: str, steps: str = "per batch", **arguments: object) -> Schedule:
    return Schedule(Call(name, tuple(arguments.items()), "train.py:3", "torch"), steps)


def arguments(found: Schedule) -> dict[str, object]:
    return dict(found.call.arguments)


def test_for_the_same_number_of_epochs_nothing_changes():
    given = schedule("OneCycleLR", max_lr=0.3, epochs=15, steps_per_epoch=469)
    assert rebuilt(given, STATED, STATED) is given


@pytest.mark.parametrize(
    ("given", "stated", "trained", "expected"),
    [
        pytest.param(
            schedule("OneCycleLR", max_lr=0.3, epochs=15, steps_per_epoch=469, pct_start=0.2),
            *(STATED, ONE, {"max_lr": 0.3, "pct_start": 0.2, "total_steps": 469}),
            id="epochs times steps",
        ),
        pytest.param(
            schedule("OneCycleLR", max_lr=0.3, total_steps=7035),
            *(STATED, ONE, {"max_lr": 0.3, "total_steps": 469}),
            id="total steps, in their place",
        ),
        pytest.param(
            schedule("OneCycleLR", max_lr=0.3, total_steps=2400),
            *(Span(24, 98), Span(12, 98), {"max_lr": 0.3, "total_steps": 1200}),
            id="a little more than the training: the share stays",
        ),
        pytest.param(
            schedule("OneCycleLR", max_lr=0.3, epochs=80, steps_per_epoch=391),
            *(Span(100, 391), Span(20, 391), {"max_lr": 0.3, "total_steps": 6256}),
            id="shorter than the training: the share stays",
        ),
        pytest.param(
            schedule("OneCycleLR", "per epoch", max_lr=0.3, total_steps=20),
            *(Span(20, 469), ONE, {"max_lr": 0.3, "total_steps": 2}),
            id="stepped per epoch: never a cycle of one step",
        ),
        pytest.param(
            schedule("OneCycleLR", max_lr=0.3, total_steps=938),
            *(Span(0, 469), ONE, {"max_lr": 0.3, "total_steps": 469}),
            id="epochs unknown: made for the whole training",
        ),
        pytest.param(
            schedule("CosineAnnealingLR", "per epoch", T_max=15),
            *(STATED, Span(3, 469), {"T_max": 3}),
            id="cosine over all epochs",
        ),
        pytest.param(
            schedule("CosineAnnealingLR", "per batch", T_max=7035, eta_min=1e-5),
            *(STATED, ONE, {"T_max": 469, "eta_min": 1e-5}),
            id="cosine over all batches",
        ),
        pytest.param(
            schedule("LinearLR", "per epoch", start_factor=1.0, end_factor=0.1, total_iters=15),
            *(STATED, ONE, {"start_factor": 1.0, "end_factor": 0.1, "total_iters": 1}),
            id="linear over all epochs",
        ),
    ],
)
def test_a_length_that_follows_the_training_is_scaled(given, stated, trained, expected):
    assert arguments(rebuilt(given, stated, trained)) == expected


@pytest.mark.parametrize(
    "given",
    [
        schedule("StepLR", "per epoch", step_size=6, gamma=0.1),
        schedule("MultiStepLR", "per epoch", milestones="[6, 8]"),
        schedule("CosineAnnealingLR", "per epoch", T_max=5),
        schedule("LinearLR", "per batch", total_iters=100),
        schedule("CyclicLR", base_lr=0.01, max_lr=0.1, step_size_up=938),
        schedule("OneCycleLR", "never", max_lr=0.3, total_steps=7035),
        schedule("OneCycleLR", max_lr=0.3, total_steps="unknown"),
    ],
    ids=lambda given: f"{given.call.name}, {given.steps}",
)
def test_absolute_steps_stay(given):
    assert rebuilt(given, STATED, ONE) is given

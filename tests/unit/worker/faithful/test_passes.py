"""Where a pass ends that does not belong to the chosen training."""

from __future__ import annotations

import pytest
import torch

from grader.worker.faithful.passes import Pass, Passes, is_enough
from grader.worker.faithful.trainings import Training


def training() -> Training:
    return Training(torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1), None, set(), "train.py:1")


CHOSEN, OTHER = training(), training()


@pytest.mark.parametrize(
    ("taken", "active", "enough"),
    [
        (Pass(None, batches=3, trainings={id(CHOSEN)}), CHOSEN, False),
        (Pass(None, batches=2, trainings={id(OTHER)}), OTHER, False),
        (Pass(None, batches=3, trainings={id(OTHER)}), OTHER, True),
        (Pass(None, batches=3, trainings={id(OTHER), id(CHOSEN)}), OTHER, False),
        (Pass(None, batches=300, forwards=300), CHOSEN, False),
        (Pass(None, batches=3, forwards=3), OTHER, True),
        (Pass(None, batches=300), OTHER, False),
        (Pass(None, batches=300), None, False),
        (Pass(None, batches=15, backwards=15, forwards=15), OTHER, False),
        (Pass(None, batches=16, backwards=16, forwards=16), OTHER, True),
    ],
    ids=[
        "chosen", "other, not yet", "other", "both", "chosen evaluates", "other evaluates", "statistics",
        "nothing trained yet", "gradients are added up", "added up for too long",
    ],
)  # fmt: skip
def test_a_pass_is_enough(taken, active, enough):
    assert is_enough(taken, CHOSEN, active) is enough


def test_before_the_chosen_training_is_known_no_pass_is_taken_for_it():
    assert is_enough(Pass(None, batches=3, trainings={id(OTHER)}), None, OTHER)


def test_a_step_belongs_to_the_innermost_pass_and_then_to_the_one_that_was_left():
    passes = Passes()
    outer = passes.begin("outer")
    inner = passes.begin("inner")
    assert passes.current is passes.innermost is inner
    passes.end(inner, complete=True)
    assert passes.current is outer
    outer.batches = 1
    passes.end(outer, complete=False)
    assert (passes.innermost, passes.current) == (None, outer)

"""Trainings that end before their time: a named stop reason, and the curve and the epochs so far are kept."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from grader.data.standin import generate
from grader.evaluation.clock import PROBE_STEPS, scaled_limit
from grader.fetch.interface import fetch
from grader.isolation.supervisor import Patience
from grader.reading.read import read_submission
from grader.records import Absent, Projection, TimeLimit, Trial
from grader.spec.load import load_spec
from grader.stages.job import Job
from grader.stages.model import find_model
from grader.stages.recipe import default_recipe
from grader.stages.trial import run_trial
from grader.stages.workers import choose_sandbox, opener

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(600)]

EPOCHS, IMAGES, BATCH = 3, 2_000, 50
LATE = 65
"""A training step in the second epoch."""

NET = """
import os, signal
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(784, 10)
        self.calls = 0

    def forward(self, x):
        if self.training and torch.is_grad_enabled():
            self.calls += 1
        x = self.fc(x.flatten(1))
        if self.calls == {late}:
            {misdeed}
        return x
"""


@cache
def data():
    return generate(train=IMAGES, test=500)


class Patient(Job):
    """Counts CPU time as any other, and waits for a busy machine longer."""

    def patience(self) -> Patience:
        return replace(super().patience(), seconds=500)


def trial(
    folder: Path, misdeed: str, seconds: float = 120.0, limit: TimeLimit | None = None, late: int = LATE
) -> Trial:
    """One trial of a net that does something at a step in the middle of its second epoch."""
    (folder / "work").mkdir()
    (folder / "work" / "model.py").write_text(NET.format(late=late, misdeed=misdeed))
    spec = load_spec("s4").spec
    sandbox, _ = choose_sandbox(plain_allowed=False)
    with fetch(str(folder / "work")) as fetched:
        reading = read_submission(fetched.root, fetched.submission)
        open_worker = opener(sandbox, fetched.root, 1)
        model = find_model(open_worker, reading, data().input_shape, 10, "model.py:Net").model
        assert not isinstance(model, Absent), model.reason
        recipe = replace(default_recipe(spec, data()), batch_size=BATCH, epochs=EPOCHS)
        job = Patient(open_worker, model, recipe, data(), seconds, 1, 12345)
        found, _ = run_trial(replace(job, time_limit=limit) if limit else job, 1)
    return found


def assert_kept_so_far(found: Trial) -> None:
    """What was seen until the middle of the second epoch."""
    assert found.status == "stopped"
    assert IMAGES < found.samples <= LATE * BATCH
    assert found.curve[-1].samples == found.samples
    assert [(point.epoch, point.samples) for point in found.epochs] == [(1, IMAGES)]
    assert found.epochs[0].accuracy > 0.3
    assert found.wall_seconds > 0


@pytest.mark.parametrize(
    ("misdeed", "cause", "says"),
    [
        pytest.param("os.kill(os.getpid(), signal.SIGKILL)", "review", "killed", id="killed"),
        pytest.param("raise ValueError('enough')", "failed", "ValueError: enough (model.py:18)", id="raises"),
        pytest.param("os._exit(3)", "failed", "ended early", id="exits", marks=pytest.mark.slow),
        pytest.param(
            "self.hoard = [torch.ones(2**28) for _ in range(64)]",
            *("failed", "Memory limit exceeded"),
            id="out of memory",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "os.kill(os.getpid(), signal.SIGSTOP)",
            *("failed", "It stood still"),
            id="stopped",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_worker_that_is_gone_in_the_middle_of_an_epoch(tmp_path, misdeed, cause, says):
    found = trial(tmp_path, misdeed)
    assert isinstance(found.accuracy, Absent)
    assert found.accuracy.cause == cause
    assert says in found.stop_reason == found.accuracy.reason
    assert_kept_so_far(found)


@pytest.mark.slow
def test_time_that_is_used_up_in_the_middle_of_an_epoch(tmp_path):
    found = trial(tmp_path, "\n            while True: pass", seconds=10.0)
    assert isinstance(found.accuracy, Absent)
    assert found.accuracy.cause == "review"
    assert "Time was over" in found.stop_reason
    assert_kept_so_far(found)


def test_time_that_was_scaled_to_this_machine_and_is_used_up_is_the_submissions_own(tmp_path):
    limit = scaled_limit(2, "mnist", "slow box", 0.08, {("mnist", "slow box"): 0.04})
    found = trial(tmp_path, "\n            while True: pass", limit.seconds, limit)
    assert isinstance(found.accuracy, Absent)
    assert found.accuracy.cause == "failed"
    assert found.stop_reason.startswith(
        "Time limit exceeded while Net() was trained: It used 4 s of CPU time"
    )
    assert "2 s on a slow box are 4 s here" in found.stop_reason
    assert_kept_so_far(found)


BUSY = """self.calls -= 1
            begin = time.process_time()
            while time.process_time() - begin < 0.15: pass"""
"""Each step takes so long, from the first one on."""


def test_a_training_that_would_take_too_long_is_given_up_after_its_first_steps(tmp_path):
    found = trial(tmp_path, f"import time; {BUSY}", seconds=10.0, late=1)
    assert isinstance(found.accuracy, Absent)
    assert (found.status, found.accuracy.cause) == ("stopped", "review")
    assert found.stop_reason.startswith("A training of 120 steps would need about ")
    assert "and its limit on this machine is 10 s: not trained, all else is graded." in found.stop_reason
    assert PROBE_STEPS <= found.steps < 60
    assert found.curve[-1].samples == found.samples == found.steps * BATCH
    assert isinstance(found.projection, Projection)
    assert (found.projection.steps_measured, found.projection.steps_needed) == (found.steps, 120)
    assert 15 < found.projection.seconds < 60


@pytest.mark.slow
def test_a_long_training_that_fits_is_projected_and_trained(tmp_path):
    found = trial(tmp_path, "pass", seconds=60.0, late=1)
    assert found.status == "finished"
    if isinstance(found.projection, Projection):  # a fast machine is over before one is due
        assert found.projection.seconds < 75
    assert all(point.rate > 0 for point in found.curve)
    assert found.evaluate_seconds > 0


def test_a_loss_that_is_no_number_ends_the_training_at_once(tmp_path):
    found = trial(tmp_path, "x = x * float('nan')")
    assert (found.status, found.stop_reason) == ("stopped", "the loss became NaN or infinite")
    assert not isinstance(found.accuracy, Absent)  # a diverged trial is a trial
    assert found.accuracy.value < 0.2
    assert LATE <= found.steps < LATE + 2
    assert [point.epoch for point in found.epochs] == [1]
    assert found.epochs[0].accuracy > 0.3
    assert max(point.samples for point in found.curve) < LATE * BATCH


def test_a_training_to_its_end_has_a_point_for_each_epoch(tmp_path):
    found = trial(tmp_path, "pass")
    assert (found.status, found.samples) == ("finished", EPOCHS * IMAGES)
    assert [(point.epoch, point.samples) for point in found.epochs] == [
        (1, IMAGES),
        (2, 2 * IMAGES),
        (3, 3 * IMAGES),
    ]
    assert not isinstance(found.accuracy, Absent)
    assert found.epochs[-1].accuracy == found.accuracy.value
    assert all(point.accuracy > 0.3 for point in found.epochs)
    assert found.notes == ()


def test_a_run_that_learns_nothing_is_named(tmp_path):
    found = trial(tmp_path, "pass\n        x = x * 0 + self.fc.bias * 0")
    assert found.status == "finished"
    assert found.notes == ("The training loss never fell below 2.303, with which it began.",)

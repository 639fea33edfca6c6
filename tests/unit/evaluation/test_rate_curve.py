"""Where a rate is highest and how it ends, held against torch's own schedules."""

from __future__ import annotations

import warnings
from dataclasses import replace
from types import ModuleType

import pytest
import torch

from grader.evaluation.rate_curve import Untold, end_share, peak, total_steps
from grader.records import Absent, Call, Scalar, Schedule, Session


def schedule(name: str, steps: str = "per batch", **arguments: Scalar) -> Schedule:
    return Schedule(Call(name, tuple(arguments.items()), "", "torch"), steps)  # type: ignore[arg-type]


def session(made: ModuleType, epochs: int, steps: int) -> Session:
    loading = replace(made.TRAINING, images=steps * 100, batch_size=100)
    found: Session = made.session(epochs=epochs, training=loading)
    return found


def rates(name: str, count: int, **arguments: object) -> list[float]:
    """What torch gives, step by step."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1, momentum=0.9)
    made = getattr(torch.optim.lr_scheduler, name)(optimizer, **arguments)
    seen = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for step in range(count):
            seen.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if step < count - 1:
                made.step()
    return seen


CYCLES = [
    {"total_steps": 240, "pct_start": 5 / 24},
    {"total_steps": 240, "pct_start": 0.3, "anneal_strategy": "linear"},
    {"total_steps": 240, "pct_start": 0.2, "div_factor": 10.0, "final_div_factor": 1.0},
    {"total_steps": 97, "pct_start": 0.31, "three_phase": True},
    {"total_steps": 15, "pct_start": 0.25, "final_div_factor": 1.0, "anneal_strategy": "linear"},
    {"epochs": 24, "steps_per_epoch": 10},
]


@pytest.mark.parametrize("arguments", CYCLES, ids=str)
def test_the_maximum_of_a_one_cycle_is_torchs(made, arguments):
    one = schedule("OneCycleLR", max_lr=0.3, **arguments)
    total = total_steps(one)
    seen = rates("OneCycleLR", total, max_lr=0.3, **arguments)
    found = peak(one, session(made, 24, 10))
    highest = seen.index(max(seen))
    assert (found.begin, found.end) == pytest.approx((highest / 10, (highest + 1) / 10))
    assert found.epoch == highest // 10 + 1


@pytest.mark.parametrize("arguments", [one for one in CYCLES if "three_phase" not in one], ids=str)
def test_the_end_of_a_one_cycle_is_torchs(arguments):
    one = schedule("OneCycleLR", max_lr=0.3, **arguments)
    seen = rates("OneCycleLR", total_steps(one), max_lr=0.3, **arguments)
    assert end_share(one) == pytest.approx(seen[-1] / seen[0], rel=1e-6)


def test_a_cyclic_schedule_climbs_step_size_up_steps(made):
    one = schedule("CyclicLR", base_lr=0.01, max_lr=0.1, step_size_up=40)
    seen = rates("CyclicLR", 60, base_lr=0.01, max_lr=0.1, step_size_up=40, cycle_momentum=False)
    assert peak(one, session(made, 24, 10)).begin == pytest.approx(seen.index(max(seen)) / 10)
    assert peak(schedule("CyclicLR"), session(made, 300, 10)).begin == pytest.approx(200.0)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("StepLR", {"step_size": 4}),
        ("MultiStepLR", {"milestones": [4, 8]}),
        ("ExponentialLR", {"gamma": 0.9}),
        ("CosineAnnealingLR", {"T_max": 20}),
        ("PolynomialLR", {"total_iters": 20}),
    ],
)
def test_what_falls_begins_at_its_highest(made, name, arguments):
    seen = rates(name, 20, **arguments)
    assert seen[0] == max(seen)
    plain = {key: value if isinstance(value, int | float) else str(value) for key, value in arguments.items()}
    assert peak(schedule(name, "per epoch", **plain), session(made, 20, 10)).epoch == 1


def test_a_maximum_after_the_end_of_the_training_is_at_its_end(made):
    one = schedule("OneCycleLR", max_lr=0.3, total_steps=1000, pct_start=0.5)
    assert peak(one, session(made, 10, 10)).epoch == 10


def test_the_loader_counts_the_steps_before_the_argument_does(made):
    one = schedule("OneCycleLR", max_lr=0.3, epochs=10, steps_per_epoch=20, pct_start=0.5)
    assert peak(one, session(made, 20, 10)).begin == pytest.approx(9.9)
    unseen = made.session(epochs=10, training=Absent("review", "It was not seen."))
    assert peak(one, unseen).begin == pytest.approx(99 / 20)


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (schedule("OneCycleLR", "never", max_lr=1), "never stepped"),
        (schedule("OneCycleLR", max_lr=1), "How many steps"),
        (schedule("OneCycleLR", max_lr=1, total_steps="n"), "How many steps"),
        (schedule("OneCycleLR", max_lr=1, total_steps=100, pct_start=1.5), "no share"),
        (schedule("OneCycleLR", max_lr=1, total_steps=100, pct_start=-1), "pct_start is not known"),
        (schedule("OneCycleLR", max_lr=1, total_steps=100, div_factor="x"), "div_factor is not known"),
        (schedule("OneCycleLR", "unclear", max_lr=1, total_steps=100), "per batch or per epoch"),
        (schedule("CyclicLR", step_size_up="half"), "step_size_up is not known"),
        (schedule("ExponentialLR", gamma=1.1), "gamma"),
        (schedule("LambdaLR"), "LambdaLR"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_follow_is_said(made, one, why):
    with pytest.raises(Untold, match=why):
        peak(one, session(made, 10, 10))


def test_batches_that_nobody_knows(made):
    unseen = made.session(training=Absent("review", "It was not seen."))
    with pytest.raises(Untold, match="How many batches"):
        peak(schedule("OneCycleLR", max_lr=1, total_steps=100), unseen)


@pytest.mark.parametrize(
    "one", [schedule("StepLR"), schedule("OneCycleLR", "never"), schedule("OneCycleLR", final_div_factor="x")]
)
def test_an_end_that_does_not_follow(one):
    with pytest.raises(Untold):
        end_share(one)


@pytest.mark.parametrize("epoch", [4, 5, 6])
def test_a_quarter_of_an_epoch_beside_counts(made, epoch):
    def at(step: int) -> bool:
        one = schedule("OneCycleLR", max_lr=1, total_steps=1000, pct_start=(step + 1) / 1000)
        return peak(one, session(made, 10, 100)).is_in(epoch)

    first, last = 100 * (epoch - 1), 100 * epoch - 1
    assert at(first)
    assert at(last)
    assert at(first - 26)
    assert at(last + 26)
    assert not at(first - 27)
    assert not at(last + 27)

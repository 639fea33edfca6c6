"""A whole training on another device than the CPU, without one: see `test_devices.py` of the transforms.

On torch's `meta` device a value that is read back raises. On a GPU it would make the CPU wait.
"""

from __future__ import annotations

import pytest
import torch
from torch import nn

from grader.training.known import LOSSES, OPTIMIZERS
from grader.training.loop import Plan, Result, _Run, train
from grader.training.placing import where_it_works

TRANSFORMS = [
    {"name": "RandomRotation", "arguments": [["degrees", 7]], "library": "torchvision"},
    {"name": "ToTensor", "arguments": [], "library": "torchvision"},
    {"name": "Normalize", "arguments": [["mean", "(0.5,)"], ["std", "(0.5,)"]], "library": "torchvision"},
]
ONE_CYCLE = {"name": "OneCycleLR", "arguments": {"max_lr": 0.1, "total_steps": 8}, "steps": "per batch"}
STEP = {"name": "StepLR", "arguments": {"step_size": 1}, "steps": "per epoch"}


class Silent:
    def report(self, steps: int, samples: int, loss: float, rate: float, right: float) -> None:
        pass

    def epoch_ended(self, epoch: int, samples: int) -> None:
        pass


def plan(optimizer: str, loss: str = "cross_entropy", report_every: int = 100) -> Plan:
    return Plan(
        optimizer={"name": optimizer, "arguments": {"lr": 0.1}},
        loss={"name": loss, "arguments": {}},
        batch_size=16,
        epochs=2,
        transforms=TRANSFORMS,
        seed=0,
        report_every=report_every,
        schedules=[ONE_CYCLE] if optimizer == "SGD" else [STEP],
        clipping=[{"name": "clip_grad_norm_", "arguments": {"max_norm": 1.0}}],
    )


def elsewhere(given: Plan) -> Result:
    """A training of 50 images, 2 epochs of 4 steps."""
    model = nn.Sequential(
        *(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(0.1)),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3)),
    ).to("meta")
    images = torch.zeros(50, 28, 28, dtype=torch.uint8, device="meta")
    return train(model, images, torch.zeros(50, dtype=torch.int64, device="meta"), given, Silent())


WAIT = {"Adafactor", "ASGD"}
"""torch's own code of these reads values of its state in each step."""
NOT_ON_META = {"multi_margin_loss"}
"""torch has no backward pass of it for tensors without values."""


@pytest.mark.parametrize(
    ("optimizer", "loss"),
    [
        *((one, "cross_entropy") for one in OPTIMIZERS if one not in WAIT),
        *(("SGD", one) for one in LOSSES if one not in NOT_ON_META),
    ],
)
def test_nothing_but_a_report_waits_for_a_value(monkeypatch, one_device, optimizer, loss):
    reports = []

    def without_a_value(run: _Run, labels: torch.Tensor) -> tuple[float, float]:
        reports.append(run.steps)
        return 0.5, 0.5

    monkeypatch.setattr(_Run, "figures", without_a_value)
    with one_device:
        result = elsewhere(plan(optimizer, loss))
    assert result == Result(8, 100, diverged=False)
    assert reports == [4, 8]  # at the end of each epoch
    assert one_device.on_meta > 100


@pytest.mark.parametrize("optimizer", ["SGD", *sorted(WAIT)])
def test_a_report_does_wait_and_so_do_two_optimizers(optimizer):
    with pytest.raises((RuntimeError, NotImplementedError), match=r"[Mm]eta"):
        elsewhere(plan(optimizer))


class Keeping(nn.Module):
    """Keeps a plain tensor, which does not move with the model."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(4)
        self.linear = nn.Linear(4, 2)
        self.mask = torch.tensor([1.0, 0.0, 1.0, 1.0])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(self.norm(x * 2) * self.mask)


def test_a_model_that_cannot_move_works_on_the_cpu_from_the_same_start():
    torch.manual_seed(0)
    model, x = Keeping(), torch.rand(6, 4)
    state = {name: value.clone() for name, value in model.state_dict().items()}
    used = []

    def work(device: torch.device) -> torch.Tensor:
        used.append(device.type)
        return model(x.to(device))

    torch.manual_seed(1)
    found = where_it_works(model, torch.device("meta"), work)
    assert used == ["meta", "cpu"]
    after = torch.rand(1)
    torch.manual_seed(1)
    assert torch.equal(after, torch.rand(1))
    model.load_state_dict(state)
    assert torch.equal(found, model(x))


def test_another_error_is_the_students():
    def work(_: torch.device) -> None:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes"):
        where_it_works(Keeping(), torch.device("meta"), work)


def test_what_was_moved_stays_moved_where_it_works():
    model = nn.Linear(4, 2)
    weight = model.weight
    assert where_it_works(model, torch.device("meta"), lambda device: device.type) == "meta"
    assert model.weight.device.type == "meta"
    model = nn.Linear(4, 2)
    weight = model.weight
    assert where_it_works(model, torch.device("cpu"), lambda _: model.weight) is weight

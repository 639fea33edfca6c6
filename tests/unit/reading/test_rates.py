"""First and last learning rates: what follows by arithmetic, and nothing that was given and is not known."""

from __future__ import annotations

import pytest

from grader.reading.discovery import discover
from grader.reading.rates import first_and_last
from grader.records import Call, Schedule, Session

SOURCE = """import torch
from torch import nn, optim
import torch.nn.functional as F
from torchvision import datasets, transforms
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(784, 10)
    def forward(self, x): return self.fc(x.flatten(1))
data = datasets.MNIST('.', train=True, transform=transforms.ToTensor())
loader = torch.utils.data.DataLoader(data, batch_size=32, shuffle=True)
net = Net()
lr = float(input('lr: '))
opt = OPTIMIZER
SCHEDULE
for epoch in range(9):
    for x, y in loader:
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()
    sched.step()
"""
NO_SCHEDULE = "class Idle:\n    def step(self): pass\nsched = Idle()"


def trained(stage, optimizer: str, schedule: str = NO_SCHEDULE) -> Session:
    source = SOURCE.replace("OPTIMIZER", optimizer).replace("SCHEDULE", schedule)
    (found,) = discover(*stage({"train.py": source})).sessions
    return found


@pytest.mark.parametrize(
    "optimizer",
    [
        "optim.SGD(net.parameters(), lr=lr)",
        "optim.SGD(net.parameters(), lr)",
        "optim.SGD(net.parameters(), lr=2 * lr)",
        "optim.Adam(net.parameters(), lr=float(input()))",
    ],
)
def test_a_rate_that_was_given_and_is_not_known_is_not_invented(stage, optimizer):
    found = trained(stage, optimizer)
    assert (found.first_rate, found.last_rate) == (0.0, 0.0)
    assert {"optimizer.lr", "first_rate"} <= {name for name, _ in found.unknown}


@pytest.mark.parametrize(
    ("optimizer", "rate"),
    [("optim.Adam(net.parameters())", 0.001), ("optim.SGD(net.parameters(), 0.1)", 0.1)],
)
def test_a_rate_that_is_known_or_left_to_torch_is_told(stage, optimizer, rate):
    found = trained(stage, optimizer)
    assert (found.first_rate, found.last_rate) == (rate, rate)
    assert "first_rate" not in dict(found.unknown)


def test_a_cycle_whose_highest_rate_is_not_known_has_no_first_rate(stage):
    cycle = "sched = optim.lr_scheduler.OneCycleLR(opt, max_lr=lr, total_steps=9)"
    found = trained(stage, "optim.SGD(net.parameters(), lr=0.1)", cycle)
    assert found.first_rate == 0.0
    assert "first_rate" in dict(found.unknown)


def test_a_cycle_of_a_known_rate_starts_whatever_the_optimizer_was_given(stage):
    cycle = "sched = optim.lr_scheduler.OneCycleLR(opt, max_lr=0.5, total_steps=9)"
    found = trained(stage, "optim.SGD(net.parameters(), lr=lr)", cycle)
    assert found.first_rate == pytest.approx(0.02)
    assert "first_rate" not in dict(found.unknown)


def test_a_step_whose_factor_is_not_known_tells_the_first_rate_only(stage):
    step = "sched = optim.lr_scheduler.StepLR(opt, step_size=3, gamma=lr)"
    found = trained(stage, "optim.SGD(net.parameters(), lr=0.1)", step)
    assert (found.first_rate, found.last_rate) == (0.1, 0.0)


def test_defaults_of_torch_stand_for_what_was_not_given():
    step = (Schedule(Call("StepLR", (("step_size", 3),)), "per epoch"),)
    assert first_and_last(Call("Adam"), step, 4) == (1e-3, pytest.approx(1e-4))
    assert first_and_last(Call("Adam"), step, 4, frozenset({"schedule.gamma"})) == (1e-3, 0.0)
    assert first_and_last(Call("Adam"), (), 4, frozenset({"optimizer.lr"})) == (0.0, 0.0)

"""A step's gradients, with and without a graph. The graphs themselves need a GPU."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from torch import nn

from grader.training.graphs import Graphed, Outside, backward_of
from grader.training.loop import Plan, train
from grader.training.losses import loss

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
CROSS_ENTROPY = loss("cross_entropy", {})
TO_TENSOR = {"name": "ToTensor", "arguments": [], "library": "torchvision"}
TURN = {"name": "RandomRotation", "arguments": [["degrees", 7]], "library": "torchvision"}


class Counting(nn.Module):
    """Draws and counts as it is told to, beside its work."""

    def __init__(self, beside: str = "") -> None:
        super().__init__()
        self.linear = nn.Linear(4, 2)
        self.beside = beside
        self.calls = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.beside == "torch":
            torch.rand(1)
        elif self.beside == "numpy":
            np.random.rand()
        elif self.beside == "python":
            random.random()
        elif self.beside == "count":
            self.calls += 1
        return self.linear(x)


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(6, 4, generator=generator), torch.randint(0, 2, (6,), generator=generator)


def net() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        *(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(0.1)),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2)),
    )


def test_gradients_are_those_of_a_step_by_hand_and_not_added_to_older_ones():
    torch.manual_seed(0)
    model, (x, y) = nn.Linear(4, 2), batch()
    parameters = list(model.parameters())
    nn.functional.cross_entropy(model(x), y).backward()
    expected = [one.grad.clone() for one in parameters]
    backward = backward_of(model, CROSS_ENTROPY, parameters, torch.device("cpu"))
    for _ in range(2):
        value = backward(x, y)
        assert not value.requires_grad
        assert all(torch.equal(one.grad, other) for one, other in zip(parameters, expected, strict=True))


def test_a_loss_without_gradients_leaves_none():
    model, (x, y) = nn.Linear(4, 2), batch()
    parameters = list(model.parameters())

    def detached(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return CROSS_ENTROPY(scores.detach(), labels)

    backward_of(model, detached, parameters, torch.device("cpu"))(x, y)
    assert [one.grad for one in parameters] == [None, None]


def test_graphs_are_for_a_gpu_only():
    model = nn.Linear(4, 2)
    found = [
        isinstance(backward_of(model, CROSS_ENTROPY, [], torch.device(name)), Graphed)
        for name in ("cpu", "meta", "cuda:0")
    ]
    assert found == [False, False, True]


@pytest.mark.parametrize("beside", ["", "torch", "numpy", "python", "count"])
def test_what_a_forward_pass_moves_on_the_cpu_is_seen_and_put_back(beside):
    model = Counting(beside)
    before = Outside.of(model)
    model(batch()[0])
    moved = Outside.of(model).differs_from(before)
    assert bool(moved) == bool(beside)
    before.put_back(model)
    assert not Outside.of(model).differs_from(before)
    assert model.calls == 0


def trained(device: str, transforms: list[dict[str, object]]) -> list[torch.Tensor]:
    """The state after three epochs whose last batch is smaller, with a rate that changes with each step."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 2, (200,), generator=generator)
    images = (torch.randint(0, 100, (200, 12, 12), generator=generator) + 150 * labels[:, None, None]).byte()
    model = net().to(device)
    plan = Plan(
        optimizer={"name": "SGD", "arguments": {"lr": 0.1, "momentum": 0.9}},
        loss={"name": "cross_entropy", "arguments": {}},
        batch_size=32,
        epochs=3,
        transforms=transforms,
        seed=3,
        report_every=5,
        schedules=[{"name": "OneCycleLR", "arguments": {"max_lr": 0.1, "total_steps": 21}, "steps": "per batch"}],
        clipping=[{"name": "clip_grad_norm_", "arguments": {"max_norm": 1.0}}],
    )  # fmt: skip
    torch.manual_seed(plan.seed)
    train(model, images.to(device), labels.to(device), plan, Silent())
    return [tensor.detach().cpu() for tensor in model.state_dict().values()]


class Silent:
    def report(self, steps: int, samples: int, loss: float, rate: float, right: float) -> None:
        pass

    def epoch_ended(self, epoch: int, samples: int) -> None:
        pass


@needs_gpu
@pytest.mark.parametrize("transforms", [[TO_TENSOR], [TURN, TO_TENSOR]], ids=["plain", "random"])
def test_a_training_with_graphs_is_the_one_without(monkeypatch, transforms):
    played = []
    play = Graphed._play
    monkeypatch.setattr(Graphed, "_play", lambda self, *given: played.append(1) or play(self, *given))
    with_graphs = trained("cuda", transforms)
    assert len(played) == 3 * 6 - 3  # all but the last, smaller batches and those that warm up
    monkeypatch.setattr("grader.training.graphs.WARM_UP_STEPS", 10**9)
    without = trained("cuda", transforms)
    for one, other in zip(with_graphs, without, strict=True):
        assert torch.allclose(one.double(), other.double(), atol=1e-5)


@needs_gpu
@pytest.mark.parametrize("beside", ["torch", "numpy", "python", "count"])
def test_a_model_that_changes_with_each_step_has_no_graph(beside):
    model = Counting(beside).cuda()
    parameters = list(model.parameters())
    backward = backward_of(model, CROSS_ENTROPY, parameters, torch.device("cuda:0"))
    x, y = (one.cuda() for one in batch())
    for _ in range(6):
        backward(x, y)
    assert isinstance(backward, Graphed)
    assert backward.given_up
    assert model.calls == (6 if beside == "count" else 0)

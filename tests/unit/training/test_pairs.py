"""Training with a digit beside each image: the loss of both answers, and the loop that takes it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from grader.training.loop import Plan, train
from grader.training.losses import loss
from grader.training.pairs import loss_of_pair

CPU = torch.device("cpu")
TARGETS = torch.tensor([[3, 10, 7], [9, 18, 9], [0, 0, 0]])
SCORES = torch.randn(3, 10, generator=torch.Generator().manual_seed(1))
CROSS_ENTROPY = loss("cross_entropy", {})


def fields(width: int = 19, sum_head: str = "logits", head: str = "logits") -> dict[str, Any]:
    return {"classes": 10, "sums": 19, "sum_width": width, "sum_head": sum_head, "head": head}


def added(numbers: torch.Tensor, **asked: Any) -> torch.Tensor:
    """The sum's part of the loss of both."""
    both = loss_of_pair(CROSS_ENTROPY, fields(numbers.shape[1], **asked), CPU)
    return both(torch.cat([SCORES, numbers], 1), TARGETS) - functional.cross_entropy(SCORES, TARGETS[:, 0])


def random(width: int) -> torch.Tensor:
    return torch.randn(3, width, generator=torch.Generator().manual_seed(2))


def test_nineteen_sums_have_the_loss_of_the_class() -> None:
    numbers = random(19)
    expected = functional.cross_entropy(numbers, TARGETS[:, 1])
    assert torch.allclose(added(numbers), expected, atol=1e-6)
    smooth = loss("cross_entropy", {"label_smoothing": 0.1})
    both = loss_of_pair(smooth, fields(), CPU)(torch.cat([SCORES, numbers], 1), TARGETS)
    assert torch.allclose(both, smooth(SCORES, TARGETS[:, 0]) + smooth(numbers, TARGETS[:, 1]))


def test_probabilities_of_sums_beside_logits_of_classes() -> None:
    numbers = random(19)
    expected = functional.cross_entropy(numbers, TARGETS[:, 1])
    assert torch.allclose(added(numbers.softmax(1), sum_head="probabilities"), expected, atol=1e-5)


def test_bits_have_binary_cross_entropy() -> None:
    numbers, bits = random(5), torch.tensor([[0, 1, 0, 1, 0], [1, 0, 0, 1, 0], [0, 0, 0, 0, 0]]).float()
    expected = functional.binary_cross_entropy_with_logits(numbers, bits)
    assert torch.allclose(added(numbers), expected, atol=1e-6)
    assert torch.allclose(added(numbers.sigmoid(), sum_head="probabilities"), expected, atol=1e-5)


def test_a_number_has_the_squared_error() -> None:
    numbers = torch.tensor([[9.0], [18.0], [2.0]])
    assert added(numbers).item() == pytest.approx((1 + 0 + 4) / 3, abs=1e-5)


class Adds(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.see, self.add = nn.Linear(16, 10), nn.Linear(20, 19)

    def forward(self, image: torch.Tensor, digit: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        scores = self.see(image.flatten(1))
        return scores, self.add(torch.cat([scores, digit], 1))


class Heard:
    def report(self, steps: int, samples: int, loss: float, rate: float, right: float) -> None:
        self.last = (steps, samples, loss)

    def epoch_ended(self, epoch: int, samples: int) -> None:
        self.epochs = epoch


PLAN = Plan(
    optimizer={"name": "SGD", "arguments": {"lr": 0.1}},
    loss={"name": "cross_entropy", "arguments": {}},
    batch_size=8,
    epochs=2,
    transforms=[{"name": "ToTensor", "arguments": [], "library": "torchvision"}],
    seed=3,
    report_every=1,
    shuffled=False,
    pair={
        **fields(),
        "image_first": True,
        "digit": "one_hot",
        "image_output": 0,
        "sum_output": 1,
        "digits": 10,
    },
)


def samples(count: int = 24) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (count, 4, 4), generator=generator).to(torch.uint8)
    labels, digits = (torch.randint(0, 10, (count,), generator=generator) for _ in range(2))
    return images, torch.stack([labels, labels + digits, digits], 1)


def test_the_loop_trains_as_the_plain_steps_do() -> None:
    images, targets = samples()
    by_loop, by_hand, heard = Adds(), Adds(), Heard()
    train(by_loop, images, targets, PLAN, heard)
    optimizer = torch.optim.SGD(by_hand.parameters(), lr=0.1)
    for _ in range(2):
        for chosen in torch.split(torch.arange(24), 8):
            one_hot = functional.one_hot(targets[chosen, 2], 10).float()
            scores, sums = by_hand(images[chosen].float()[:, None] / 255, one_hot)
            value = functional.cross_entropy(scores, targets[chosen, 0])
            value = value + functional.cross_entropy(sums, targets[chosen, 1])
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
    assert heard.last[:2] == (6, 48)
    assert heard.last[2] == pytest.approx(value.item(), abs=1e-5)
    for found, expected in zip(by_loop.parameters(), by_hand.parameters(), strict=True):
        assert torch.allclose(found, expected, atol=1e-6)


def test_without_a_pair_nothing_is_added() -> None:
    images, targets = samples()
    plain = nn.Sequential(nn.Flatten(), nn.Linear(16, 10))
    heard = Heard()
    train(plain, images, targets[:, 0], replace(PLAN, pair=None), heard)
    assert heard.last[:2] == (6, 48)

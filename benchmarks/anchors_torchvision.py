"""Training in the shape of torchvision's reference scripts (`references/classification` there), written anew here.

A data set with transforms v2, a sampler, a DataLoader with worker processes, a loop that logs by a MetricLogger and
counts accuracy on each batch. The recipe is the caller's.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader, RandomSampler
from torchvision.datasets import MNIST
from torchvision.transforms import v2

PRINT_EVERY = 10
MEAN, STD = (0.1307,), (0.3081,)


class SmoothedValue:
    """A series of values: the median of the last ones, and the mean of all."""

    def __init__(self, window: int = 20) -> None:
        self._last: deque[float] = deque(maxlen=window)
        self._total, self._count = 0.0, 0

    def update(self, value: float, n: int = 1) -> None:
        self._last.append(value)
        self._total += value * n
        self._count += n

    def __str__(self) -> str:
        last = torch.tensor(list(self._last))
        return f"{last.median().item():.4f} ({self._total / max(1, self._count):.4f})"


class MetricLogger:
    """Meters by name, and a line every so many batches."""

    def __init__(self) -> None:
        self._meters: dict[str, SmoothedValue] = defaultdict(SmoothedValue)
        self.lines: list[str] = []

    def update(self, n: int = 1, **values: float) -> None:
        for name, value in values.items():
            self._meters[name].update(value, n)

    def log_every(self, loader: Iterable[Any], header: str) -> Iterator[Any]:
        end = time.time()
        for number, batch in enumerate(loader):
            self._meters["data"].update(time.time() - end)
            yield batch
            self._meters["time"].update(time.time() - end)
            if number % PRINT_EVERY == 0:
                shown = "  ".join(f"{name}: {meter}" for name, meter in self._meters.items())
                self.lines.append(f"{header} [{number}] {shown}")
            end = time.time()


def make_loader(
    folder: str, moved: dict[str, Any], batch_size: int, workers: int, *, pin: bool
) -> DataLoader[Any]:
    """The training images as the reference scripts load them.

    Args:
        folder: MNIST in torchvision's layout.
        moved: arguments of RandomAffine; empty for none.
    """
    first = [v2.RandomAffine(**moved)] if moved else []
    transform = v2.Compose(
        [*first, v2.PILToTensor(), v2.ToDtype(torch.float, scale=True), v2.Normalize(MEAN, STD)]
    )
    data_set = MNIST(folder, train=True, transform=transform)
    return DataLoader(
        data_set, batch_size, sampler=RandomSampler(data_set), num_workers=workers, pin_memory=pin
    )


def train_one_epoch(
    model: nn.Module,
    criterion: nn.Module,
    optimizer: torch.optim.Optimizer,
    schedule: Any,
    loader: DataLoader[Any],
    device: torch.device,
    epoch: int,
) -> MetricLogger:
    """One pass over the training images; the schedule steps with each batch."""
    model.train()
    logger = MetricLogger()
    for images, target in logger.log_every(loader, f"Epoch: [{epoch}]"):
        images, target = images.to(device), target.to(device)
        output = model(images)
        loss = criterion(output, target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        right1, right5 = accuracy(output, target, (1, 5))
        logger.update(loss=loss.item(), lr=optimizer.param_groups[0]["lr"])
        logger.update(len(images), acc1=right1, acc5=right5)
    return logger


def accuracy(output: torch.Tensor, target: torch.Tensor, top: tuple[int, ...]) -> list[float]:
    """For each k the percentage whose class is among the k highest scores."""
    with torch.inference_mode():
        _, best = output.topk(max(top), 1)
        right = best.eq(target[:, None])
        return [100.0 * right[:, :k].any(1).float().mean().item() for k in top]

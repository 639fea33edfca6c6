"""One training with the harness's data and loop.

The data is one uint8 tensor in memory; a batch is an index_select, and normalising it is the only transform
here. Samples are counted as they are delivered: an epoch is every image once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.nn import functional

from grader.inspection.accounting import entries
from grader.training.recipe import first_rate, optimizer, schedule


@dataclass(frozen=True)
class Plan:
    """What to train, in plain values."""

    optimizer: str
    optimizer_arguments: dict[str, float]
    schedule: str
    schedule_arguments: dict[str, float]
    batch_size: int
    epochs: int
    head: str
    mean: float
    std: float
    seed: int
    max_steps: int  # 0: the whole training; else stop early, the schedule still made for the whole
    report_every: int  # steps between two progress reports


@dataclass(frozen=True)
class Result:
    steps: int
    samples: int
    diverged: bool


Report = Callable[[int, int, float], None]
"""Called with steps, samples and the mean loss since the report before."""


def steps_of(images: int, batch_size: int, epochs: int) -> int:
    """Steps of a whole training; the last, smaller batch of an epoch counts."""
    return epochs * -(-images // batch_size)


def normalise(images: torch.Tensor, mean: float, std: float) -> torch.Tensor:
    """uint8 (N, H, W) or (N, C, H, W) → float32 (N, C, H, W): the same bits as torchvision's ToTensor, Normalize."""
    batch = images.unsqueeze(1) if images.dim() == 3 else images
    return batch.float().div_(255).sub_(mean).div_(std)


def loss_of(output: torch.Tensor, labels: torch.Tensor, head: str) -> torch.Tensor:
    """Cross-entropy for the kind of output at hand (on log-softmax it is the same as nll_loss)."""
    if head == "probabilities":
        return functional.nll_loss(output.clamp_min(1e-7).log(), labels)
    return functional.cross_entropy(output, labels)


def train(
    model: torch.nn.Module, images: torch.Tensor, labels: torch.Tensor, plan: Plan, report: Report
) -> Result:
    """Train in place.

    Args:
        images: uint8, (N, H, W) or (N, C, H, W).
        labels: int64, (N,).

    Raises:
        Whatever the student's forward pass raises.
    """
    total = steps_of(len(images), plan.batch_size, plan.epochs)
    # Not `model.parameters()`: a class may override it. What is counted is what is trained.
    registered = [entry.tensor for entry in entries(model) if entry.role == "parameter"]
    parameters = [tensor for tensor in registered if tensor.requires_grad]
    steps = samples = 0
    if not parameters:
        return Result(0, 0, diverged=False)
    rate = first_rate(plan.schedule_arguments)
    optim = optimizer(plan.optimizer, plan.optimizer_arguments, parameters, rate)
    sched = schedule(plan.schedule, plan.schedule_arguments, optim, total)
    order = torch.Generator().manual_seed(plan.seed)
    since: list[torch.Tensor] = []
    model.train()
    for _ in range(plan.epochs):
        shuffled = torch.randperm(len(images), generator=order)
        for chosen in torch.split(shuffled, plan.batch_size):
            batch = normalise(images.index_select(0, chosen), plan.mean, plan.std)
            loss = loss_of(model(batch), labels.index_select(0, chosen), plan.head)
            optim.zero_grad(set_to_none=True)
            if loss.requires_grad:
                loss.backward()  # type: ignore[no-untyped-call]
            optim.step()
            if sched is not None:
                sched.step()
            steps, samples = steps + 1, samples + len(chosen)
            since.append(loss.detach())
            if steps % plan.report_every == 0 or steps == total:
                mean = float(torch.stack(since).mean())
                since.clear()
                report(steps, samples, mean)
                if not math.isfinite(mean):
                    return Result(steps, samples, diverged=True)
            if plan.max_steps and steps >= plan.max_steps:
                return Result(steps, samples, diverged=False)
    return Result(steps, samples, diverged=False)

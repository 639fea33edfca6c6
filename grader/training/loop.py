"""One training with the harness's data and loop, and the recipe of the student or of the assignment.

The data is one uint8 tensor in memory; a batch is an index_select, and its transforms act on the whole batch.
Samples are counted as they are delivered: an epoch is every image once. Nothing waits for a number inside of an
epoch but a few reports: losses are added up where the model is. Where the images are, there everything is done.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import torch

from grader.inspection.accounting import entries
from grader.inspection.pairs import Paired
from grader.training.graphs import Backward, backward_of
from grader.training.inputs import Prepare, prepared_by, stored_form
from grader.training.inputs import pipeline_of as pipeline_of
from grader.training.losses import loss
from grader.training.memory import with_fall_back
from grader.training.order import epoch_order
from grader.training.pairs import DIGIT, loss_of_pair
from grader.training.placing import placed
from grader.training.recipe import BadRecipe, Schedules, optimizer, schedules
from grader.training.rightness import share_right

Named = Mapping[str, Any]
"""`{"name": ..., "arguments": {...}}`, as it comes through JSON."""


@dataclass(frozen=True)
class Plan:
    """What to train, in plain values."""

    optimizer: Named
    loss: Named
    batch_size: int
    epochs: int
    transforms: Sequence[Named]
    seed: int
    report_every: int  # steps between two reports; the last step of an epoch is always reported
    schedules: Sequence[Named] = ()  # each with `steps` beside its name
    clipping: Sequence[Named] = ()
    shuffled: bool = True
    channels_last: bool = True  # where the weights' order in memory may be changed to be quicker
    max_steps: int = 0  # 0: the whole training; else stop early, the schedules still made for the whole
    max_seconds: float = 0.0  # with max_steps: begin no step after so many seconds; 0: without such a limit
    input_shape: Sequence[int] = ()  # of one input, as the model takes it; () as it comes
    pair: Named | None = None  # a digit beside each image: see `grader.training.pairs`


@dataclass(frozen=True)
class Result:
    steps: int
    samples: int
    diverged: bool


class Listener(Protocol):
    """Who is told how it goes."""

    def report(self, steps: int, samples: int, loss: float, rate: float, right: float) -> None:
        """The mean loss over the steps since the report before, which may be NaN or infinite; the last step's rate.

        Args:
            right: share of the last batch that was classified rightly, 0 to 1; below 0 where it cannot be told.
        """

    def epoch_ended(self, epoch: int, samples: int) -> None:
        """All images were delivered once more; `epoch` counts from 1."""


@dataclass
class _Run:
    """One training on its way."""

    model: torch.nn.Module
    optimizer: torch.optim.Optimizer
    schedules: Schedules
    backward: Backward
    clip: Callable[[], None]
    steps: int = 0
    samples: int = 0
    since: list[torch.Tensor] = field(default_factory=list)
    rate: Any = 0.0  # of the last step, in the first group
    classes: int | None = None  # of the images, where more scores follow theirs
    began: float = field(default_factory=time.monotonic)

    def step(self, batch: torch.Tensor, labels: torch.Tensor) -> None:
        value = self.backward(batch, labels)
        self.clip()
        self.rate = self.optimizer.param_groups[0]["lr"]
        self.optimizer.step()
        for one in self.schedules.per_batch:
            one.step()
        self.steps, self.samples = self.steps + 1, self.samples + len(labels)
        self.since.append(value)

    def figures(self, labels: torch.Tensor) -> tuple[float, float]:
        """The mean loss since it was asked before; the share of right answers in the last batch, with these labels."""
        mean = float(torch.stack(self.since).mean())
        self.since.clear()
        return mean, share_right(self.backward.scores, labels, self.classes)


def steps_of(images: int, batch_size: int, epochs: int) -> int:
    """Steps of a whole training; the last, smaller batch of an epoch counts."""
    return epochs * -(-images // batch_size)


def train(
    model: torch.nn.Module, images: torch.Tensor, labels: torch.Tensor, plan: Plan, listener: Listener
) -> Result:
    """Train in place.

    Args:
        images: as a data set stores them, on the model's device: uint8, (N, H, W), (N, C, H, W) or a row of pixels
            each; or float32, (N, columns).
        labels: int64, (N,), there too; with a digit beside each image (N, 3), see `grader.training.pairs`.

    Raises:
        BadRecipe: the plan names something that cannot be built.
        Whatever the student's forward pass raises.
    """

    def attempt(channels_last: bool) -> Result:
        return _trained(model, images, labels, replace(plan, channels_last=channels_last), listener)

    return with_fall_back(model, attempt) if plan.channels_last else attempt(False)


def _trained(
    model: torch.nn.Module, images: torch.Tensor, labels: torch.Tensor, plan: Plan, listener: Listener
) -> Result:
    # Not `model.parameters()`: a class may override it. What is counted is what is trained.
    registered = [entry.tensor for entry in entries(model) if entry.role == "parameter"]
    parameters = [tensor for tensor in registered if tensor.requires_grad]
    if not parameters:
        return Result(0, 0, diverged=False)
    pictures = stored_form(images)
    pipeline = prepared_by(plan.transforms, pictures, plan.input_shape)
    built = optimizer(plan.optimizer, parameters)
    run = _Run(
        model,
        built,
        schedules(plan.schedules, built),
        _backward(model, plan, parameters, pictures.device),
        _clipping(plan.clipping, parameters),
        classes=None if plan.pair is None else int(plan.pair["classes"]),
    )
    for epoch in range(1, plan.epochs + 1):
        if ending := _epoch(run, pictures, labels, pipeline, plan, listener):
            return Result(run.steps, run.samples, diverged=ending == "diverged")
        for one in run.schedules.per_epoch:
            one.step()
        listener.epoch_ended(epoch, run.samples)
    return Result(run.steps, run.samples, diverged=False)


def _backward(
    model: torch.nn.Module, plan: Plan, parameters: list[torch.Tensor], device: torch.device
) -> Backward:
    value = loss(plan.loss["name"], plan.loss["arguments"])
    if plan.pair is None:
        return backward_of(model, value, parameters, device)
    paired = Paired(model, plan.pair)
    both = loss_of_pair(value, plan.pair, device)
    return backward_of(
        model, both, parameters, device, lambda batch, targets: paired(batch, targets[:, DIGIT])
    )


def _epoch(
    run: _Run,
    pictures: torch.Tensor,
    labels: torch.Tensor,
    pipeline: Prepare,
    plan: Plan,
    listener: Listener,
) -> str:
    """Every image once. Returns why the training ends within it, "" where it goes on."""
    order = placed(epoch_order(len(pictures), shuffled=plan.shuffled), pictures.device)
    batches = torch.split(order, plan.batch_size)
    run.model.train()
    for number, chosen in enumerate(batches, 1):
        batch = pipeline(pictures.index_select(0, chosen))
        if plan.channels_last and batch.dim() == 4:
            batch = batch.contiguous(memory_format=torch.channels_last)
        target = labels.index_select(0, chosen)
        run.step(batch, target)
        stops = _is_enough(plan, run)
        if number % plan.report_every == 0 or number == len(batches) or stops:
            mean, right = run.figures(target)
            listener.report(run.steps, run.samples, mean, float(run.rate), right)
            if not math.isfinite(mean):
                return "diverged"
        if stops:
            return "enough"
    return ""


def _is_enough(plan: Plan, run: _Run) -> bool:
    """Whether a training that is only to show its speed has shown it."""
    if not plan.max_steps:
        return False
    late = plan.max_seconds > 0 and time.monotonic() - run.began > plan.max_seconds
    return late or run.steps >= plan.max_steps


def _clipping(given: Sequence[Named], parameters: list[torch.Tensor]) -> Callable[[], None]:
    known: dict[str, Callable[..., object]] = {
        "clip_grad_norm_": torch.nn.utils.clip_grad_norm_,
        "clip_grad_value_": torch.nn.utils.clip_grad_value_,
    }
    if unknown := [one["name"] for one in given if one["name"] not in known]:
        raise BadRecipe(f"The recipe names {unknown[0]}, which is not known here.")
    calls = [(known[one["name"]], one["arguments"]) for one in given]

    def clip() -> None:
        for call, arguments in calls:
            call(parameters, **arguments)

    return clip

"""Forward and backward pass of a training step, on a GPU as one CUDA graph.

A small network's step is some hundred short kernels, and the CPU cannot start them as fast as a large GPU ends
them. Recorded once, they start with one call. Optimizer, clipping and schedules stay outside of the graph: whatever
they change from step to step is seen, and no recipe is left out.

Steps before the recording are steps of the training like all others; the recording itself trains nothing. What
cannot be recorded, or would not be the same from step to step, goes on without a graph.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch

from grader.training.losses import Loss


class Backward(Protocol):
    """Batch and labels → the loss, detached; afterwards the parameters have their gradients."""

    @property
    def scores(self) -> object:
        """What the model gave for the last batch, detached where it is a tensor; None before the first."""

    def __call__(self, batch: torch.Tensor, labels: torch.Tensor) -> torch.Tensor: ...


Forward = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Batch and labels → the scores. Labels may hold what the model takes beside each image."""

WARM_UP_STEPS = 3
"""Libraries choose their kernels and take their memory in the first steps, which cannot be recorded."""


def backward_of(
    model: torch.nn.Module,
    loss: Loss,
    parameters: Sequence[torch.Tensor],
    device: torch.device,
    forward: Forward | None = None,
) -> Backward:
    """What computes the gradients of a step for batches on `device`; graphs are for a GPU only.

    Args:
        forward: where the model takes more than the batch.
    """
    plain = _Plain(forward or (lambda batch, _: model(batch)), loss, parameters)
    return Graphed(model, plain, parameters) if device.type == "cuda" else plain


class _Plain:
    """Kernel after kernel."""

    def __init__(self, forward: Forward, loss: Loss, parameters: Sequence[torch.Tensor]) -> None:
        self._forward, self._loss, self._parameters = forward, loss, parameters
        self.scores: object = None

    def __call__(self, batch: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        scores = self._forward(batch, labels)
        value = self._loss(scores, labels)
        # A plain tensor only: a class of the student's own would run its code once more.
        self.scores = scores.detach() if type(scores) is torch.Tensor else None
        for parameter in self._parameters:
            parameter.grad = None
        if value.requires_grad:
            value.backward()  # type: ignore[no-untyped-call]
        return value.detach()


@dataclass(frozen=True)
class _Recorded:
    """A graph, and the memory that it reads and writes."""

    graph: torch.cuda.CUDAGraph
    batch: torch.Tensor
    labels: torch.Tensor
    loss: torch.Tensor
    scores: object
    gradients: tuple[torch.Tensor | None, ...]

    def takes(self, batch: torch.Tensor, labels: torch.Tensor) -> bool:
        """Whether these lie in memory as what was recorded: the last batch of an epoch may be smaller."""
        return _layout(self.batch, self.labels) == _layout(batch, labels)


class Graphed:
    """A `Backward` that records its steps once they have warmed up, and plays them from then on."""

    def __init__(self, model: torch.nn.Module, plain: Backward, parameters: Sequence[torch.Tensor]) -> None:
        self._model, self._plain, self._parameters = model, plain, parameters
        self._recorded: _Recorded | None = None
        self._layout: tuple[Any, ...] = ()
        self._warm_steps = 0
        self.given_up = ""  # why there is no graph
        self.scores: object = None

    def __call__(self, batch: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        if self._recorded and self._recorded.takes(batch, labels):
            return self._play(self._recorded, batch, labels)
        if self._recorded or self.given_up:
            return self._step(batch, labels)
        if self._warm_steps < WARM_UP_STEPS or self._layout != _layout(batch, labels):
            return self._warm_up(batch, labels)
        outside = Outside.of(self._model)
        try:
            self._recorded = self._record(batch, labels)
        except (
            Exception
        ) as error:  # no graph can hold what the model does; if it is a fault, the plain step says it
            self.given_up = f"{type(error).__name__}: {error}"
        moved = Outside.of(self._model).differs_from(outside)
        outside.put_back(self._model)
        if moved:
            self._recorded, self.given_up = None, f"The model changes with each step: {moved}."
        return self(batch, labels)

    def _warm_up(self, batch: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """A plain step beside the usual stream, as a recording is."""
        now = _layout(batch, labels)
        self._warm_steps = self._warm_steps + 1 if now == self._layout else 1
        self._layout = now
        here, aside = torch.cuda.current_stream(), torch.cuda.Stream()  # type: ignore[no-untyped-call]
        aside.wait_stream(here)
        with torch.cuda.stream(aside):
            value = self._step(batch, labels)
        here.wait_stream(aside)
        return value

    def _step(self, batch: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        value = self._plain(batch, labels)
        self.scores = self._plain.scores
        return value

    def _record(self, batch: torch.Tensor, labels: torch.Tensor) -> _Recorded:
        own_batch, own_labels = batch.clone(), labels.clone()
        graph = torch.cuda.CUDAGraph()
        for parameter in self._parameters:  # those of the recording must lie in its own memory
            parameter.grad = None
        with torch.cuda.graph(graph):
            loss = self._plain(own_batch, own_labels)
        gradients = tuple(one.grad for one in self._parameters)
        return _Recorded(graph, own_batch, own_labels, loss, self._plain.scores, gradients)

    def _play(self, recorded: _Recorded, batch: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        recorded.batch.copy_(batch)
        recorded.labels.copy_(labels)
        recorded.graph.replay()
        for parameter, gradient in zip(self._parameters, recorded.gradients, strict=True):
            parameter.grad = gradient  # a plain step in between took others
        self.scores = recorded.scores
        return recorded.loss.clone()


def _layout(batch: torch.Tensor, labels: torch.Tensor) -> tuple[Any, ...]:
    return batch.shape, batch.stride(), batch.dtype, labels.shape, labels.dtype


@dataclass(frozen=True)
class Outside:
    """What a forward pass can move on the CPU, where a graph does not see it: generators, and numbers of modules."""

    torch_draws: torch.Tensor
    numpy_draws: dict[str, Any]
    python_draws: tuple[Any, ...]
    numbers: Mapping[tuple[str, str], object]

    @classmethod
    def of(cls, model: torch.nn.Module) -> Outside:
        numbers = {
            (place, name): value
            for place, module in torch.nn.Module.named_modules(model)
            for name, value in vars(module).items()
            if isinstance(value, bool | int | float | str)
        }
        draws: Any = np.random.get_state(legacy=False)
        return cls(torch.get_rng_state(), draws, random.getstate(), numbers)

    def differs_from(self, before: Outside) -> str:
        """What moved, as a few words; "" where nothing did."""
        if not torch.equal(self.torch_draws, before.torch_draws):
            return "it draws numbers of torch on the CPU"
        if repr(self.numpy_draws) != repr(before.numpy_draws):
            return "it draws numbers of numpy"
        if self.python_draws != before.python_draws:
            return "it draws numbers of Python"
        return "it counts" if self.numbers != before.numbers else ""

    def put_back(self, model: torch.nn.Module) -> None:
        """What was moved by a pass that does not count."""
        torch.set_rng_state(self.torch_draws)
        np.random.set_state(self.numpy_draws)
        random.setstate(self.python_draws)
        modules = dict(torch.nn.Module.named_modules(model))
        for (place, name), value in self.numbers.items():
            modules[place].__dict__[name] = value

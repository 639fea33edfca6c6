"""One training by the harness's loop: what is asked of the worker, and what it tells on the way.

What it tells is kept as it comes: where a training ends before its time, its curve and the states of the epochs
that were done are still there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from grader.isolation import checked
from grader.isolation.frames import Message, ProtocolError
from grader.isolation.states import STATE_LIMIT_BYTES, State, state_of
from grader.isolation.supervisor import Ending, Patience, Worker
from grader.records import Call, CurvePoint

KEPT_BYTES = 512 * 1024 * 1024
"""States of earlier epochs that are kept for one trial; beyond it the oldest are dropped."""

_MAX_REPORTS = 100_000
_MAX_CURVE = 5_000


@dataclass(frozen=True)
class EpochState:
    """The model after an epoch."""

    epoch: int  # counted from 1
    samples: int
    state: State | None  # None where it was dropped, or larger than before the training


@dataclass(frozen=True)
class Training:
    """How one training went, with the supervisor's clock."""

    steps: int
    samples: int
    diverged: bool
    curve: tuple[CurvePoint, ...]
    report_times: tuple[tuple[int, float], ...]  # steps and seconds since the start
    wall_seconds: float
    cpu_seconds: float
    writes: int = 0  # the most times that one parameter was written in place; testimony
    outside_bytes: int = 0  # of tensors outside of the state afterwards; testimony
    epochs: tuple[EpochState, ...] = ()
    ending: Ending | None = None  # where the worker was gone before it was done
    notes: tuple[str, ...] = ()


def train(
    worker: Worker,
    plan: Mapping[str, Any],
    *,
    seed: int,
    patience: Patience,
    start: State | None = None,
    max_steps: int = 0,
    report_every: int = 20,
    on_progress: Callable[[int, float], None] | None = None,
) -> Training:
    """One training by the harness's loop.

    Args:
        plan: the recipe as `grader.training.loop.Plan` takes it, without the fields that are named here.
        start: the state before the first step; with it, the state after each epoch is kept.
        max_steps: stop after so many, the schedules still made for the whole; 0 for the whole training.
        report_every: steps between two points of the curve.
        on_progress: gets samples and loss.
    """
    limit = 0 if start is None else min(start.frame_bytes, STATE_LIMIT_BYTES)
    heard = _Heard(plan["epochs"], worker.cpu_seconds, on_progress)
    fields = {**plan, "seed": seed, "max_steps": max_steps, "report_every": report_every}
    answer = worker.request(
        "train",
        {"plan": fields, "state_limit": limit},
        patience=patience,
        payload_limit=limit,
        on_progress=heard,
    )
    if not isinstance(answer, Ending):
        try:
            heard.look()
            return _finished(answer, heard)
        except ProtocolError as error:
            answer = worker.refuse(error)
    return replace(heard.so_far(), ending=answer)


def named(call: Call) -> dict[str, Any]:
    """A call as plain JSON, its arguments as they were recorded."""
    arguments = [[name, value] for name, value in call.arguments]
    return {"name": call.name, "arguments": arguments, "library": call.library}


@dataclass
class _Heard:
    """What a worker told on its way."""

    epochs_planned: int
    cpu: Callable[[], float]
    on_progress: Callable[[int, float], None] | None
    start: float = field(default_factory=time.monotonic)
    cpu_start: float = 0.0
    cpu_last: float = 0.0
    steps: int = 0
    samples: int = 0
    curve: list[CurvePoint] = field(default_factory=list)
    times: list[tuple[int, float]] = field(default_factory=list)
    epochs: list[EpochState] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cpu_start = self.cpu_last = self.cpu()

    def look(self) -> None:
        """Take the time while the worker is there."""
        self.cpu_last = self.cpu()

    def __call__(self, message: Message) -> None:
        self.look()
        if message.op == "state":
            self._epoch(message)
        else:
            self._progress(message)

    def _progress(self, message: Message) -> None:
        steps = message.integer("steps", 1, checked.MAX_COUNT)
        samples = message.integer("samples", 1, checked.MAX_COUNT)
        loss = message.number("loss", -1, 1e30)
        if len(self.times) > _MAX_REPORTS:
            raise ProtocolError("progress")
        if steps <= self.steps:  # it was begun anew
            self.curve.clear()
            self.times.clear()
            self.epochs.clear()
        self.steps, self.samples = steps, samples
        self.times.append((steps, time.monotonic() - self.start))
        if loss >= 0 and len(self.curve) < _MAX_CURVE:
            self.curve.append(CurvePoint(samples, loss))
        if self.on_progress:
            self.on_progress(samples, loss)

    def _epoch(self, message: Message) -> None:
        epoch = message.integer("epoch", 1, self.epochs_planned)
        samples = message.integer("samples", 1, checked.MAX_COUNT)
        if epoch != len(self.epochs) + 1:
            raise ProtocolError("epoch")
        self.epochs.append(EpochState(epoch, samples, state_of(message) if message.arrays else None))
        kept = 0
        for index in range(len(self.epochs) - 1, -1, -1):
            one = self.epochs[index].state
            kept += 0 if one is None else len(one.blob)
            if kept > KEPT_BYTES:
                self.epochs[index] = replace(self.epochs[index], state=None)

    def so_far(self) -> Training:
        return Training(
            self.steps,
            self.samples,
            diverged=False,
            curve=tuple(self.curve),
            report_times=tuple(self.times),
            wall_seconds=time.monotonic() - self.start,
            cpu_seconds=self.cpu_last - self.cpu_start,
            epochs=tuple(self.epochs),
        )


def _finished(answer: Message, heard: _Heard) -> Training:
    steps, samples, writes, outside_bytes = (
        answer.integer(name, 0, checked.MAX_COUNT) for name in ("steps", "samples", "writes", "outside_bytes")
    )
    return replace(
        heard.so_far(),
        steps=steps,
        samples=samples,
        diverged=answer.header.get("diverged") is True,
        writes=writes,
        outside_bytes=outside_bytes,
    )

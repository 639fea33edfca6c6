"""One training by the harness's loop: what is asked of the worker, and what it tells on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from grader.isolation import checked
from grader.isolation.frames import Message, ProtocolError
from grader.isolation.hearing import Declined, EpochState, Heard, OnProgress, Pace, Paced
from grader.isolation.states import STATE_LIMIT_BYTES, State, state_of
from grader.isolation.supervisor import Ending, Patience, Worker
from grader.records import Call, CurvePoint


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
    paced: Paced | None = None  # what the first steps said, where a projection was due


def train(
    worker: Worker,
    plan: Mapping[str, Any],
    *,
    seed: int,
    patience: Patience,
    start: State | None = None,
    max_steps: int = 0,
    max_seconds: float = 0.0,
    report_every: int = 20,
    on_progress: OnProgress | None = None,
    pace: Pace | None = None,
) -> Training:
    """One training by the harness's loop.

    Args:
        plan: the recipe as `grader.training.loop.Plan` takes it, without the fields that are named here.
        start: the state before the first step; with it, the state after each epoch is kept.
        max_steps: stop after so many, the schedules still made for the whole; 0 for the whole training.
        max_seconds: with `max_steps`, begin no step after so many seconds.
        report_every: steps between two points of the curve.
        on_progress: is told how it goes, as the worker says.
        pace: says after the first steps whether the training is worth going on with; where it is not, the worker is
            ended, and `Training.paced` says why.
    """
    limit = 0 if start is None else min(start.frame_bytes, STATE_LIMIT_BYTES)
    heard = _Heard(epochs_planned=plan["epochs"], cpu=worker.cpu_seconds, on_progress=on_progress, pace=pace)
    fields = {**plan, "seed": seed, "max_steps": max_steps, "report_every": report_every}
    fields |= {"max_seconds": max_seconds} if max_seconds else {}
    try:
        answer = worker.request(
            "train",
            {"plan": fields, "state_limit": limit},
            patience=patience,
            payload_limit=limit,
            on_progress=heard,
        )
    except Declined:
        worker.stop()
        return heard.so_far()
    if not isinstance(answer, Ending):
        try:
            heard.look()
            return _finished(answer, heard, on_gpu=worker.on_gpu)
        except ProtocolError as error:
            answer = worker.refuse(error)
    return replace(heard.so_far(), ending=answer)


def named(call: Call) -> dict[str, Any]:
    """A call as plain JSON, its arguments as they were recorded."""
    arguments = [[name, value] for name, value in call.arguments]
    return {"name": call.name, "arguments": arguments, "library": call.library}


@dataclass(kw_only=True)
class _Heard(Heard):
    """A training by the harness's loop: its epochs come in their order."""

    epochs_planned: int

    def __call__(self, message: Message) -> None:
        self.listen()
        if message.op == "state":
            self._epoch(message)
        else:
            self._progress(message)

    def _progress(self, message: Message) -> None:
        steps = message.integer("steps", 1, checked.MAX_COUNT)
        samples = message.integer("samples", 1, checked.MAX_COUNT)
        loss, rate = message.number("loss", -1, 1e30), message.number("rate", -1, 1e30)
        right = message.number("right", -1, 1)
        if steps <= self.steps:  # it was begun anew
            self.forget()
        self.went_on(steps, samples, loss, rate, right)

    def _epoch(self, message: Message) -> None:
        epoch = message.integer("epoch", 1, self.epochs_planned)
        samples = message.integer("samples", 1, checked.MAX_COUNT)
        if epoch != len(self.states) + 1:
            raise ProtocolError("epoch")
        self.keep(EpochState(epoch, samples, state_of(message) if message.arrays else None))

    def so_far(self) -> Training:
        return Training(
            self.steps,
            self.samples,
            diverged=False,
            curve=tuple(self.curve),
            report_times=tuple(self.times),
            wall_seconds=self.wall_seconds,
            cpu_seconds=self.cpu_seconds,
            epochs=tuple(self.states),
            paced=self.paced,
        )


_NOT_ON_GPU = (
    "It was trained on the CPU: the model keeps tensors that are neither parameters nor buffers, so they do not move to "
    "a GPU with it."
)


def _notes(answer: Message, on_gpu: bool) -> tuple[str, ...]:
    return (_NOT_ON_GPU,) if on_gpu and answer.header.get("device") == "cpu" else ()


def _finished(answer: Message, heard: _Heard, *, on_gpu: bool) -> Training:
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
        notes=_notes(answer, on_gpu),
    )

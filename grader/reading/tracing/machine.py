"""The state of following one unit: where it is, inside of which loops, how much may still be followed."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from grader.reading.tracing.sources import Sources
from grader.reading.tracing.trace import Event, Loop, Trace
from grader.reading.tracing.values import Instance, Made, Routine, Scope, Value

LIMIT_DEPTH = 14
"""Calls inside of calls that are followed; student code is flatter, and Python's own stack stays far away."""

Kind = Literal["step", "schedule", "zero", "backward", "forward", "handed", "finder"]
Signal = tuple[Literal["return", "break", "continue"], Value] | None


class ExhaustedError(Exception):
    """The unit is too long or runs in circles: what was seen so far is kept."""


@dataclass
class Budget:
    """Shared by all units of a submission: what reading may cost, whatever the files are."""

    steps: int = 200_000
    seconds: float = 20.0
    begin: float = field(default_factory=time.monotonic)

    def spend(self) -> None:
        self.steps -= 1
        if self.steps <= 0 or (self.steps % 256 == 0 and time.monotonic() - self.begin > self.seconds):
            raise ExhaustedError


@dataclass
class Frame:
    routine: Routine
    maybe_returns: list[Value] = field(default_factory=list)


@dataclass
class Machine:
    """Follows one unit. The three functions are given from outside, because each needs the other two."""

    sources: Sources
    budget: Budget
    evaluate: Callable[[Machine, ast.expr, Scope], Value]
    run: Callable[[Machine, Sequence[ast.stmt], Scope], Signal]
    call: Callable[[Machine, Value, tuple[Value, ...], dict[str, Value], str], Value]
    bring: Callable[[Machine, str, Scope], Value]
    trace: Trace = field(default_factory=Trace)
    unit_steps: int = 60_000
    loops: list[Loop] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    modules: dict[str, Scope] = field(default_factory=dict)
    missing_modules: list[str] = field(
        default_factory=list
    )  # `from ... import *` of files that are not there
    top: str = ""
    without_gradients: int = 0
    importing: int = 0
    order: int = 0

    def spend(self) -> None:
        self.unit_steps -= 1
        if self.unit_steps <= 0:
            raise ExhaustedError
        self.budget.spend()

    def next_order(self) -> int:
        self.order += 1
        return self.order

    def note(
        self, kind: Kind, subject: Value, place: str, given: tuple[Value, ...] = (), whole: Made | None = None
    ) -> None:
        """Remember that something happened here."""
        self.trace.add(
            Event(
                kind=kind,
                subject=subject,
                loops=tuple(self.loops),
                top=self.top,
                place=place,
                gradients=not self.without_gradients,
                mode=_mode(subject),
                given=given,
                at_import=self.importing > 0,
                order=self.next_order(),
                whole_call=whole,
            )
        )


def _mode(subject: Value) -> str:
    """Whether a model is in the mode for training or for evaluation; a new one is in the former."""
    if isinstance(subject, Instance):
        return subject.mode
    return str(subject.attributes.get("mode", "train")) if isinstance(subject, Made) else ""

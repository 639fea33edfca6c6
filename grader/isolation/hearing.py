"""What a worker tells on its way through a training, kept as it comes, whoever's loop trains.

Where the training ends before its time, its curve and the states of the epochs that were done are still there. It is
testimony: the clock is the supervisor's, and a state counts for what its bytes can do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from grader.isolation.frames import ProtocolError
from grader.isolation.states import State
from grader.records import CurvePoint

KEPT_BYTES = 512 * 1024 * 1024
"""States of earlier epochs that are kept for one trial; beyond it the oldest are dropped."""

MAX_REPORTS = 200_000
MAX_CURVE = 5_000


@dataclass(frozen=True)
class EpochState:
    """The model after an epoch."""

    epoch: int  # counted from 1
    samples: int
    state: State | None  # None where it was dropped, or larger than before the training


@dataclass(kw_only=True)
class Heard:
    """One training as it was told so far."""

    cpu: Callable[[], float]
    on_progress: Callable[[int, float], None] | None
    start: float = field(default_factory=time.monotonic)
    cpu_start: float = 0.0
    cpu_last: float = 0.0
    steps: int = 0
    samples: int = 0
    reports: int = 0
    curve: list[CurvePoint] = field(default_factory=list)
    times: list[tuple[int, float]] = field(default_factory=list)
    states: list[EpochState] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cpu_start = self.cpu_last = self.cpu()

    def look(self) -> None:
        """Take the time while the worker is there."""
        self.cpu_last = self.cpu()

    @property
    def wall_seconds(self) -> float:
        return time.monotonic() - self.start

    @property
    def cpu_seconds(self) -> float:
        """Up to the last look."""
        return self.cpu_last - self.cpu_start

    def forget(self) -> None:
        """The training begins anew."""
        self.steps = self.samples = 0
        self.curve.clear()
        self.times.clear()
        self.states.clear()

    def listen(self) -> None:
        """A report came, whatever it says.

        Raises:
            ProtocolError: there are too many.
        """
        self.look()
        self.reports += 1
        if self.reports > MAX_REPORTS:
            raise ProtocolError("progress")

    def went_on(self, steps: int, samples: int, loss: float) -> None:
        """So many steps and samples in all; `loss` is the mean since the report before, below 0 where it is none."""
        self.steps, self.samples = steps, samples
        self.times.append((steps, self.wall_seconds))
        if loss >= 0 and len(self.curve) < MAX_CURVE:
            self.curve.append(CurvePoint(samples, loss))
        if self.on_progress:
            self.on_progress(samples, loss)

    def keep(self, one: EpochState) -> None:
        """Keep a state, and drop the oldest where they become too many."""
        self.states.append(one)
        kept = 0
        for index in range(len(self.states) - 1, -1, -1):
            state = self.states[index].state
            kept += 0 if state is None else len(state.blob)
            if kept > KEPT_BYTES:
                self.states[index] = replace(self.states[index], state=None)

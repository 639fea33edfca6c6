"""What a worker tells on its way through a training, kept as it comes, whoever's loop trains.

Where the training ends before its time, its curve and the states of the epochs that were done are still there. It is
testimony: the clock is the supervisor's, and a state counts for what its bytes can do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from grader.isolation.frames import ProtocolError
from grader.isolation.states import State
from grader.records import CurvePoint, Projection

KEPT_BYTES = 512 * 1024 * 1024
"""States of earlier epochs that are kept for one trial; beyond it the oldest are dropped."""

MAX_REPORTS = 200_000
MAX_CURVE = 5_000


class Mark(NamedTuple):
    """How far a training was after so much CPU time of its worker, by the supervisor's clock."""

    steps: int
    samples: int
    cpu_seconds: float


class Paced(NamedTuple):
    """What the first steps say of the whole training."""

    projection: Projection
    declined: str  # why it is not worth going on, as a sentence; "" where it goes on


Pace = Callable[[Sequence[Mark]], Paced | None]
"""Is asked after each report until it can tell; None: not yet."""


OnProgress = Callable[[int, float, float], None]
"""Gets samples, the mean loss since the report before, and the share of right answers in the last training batch; the
last two below 0 where there is none. All of it is what the worker says."""


class Declined(Exception):
    """The training would take too long; it was ended, and nothing went wrong."""


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
    on_progress: OnProgress | None
    start: float = field(default_factory=time.monotonic)
    cpu_start: float = 0.0
    cpu_last: float = 0.0
    steps: int = 0
    samples: int = 0
    reports: int = 0
    curve: list[CurvePoint] = field(default_factory=list)
    times: list[tuple[int, float]] = field(default_factory=list)
    states: list[EpochState] = field(default_factory=list)
    pace: Pace | None = None
    marks: list[Mark] = field(default_factory=list)
    paced: Paced | None = None

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

    @property
    def loop_cpu_seconds(self) -> float:
        """Between the first report and the last: what ran before the training began is not in it."""
        return self.cpu_seconds - self.marks[0].cpu_seconds if self.marks else 0.0

    @property
    def declined(self) -> str:
        """Why the training was not gone on with; "" where it was."""
        return self.paced.declined if self.paced else ""

    def forget(self) -> None:
        """The training begins anew."""
        self.steps = self.samples = 0
        self.curve.clear()
        self.times.clear()
        self.marks.clear()
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

    def went_on(self, steps: int, samples: int, loss: float, rate: float = -1.0, right: float = -1.0) -> None:
        """So many steps and samples in all; `loss` is the mean since the report before, below 0 where it is none.

        Args:
            rate: of the last step; below 0 where it is not known.
            right: share of right answers in the last batch; below 0 where it is not known.

        Raises:
            Declined: the first steps say that the training would take too long.
        """
        self.steps, self.samples = steps, samples
        self.times.append((steps, self.wall_seconds))
        if loss >= 0 and len(self.curve) < MAX_CURVE:
            self.curve.append(CurvePoint(samples, loss, rate if rate >= 0 else -1.0))
        if self.on_progress:
            self.on_progress(samples, loss, right)
        self._mark(Mark(steps, samples, self.cpu_seconds))

    def _mark(self, mark: Mark) -> None:
        """Keep what rises: a report may come twice, and a process that ends takes its CPU time along."""
        if self.marks and (
            mark.steps <= self.marks[-1].steps or mark.cpu_seconds < self.marks[-1].cpu_seconds
        ):
            return
        if len(self.marks) < MAX_CURVE:
            self.marks.append(mark)
        if self.pace and self.paced is None:
            self.paced = self.pace(self.marks)
            if self.declined:
                raise Declined

    def keep(self, one: EpochState) -> None:
        """Keep a state, and drop the oldest where they become too many."""
        self.states.append(one)
        kept = 0
        for index in range(len(self.states) - 1, -1, -1):
            state = self.states[index].state
            kept += 0 if state is None else len(state.blob)
            if kept > KEPT_BYTES:
                self.states[index] = replace(self.states[index], state=None)

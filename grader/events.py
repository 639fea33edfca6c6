"""What happens during a run, for whoever listens: the terminal, the run's own log."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

Stage = Literal["prepare", "fetch", "read", "inspect", "recipe", "train", "judge", "store"]
Kind = Literal["start", "progress", "note", "end"]


@dataclass(frozen=True)
class Training:
    """How far one training is. `loss` and `right` are what the worker says of training images: no measurement."""

    trial: int  # counted from 1
    trials_at_most: int
    epoch: int  # that is under way, or was just done; counted from 1
    epochs: int
    epochs_done: int
    loss: float | None  # mean since the report before
    right: float | None  # share of right answers in this epoch's last batches before a report, 0 to 1
    seconds_left: float | None  # of this training, by the supervisor's clock; None: not known yet

    @property
    def sentence(self) -> str:
        """`epoch 3 of 15, about 40 s left; the worker says: loss 0.071, 97.8 % of training images right`."""
        trial = f"trial {self.trial} of at most {self.trials_at_most}, " if self.trials_at_most > 1 else ""
        return f"{trial}epoch {self.epoch} of {self.epochs}{self._left()}{self._said()}"

    def _left(self) -> str:
        if self.epochs_done == self.epochs:
            return ", trained, scoring follows"
        return "" if self.seconds_left is None else f", about {_time(self.seconds_left)} left"

    def _said(self) -> str:
        loss = [] if self.loss is None else [f"loss {self.loss:.3f}"]
        right = [] if self.right is None else [f"{100 * self.right:.1f} % of training images right"]
        return f"; the worker says: {', '.join([*loss, *right])}" if loss or right else ""


@dataclass(frozen=True)
class Event:
    """`start` and `end` frame a stage; `progress` is a share of it, 0 to 1; `note` is for people."""

    kind: Kind
    stage: Stage
    text: str
    share: float = 0.0
    seconds: float = 0.0  # since the run began
    training: Training | None = None  # of a `progress` while it trains


Listener = Callable[[Event], None]


@dataclass
class Events:
    """Hands each event to every listener, in order."""

    listeners: list[Listener] = field(default_factory=list)
    stage: Stage = "prepare"
    _began: float = field(default_factory=time.monotonic)

    def start(self, stage: Stage, text: str) -> None:
        self.stage = stage
        self._tell("start", text)

    def progress(self, share: float, text: str = "") -> None:
        self._tell("progress", text, min(max(share, 0.0), 1.0))

    def training(self, share: float, training: Training) -> None:
        """A share of one training, with its sentence as the text."""
        self._tell("progress", training.sentence, min(max(share, 0.0), 1.0), training)

    def note(self, text: str) -> None:
        self._tell("note", text)

    def end(self, text: str) -> None:
        self._tell("end", text, 1.0)

    def _tell(self, kind: Kind, text: str, share: float = 0.0, training: Training | None = None) -> None:
        event = Event(kind, self.stage, text, share, round(time.monotonic() - self._began, 3), training)
        for listener in self.listeners:
            listener(event)


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"

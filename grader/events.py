"""What happens during a run, for whoever listens: the terminal, the run's own log."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

Stage = Literal["prepare", "fetch", "read", "inspect", "recipe", "train", "judge", "store"]


@dataclass(frozen=True)
class Event:
    """`start` and `end` frame a stage; `progress` is a share of it, 0 to 1; `note` is for people."""

    kind: Literal["start", "progress", "note", "end"]
    stage: Stage
    text: str
    share: float = 0.0
    seconds: float = 0.0  # since the run began


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

    def note(self, text: str) -> None:
        self._tell("note", text)

    def end(self, text: str) -> None:
        self._tell("end", text, 1.0)

    def _tell(self, kind: Literal["start", "progress", "note", "end"], text: str, share: float = 0.0) -> None:
        event = Event(kind, self.stage, text, share, round(time.monotonic() - self._began, 3))
        for listener in self.listeners:
            listener(event)

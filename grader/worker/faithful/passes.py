"""Passes over loaders: which are running, and where one of another training than the chosen one ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from grader.worker.capture.loops import BATCHES, MOST_BATCHES
from grader.worker.faithful.trainings import Training


@dataclass(eq=False)
class Pass:
    """One pass over a loader."""

    loader: Any
    batches: int = 0
    backwards: int = 0
    forwards: int = 0  # counted only while calls of models are listened to
    trainings: set[int] = field(default_factory=set)  # `id` of those that stepped in it
    ended: bool = False


class Passes:
    """The passes that are running, the innermost last."""

    def __init__(self) -> None:
        self._running: list[Pass] = []
        self._recent: Pass | None = None  # the last that was left before its end

    @property
    def innermost(self) -> Pass | None:
        return self._running[-1] if self._running else None

    @property
    def current(self) -> Pass | None:
        """The one that a step belongs to."""
        return self._running[-1] if self._running else self._recent

    def begin(self, loader: Any) -> Pass:
        self._running.append(Pass(loader))
        return self._running[-1]

    def end(self, ended: Pass, *, complete: bool) -> None:
        ended.ended = True
        if ended in self._running:
            self._running.remove(ended)
        if not complete and ended.batches:
            self._recent = ended


def is_enough(taken: Pass, chosen: Training | None, active: Training | None) -> bool:
    """Whether a pass ends here, because it belongs to another training than the chosen one and had its few batches.

    `active` is the training that stepped last. What no model is called in (statistics of the images) is never cut.
    """
    if taken.batches < BATCHES or id(chosen) in taken.trainings:
        return False
    if taken.trainings:
        return True
    if taken.backwards and taken.batches < MOST_BATCHES:
        return False  # gradients of several batches are added up: whose they are is seen at the step
    return bool(taken.forwards) and active is not None and active is not chosen

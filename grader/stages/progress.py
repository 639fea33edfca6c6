"""How far the trainings of one submission are: what each report of a worker becomes for whoever watches.

Loss and right answers are the worker's word, on training images, and count for nothing; the clock is the supervisor's.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from grader.events import Events, Training

LEAST_SHARE = 0.02
"""Of a training that has to be done before its end is foretold."""


@dataclass
class Progress:
    """Takes the reports of one training after the other. One that begins anew counts from its beginning again.

    Args:
        images: of one epoch.
        trials: that there may be at the most.
        trains_to_end: False where only a few steps are taken, which have no end to foretell.
    """

    events: Events
    images: int
    epochs: int
    trials: int = 1
    trains_to_end: bool = True
    clock: Callable[[], float] = time.monotonic
    _trial: int = 1
    _samples: int = 0
    _first: tuple[float, float] = (0.0, 0.0)  # share and time of the first report
    _right: list[float] = field(default_factory=list)  # in the epoch that is under way

    def trial_ended(self) -> None:
        self._trial += 1
        self._samples = 0

    def __call__(self, samples: int, loss: float, right: float) -> None:
        """A report of the worker: see `grader.isolation.hearing.OnProgress`."""
        share = min(samples / (self.epochs * self.images), 1.0)
        if not self._samples or samples <= self._samples:  # its first report
            self._first = share, self.clock()
            self._right.clear()
        elif (samples - 1) // self.images > (self._samples - 1) // self.images:
            self._right.clear()
        self._samples = samples
        self._right += [right] if right >= 0 else []
        self.events.training(share, self._told(samples, share, loss))

    def _told(self, samples: int, share: float, loss: float) -> Training:
        return Training(
            trial=self._trial,
            trials_at_most=self.trials,
            epoch=min(-(-samples // self.images), self.epochs),
            epochs=self.epochs,
            epochs_done=min(samples // self.images, self.epochs),
            loss=loss if loss >= 0 else None,
            right=sum(self._right) / len(self._right) if self._right else None,
            seconds_left=self._seconds_left(share),
        )

    def _seconds_left(self, share: float) -> float | None:
        """As fast as between the first report and now: what came before the training is not in it."""
        done, began = self._first
        if not self.trains_to_end or share - done < LEAST_SHARE:
            return None
        return round((1 - share) * (self.clock() - began) / (share - done), 1)

"""The trainings of a unit, and which of them is the one that was chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from grader.text import clean
from grader.worker.capture import places
from grader.worker.faithful.calls import Calls, parameters_of

FREE_SHARE = 0.05
"""Samples on which other trainings of the unit may train the chosen model, as a share of one epoch; more of them
come out of the budget. A search for a learning rate takes a few batches."""


@dataclass(frozen=True)
class Wanted:
    """The chosen training, as a capture of the same unit saw it."""

    place: str
    model: str  # the class's name
    trainable: int
    batch_size: int
    ordinal: int  # how many trainings that look the same come before it


@dataclass(eq=False)
class Training:
    """What one optimizer does in one cell with one batch size."""

    optimizer: Any
    model: Any
    parameters: set[int]
    place: str
    chosen: bool = False
    steps: int = 0
    samples: int = 0


class Trainings:
    """Told apart as a capture tells them apart: by optimizer, cell and batch size."""

    def __init__(self, wanted: Wanted, images: int, calls: Calls, cell: Callable[[], str]) -> None:
        self._wanted, self._calls, self._cell = wanted, calls, cell
        self._free = round(FREE_SHARE * images)
        self._known: dict[tuple[int, str, int], Training] = {}
        self._forgotten: list[Training] = []
        self._alike = 0  # trainings so far that look as the wanted one does
        self.chosen: Training | None = None
        self.elsewhere = 0
        """Samples on which other trainings of the unit trained the chosen model."""

    def of(self, optimizer: Any, loader: Any) -> Training:
        """The training that a step of this optimizer, on batches of this loader, belongs to."""
        key = (id(optimizer), self._cell(), int(getattr(loader, "batch_size", 0) or 0))
        found = self._known.get(key)
        if found is None:
            own = getattr(getattr(loader, "batch_sampler", None), "batch_size", 0)
            found = self._known[key] = self._new(optimizer, key[1], key[2] or int(own or 0))
        return found

    def _new(self, optimizer: Any, cell: str, batch_size: int) -> Training:
        place = cell or places.of_frame(places.own_frame(2))
        model = self._calls.owner_of(optimizer)
        training = Training(optimizer, model, parameters_of(optimizer), place)
        if self.chosen is None and self._looks_as_wanted(training, batch_size):
            training.chosen = self._alike == self._wanted.ordinal
            self._alike += 1
        if training.chosen:
            self.chosen = training
        return training

    def _looks_as_wanted(self, training: Training, batch_size: int) -> bool:
        model, wanted = training.model, self._wanted
        if model is None or clean(training.place) != wanted.place or batch_size != wanted.batch_size:
            return False
        name = clean(type(getattr(model, "module", model)).__name__, 120)
        trainable = sum(p.numel() for p in model.parameters() if p.requires_grad)
        return (name, trainable) == (wanted.model, wanted.trainable)

    def count_elsewhere(self) -> None:
        """Add up anew what others trained the chosen model on."""
        if self.chosen is None:
            return
        wanted = self.chosen.parameters
        others = [one for one in (*self._known.values(), *self._forgotten) if one is not self.chosen]
        self.elsewhere = sum(one.samples for one in others if one.parameters & wanted)

    @property
    def spent(self) -> int:
        """Samples of the budget that are used up."""
        own = self.chosen.samples if self.chosen is not None else 0
        return own + max(0, self.elsewhere - self._free)

    def mark(self) -> Callable[[], bool]:
        """What it gives forgets the trainings since then, and says whether the chosen one is among them.

        The statement that made them failed, and runs once more; what they did to a model that is trained again
        stays counted.
        """
        before, alike = set(self._known), self._alike

        def rewind() -> bool:
            for key in [key for key in self._known if key not in before]:
                self._forgotten.append(self._known.pop(key))
            self._alike = alike
            lost = self.chosen is not None and self.chosen in self._forgotten
            if lost:
                self.chosen = None
            return lost

        return rewind

"""Loaders that give every batch: the library's own, in this process, with its passes counted."""

from __future__ import annotations

from typing import Any

from torch.utils import data

from grader.worker.capture.loaders import without_processes
from grader.worker.faithful.meter import Meter
from grader.worker.faithful.passes import Pass


def install(meter: Meter) -> None:
    """Put the counting loader where `torch.utils.data.DataLoader` is looked for."""
    real: Any = data.DataLoader

    class DataLoader(real):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(**without_processes(arguments, named))

        def __iter__(self) -> Any:
            begun = meter.begin_pass(self)
            return PassIterator(meter, begun, super().__iter__())

    DataLoader.__module__, DataLoader.__qualname__ = real.__module__, "DataLoader"
    data.DataLoader = data.dataloader.DataLoader = DataLoader  # type: ignore[misc]


class PassIterator:
    """One pass: the loader's own iterator, heard."""

    def __init__(self, meter: Meter, taken: Pass, batches: Any) -> None:
        self._meter, self._pass, self._batches = meter, taken, batches

    def __iter__(self) -> PassIterator:
        return self

    def __next__(self) -> Any:
        meter = self._meter
        meter.go_on()
        try:
            if meter.is_enough(self._pass):
                raise StopIteration
            batch = next(self._batches)
        except StopIteration:
            meter.end_pass(self._pass, complete=True)
            raise
        meter.delivered(self._pass, batch)
        return batch

    next = __next__  # gone from newer torch; old notebooks call it

    def __len__(self) -> int:
        return len(self._batches)

    def __del__(self) -> None:
        self._meter.end_pass(self._pass, complete=False)

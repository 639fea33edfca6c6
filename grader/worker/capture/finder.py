"""A stand-in for learning-rate finders. The rate that it suggests is one that nobody would write by hand."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from grader.worker.capture.quiet import Quiet

HISTORY = 20


class FinderLibrary:
    """Notes whether a finder was used at all."""

    def __init__(self, rate: float, note: Any) -> None:
        self._rate, self._note = rate, note

    def module(self, name: str) -> ModuleType:
        library = self

        class LRFinder:
            def __init__(self, *_: Any, **__: Any) -> None:
                library._note("A learning-rate finder is used.")
                self.best_loss = 0.1
                self.history = {
                    "lr": [library._rate] * HISTORY,
                    "loss": [1.0 - 0.01 * index for index in range(HISTORY)],
                }

            def range_test(self, *_: Any, **__: Any) -> None:
                return None

            reset = range_test

            def plot(self, *_: Any, suggest_lr: bool = True, **__: Any) -> Any:
                return (Quiet("axes"), library._rate) if suggest_lr else Quiet("axes")

        made = ModuleType(name)
        made.__dict__.update(
            __path__=[], LRFinder=LRFinder, TrainDataLoaderIter=_LoaderIter, ValDataLoaderIter=_LoaderIter
        )
        return made


class _LoaderIter:
    """What the library lets users subclass to unpack their batches."""

    def __init__(self, data_loader: Any = None, *_: Any, **__: Any) -> None:
        self.data_loader = data_loader

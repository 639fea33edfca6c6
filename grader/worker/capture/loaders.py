"""Loaders with their true length and batch size that give a few batches per pass, always the same ones."""

from __future__ import annotations

import contextlib
import itertools
from typing import Any

import torch
from torch.utils import data

from grader.worker.capture import places
from grader.worker.capture.loops import BATCHES, MOST_BATCHES
from grader.worker.capture.recorder import Pass, Recorder

DISTINCT_ITEMS = 4
"""So many items are really loaded per batch; they are repeated to its size."""

_WITHOUT_PROCESSES = {
    "num_workers": 0,
    "persistent_workers": False,
    "prefetch_factor": None,
    "multiprocessing_context": None,
    "pin_memory": False,
    "timeout": 0,
}
_ORDER = (
    *("dataset", "batch_size", "shuffle", "sampler", "batch_sampler", "num_workers", "collate_fn"),
    *("pin_memory", "drop_last", "timeout", "worker_init_fn", "multiprocessing_context", "generator"),
)


def without_processes(arguments: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
    """A loader's arguments, by name, for one that works in this process."""
    given = {**dict(zip(_ORDER, arguments, strict=False)), **named}
    given.pop("pin_memory_device", None)
    return {**given, **{name: value for name, value in _WITHOUT_PROCESSES.items() if name in given}}


def install(recorder: Recorder) -> None:
    """Put the stand-in where `torch.utils.data.DataLoader` is looked for."""
    real: Any = data.DataLoader

    class DataLoader(real):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(**without_processes(arguments, named))
            self.__dict__["_kept_batches"] = None
            self.__dict__["_built_at"] = places.here()
            recorder.loaders.append(self)
            with contextlib.suppress(TypeError, NotImplementedError):
                recorder.loader_lengths.add(len(self))

        def __iter__(self) -> Any:
            kept = self.__dict__["_kept_batches"]
            if kept is None:
                kept = self.__dict__["_kept_batches"] = _batches(self)
            return PassIterator(recorder, recorder.begin_pass(self), kept)

    DataLoader.__module__, DataLoader.__qualname__ = real.__module__, "DataLoader"
    data.DataLoader = data.dataloader.DataLoader = DataLoader  # type: ignore[misc]


class PassIterator:
    """One pass over the kept batches."""

    def __init__(self, recorder: Recorder, pass_: Pass, batches: list[Any]) -> None:
        self._recorder, self._pass = recorder, pass_
        self._kept = batches
        self._batches = iter(batches)

    def __iter__(self) -> PassIterator:
        return self

    def __next__(self) -> Any:
        try:
            batch = (
                self._kept[self._pass.batches % len(self._kept)] if self._goes_on() else next(self._batches)
            )
        except StopIteration:
            self._recorder.end_pass(self._pass, complete=True)
            raise
        self._recorder.batch(self._pass)
        return batch

    def _goes_on(self) -> bool:
        """Whether all kept batches were used up and the optimizer waits for more: they come again.

        Two steps are waited for, so that what is done per step is told from what is done per pass.
        """
        taken = self._pass
        if not len(self._kept) <= taken.batches < MOST_BATCHES or not self._kept:
            return False
        return taken.backwards > 0 and taken.steps < 2 and taken.batches < _true_length(taken.loader)

    next = __next__  # gone from newer torch; old notebooks call it

    def __len__(self) -> int:
        return len(self._pass.loader)

    def __del__(self) -> None:
        self._recorder.end_pass(self._pass, complete=False)


def _true_length(loader: Any) -> int:
    try:
        return len(loader)
    except (TypeError, NotImplementedError):
        return 0


def _batches(loader: Any) -> list[Any]:
    """The first few batches, of few distinct items each."""
    if isinstance(loader.dataset, data.IterableDataset):
        items = list(itertools.islice(iter(loader.dataset), DISTINCT_ITEMS))
        size = loader.batch_size or len(items)
        return [loader.collate_fn(_repeated(items, size))] * BATCHES if items else []
    if loader.batch_sampler is None:
        return [loader.collate_fn(loader.dataset[i]) for i in itertools.islice(loader.sampler, BATCHES)]
    found = []
    for indices in itertools.islice(loader.batch_sampler, BATCHES):
        items = [loader.dataset[index] for index in indices[:DISTINCT_ITEMS]]
        found.append(loader.collate_fn(_repeated(items, len(indices))))
    return found


def _repeated(items: list[Any], size: int) -> list[Any]:
    return [items[index % len(items)] for index in range(size)]


def shuffles(loader: Any) -> bool:
    """Whether the order of the items is drawn anew in each pass."""
    sampler = getattr(loader, "sampler", None)
    own = getattr(loader, "batch_sampler", None)
    if own is not None and type(own) is not data.BatchSampler:
        sampler = getattr(own, "sampler", sampler)
    fixed = (data.SequentialSampler, torch.utils.data.dataloader._InfiniteConstantSampler)
    return (
        sampler is not None
        and not isinstance(sampler, fixed)
        and getattr(sampler, "shuffle", True) is not False
    )

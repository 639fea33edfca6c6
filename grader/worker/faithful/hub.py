"""The task's images under the names of the package `datasets`; other names get the capture's stand-ins."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from grader.worker.capture import hub_data
from grader.worker.faithful.images import Images

_COLUMNS = {
    "mnist": ("MNIST", "image", "label"),
    "cifar10": ("CIFAR10", "img", "label"),
    "cifar100": ("CIFAR100", "img", "fine_label"),
}


class Table(hub_data.Table):
    """Rows of one split, with real images."""

    def __init__(self, name: str, train: bool, rows: Any, images: Images) -> None:
        super().__init__(name, train, rows)
        self._images = images
        self._pictures, self._labels = images.pictures(train), images.targets(train)
        self._real = True

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, str):
            return [self._row(row)[index] for row in range(len(self))]
        if isinstance(index, slice | list):
            chosen = range(len(self))[index] if isinstance(index, slice) else index
            rows = [self._row(int(row)) for row in chosen]
            batch = {name: [row[name] for row in rows] for name in self.column_names}
            return self._transform(batch) if self._transform else batch
        return super().__getitem__(index)

    def _row(self, index: int) -> dict[str, Any]:
        from PIL import Image

        if not -len(self) <= index < len(self):
            raise IndexError(index)
        image, label = self.column_names
        row = int(self._rows[index])
        return {image: Image.fromarray(self._pictures[row]), label: int(self._labels[row])}

    def shuffle(self, seed: Any = None, *_: Any, **__: Any) -> Table:
        order = np.random.default_rng(seed if isinstance(seed, int) else None).permutation(len(self))
        return self._part([self._rows[int(place)] for place in order])

    def select(self, indices: Any) -> Table:
        return self._part([self._rows[int(place)] for place in indices])

    def filter(self, keep: Callable[[dict[str, Any]], Any], *_: Any, **__: Any) -> Table:
        return self.select([place for place in range(len(self)) if keep(self._row(place))])

    def _part(self, rows: Any) -> Table:
        other = Table(self.hub_name, self.train, rows, self._images)
        other._transform, other.part = self._transform, self.part or len(rows) < len(self)
        return other


def library(images: Images, filled: Callable[[], None]) -> Callable[[str], ModuleType]:
    """What makes the package; `filled` is told when the real images are asked for."""

    def load_dataset(name: str, *rest: Any, split: Any = None, **named: Any) -> Any:
        known = _COLUMNS.get(str(name).split("/")[-1].lower())
        if known is None or known[0] != images.name:
            return hub_data.load_dataset(name, *rest, split=split, **named)
        filled()
        if split is None:
            return hub_data.Tables(train=_whole(name, True, images), test=_whole(name, False, images))
        if isinstance(split, list | tuple):
            return [load_dataset(name, split=one) for one in split]
        return _share(_whole(name, str(split).startswith("train"), images), str(split))

    def module(name: str) -> ModuleType:
        made = hub_data.module(name)
        made.__dict__.update(load_dataset=load_dataset, load_from_disk=load_dataset)
        return made

    return module


def _whole(name: str, train: bool, images: Images) -> Table:
    return Table(str(name), train, range(images.count if train else images.held), images)


def _share(table: Table, split: str) -> Table:
    """`train[:80%]`, `train[1000:]`: rows by their numbers or by shares."""
    _, bracket, bounds = split.partition("[")
    if not bracket:
        return table
    first, _, last = bounds.rstrip("]").partition(":")
    places = range(len(table))[_bound(first, len(table)) : _bound(last, len(table))]
    return table.select(places)


def _bound(text: str, count: int) -> int | None:
    text = text.strip()
    if not text:
        return None
    return round(float(text[:-1]) / 100 * count) if text.endswith("%") else int(text)

"""Which data sets lie under the one that a loader was given, and how many of its images come from each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch.utils import data

from grader.worker.capture.data_sets import base_name
from grader.worker.capture.hub_data import Table

MAX_PARTS = 8
MAX_DEPTH = 8
_SAMPLES = 2000
"""So many positions of a set are followed down to see which sets lie under it."""

_WHOLE = 0.99
"""Images of one part among several are counted by samples: this share of a set is all of it."""

_TRAIN_SIZES = frozenset({60_000, 50_000, 73_257, 112_800})
_TEST_SIZES = frozenset({10_000, 26_032, 18_800})


@dataclass(frozen=True)
class Part:
    """The images of a loader that come from one data set."""

    base: Any  # the ready-made set, or the lowest one that was found
    known: bool  # whether `base` is a ready-made set
    train: bool | None  # images of the training set, of the test set, or unclear
    whole: bool  # all images of `base`
    images: int
    position: int  # of one of its images in the loader's set


def parts(held: Any, depth: int = 0) -> list[Part]:
    """The sets under this one, the one with the most images first; itself, where nothing lies under it."""
    length = length_of(held)
    found: dict[int, tuple[Any, list[int]]] = {}
    positions = range(0, length, max(1, length // _SAMPLES)) if _lists_others(held) else range(1)
    for position in positions:
        leaf = _leaf(held, position)
        if id(leaf) in found or len(found) < MAX_PARTS:
            found.setdefault(id(leaf), (leaf, []))[1].append(position)
    listed: list[Part] = []
    for leaf, places in found.values():
        images = round(length * len(places) / len(positions))
        enough = length_of(leaf) if len(found) == 1 else _WHOLE * length_of(leaf)
        listed += [
            replace(one, images=images, position=places[0], whole=one.whole and images >= enough)
            for one in _under(leaf, depth)
        ]
    return sorted(listed, key=lambda one: -one.images)[:MAX_PARTS]


def length_of(held: Any) -> int:
    """How many items it has, 0 where it cannot say."""
    try:
        return len(held)
    except (TypeError, NotImplementedError):
        return 0


def _lists_others(held: Any) -> bool:
    return isinstance(held, data.Subset | data.ConcatDataset)


def _leaf(held: Any, position: int) -> Any:
    """The set that gives the item at this position, below subsets and concatenations."""
    for _ in range(MAX_DEPTH):
        if isinstance(held, data.Subset):
            position, held = int(held.indices[position]), held.dataset
        elif isinstance(held, data.ConcatDataset):
            sizes = held.cumulative_sizes
            index = int(np.searchsorted(sizes, position, side="right"))
            position -= sizes[index - 1] if index else 0
            held = held.datasets[min(index, len(held.datasets) - 1)]
        else:
            break
    return held


def _under(leaf: Any, depth: int) -> list[Part]:
    """A ready-made set as it is; for a set of the student's own, what it holds."""
    if base_name(leaf) or isinstance(leaf, Table):
        train = getattr(leaf, "train", None)
        return [Part(leaf, True, train, not getattr(leaf, "part", False), 0, 0)]
    if depth < MAX_DEPTH // 2:
        for value in list(getattr(leaf, "__dict__", {}).values())[:40]:
            if isinstance(value, data.Dataset | Table):
                inner = [one for one in parts(value, depth + 1) if one.known]
                if inner:
                    return [_of_own(one, leaf) for one in inner]
    return [Part(leaf, False, _by_size(leaf), True, 0, 0)]


def _of_own(inner: Part, leaf: Any) -> Part:
    """A set of the student's own that is less than half as long shows a part of what it holds."""
    return replace(inner, whole=inner.whole and length_of(leaf) >= length_of(inner.base) // 2)


def _by_size(leaf: Any) -> bool | None:
    """Sets that hold the official arrays themselves are known by their length."""
    sizes = {length_of(leaf)}
    for value in list(getattr(leaf, "__dict__", {}).values())[:40]:
        if isinstance(value, torch.Tensor | np.ndarray) and value.ndim > 0:
            sizes.add(int(value.shape[0]))
    if sizes & _TRAIN_SIZES:
        return True
    return False if sizes & _TEST_SIZES else None

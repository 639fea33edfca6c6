"""States as bytes: shuffled, and compared with one another. Nothing here asks what a worker said of them but where
one tensor ends and what it is called; the bytes are the supervisor's own copy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Layout = Sequence[tuple[str, int, int]]
"""For each tensor its role (`parameter`, `statistic`, `buffer`), the bytes of one element, and its elements."""

FEW_VALUES = 16
"""A tensor with so few different values is set to a constant or a simple pattern, not drawn."""

_SAMPLE = 4096


@dataclass(frozen=True)
class Start:
    """Initial parameter values: those that are drawn at all, and of these the ones that two seeds share."""

    varied: int
    same: int


def scrambled(state: Bytes, layout: Layout, generator: np.random.Generator) -> Bytes:
    """The same state with the elements of each tensor in a random order: every value stays, what it says does not."""
    shuffled = [generator.permutation(rows, axis=0).reshape(-1) for _, rows in _tensors(state, layout)]
    return np.concatenate(shuffled) if shuffled else state


def start(first: Bytes, second: Bytes, layout: Layout) -> Start:
    """Two initial states of one layout, built under different seeds."""
    varied = same = 0
    for (role, rows), (_, others) in zip(_tensors(first, layout), _tensors(second, layout), strict=True):
        if role == "parameter" and _is_varied(rows):
            varied += len(rows)
            same += int((rows == others).all(axis=1).sum())
    return Start(varied, same)


def changed(before: Bytes, after: Bytes, layout: Layout) -> tuple[int, int]:
    """Elements that are not the same: statistics of batch norms, and all others."""
    if len(before) != len(after):
        return 0, sum(elements for _, _, elements in layout)
    statistics = others = 0
    for (role, rows), (_, later) in zip(_tensors(before, layout), _tensors(after, layout), strict=True):
        count = int((rows != later).any(axis=1).sum())
        if role == "statistic":
            statistics += count
        else:
            others += count
    return statistics, others


def _tensors(state: Bytes, layout: Layout) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Role and elements of each tensor, an element as a row of bytes."""
    begin = 0
    for role, item_bytes, elements in layout:
        end = begin + item_bytes * elements
        yield role, state[begin:end].reshape(elements, item_bytes)
        begin = end


def _is_varied(rows: npt.NDArray[Any]) -> bool:
    return len(np.unique(rows[:_SAMPLE], axis=0)) > FEW_VALUES

"""Which test images explain a model best, and what is kept of them and of their maps. No labels leave this process."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from grader.records import ClassMap

WRONG, RIGHT = 10, 3
MAX_SIDE = 64
"""Pixels of a shown image along one axis."""

Scores = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Choice:
    """Indices into the test set."""

    wrong: tuple[int, ...]  # the most confident first
    right: tuple[int, ...]
    mistakes: int  # in the whole test set

    @property
    def images(self) -> tuple[int, ...]:
        return (*self.wrong, *self.right)


def shares(scores: Scores, head: str) -> npt.NDArray[np.float64]:
    """Softmax of each row, which log-softmax leaves as it is; probabilities are shares already.

    Args:
        scores: (N, classes). A row that is not finite gets zeros.
    """
    finite = np.asarray(np.isfinite(scores).all(axis=1))
    known = np.where(finite[:, None], scores, 0).astype(np.float64)
    if head == "probabilities":
        return np.clip(known, 0, 1)
    raised = np.exp(known - known.max(axis=1, keepdims=True))
    return np.asarray(np.where(finite[:, None], raised / raised.sum(axis=1, keepdims=True), 0.0))


def choose(scores: Scores, labels: npt.NDArray[np.integer], head: str) -> Choice:
    """The most confident mistakes, spread over the true classes, and right answers of the same classes.

    Images with scores that are not finite are mistakes, but there is nothing in them to show.
    """
    found = shares(scores, head)
    answers, true = found.argmax(axis=1), labels.astype(np.int64)
    finite = np.asarray(np.isfinite(scores).all(axis=1))
    wrong = np.flatnonzero(finite & (answers != true))
    right = np.flatnonzero(finite & (answers == true))
    confidence = found.max(axis=1)
    chosen = _spread(wrong, true, confidence, WRONG)
    shown = list(dict.fromkeys(int(true[index]) for index in chosen))
    best = _spread(right, true, confidence, max(RIGHT, len(np.unique(true[right]))))
    best.sort(key=lambda index: shown.index(int(true[index])) if true[index] in shown else len(shown))
    return Choice(tuple(chosen), tuple(best[:RIGHT]), int((~finite).sum()) + len(wrong))


def _spread(images: Indices, true: Indices, confidence: npt.NDArray[np.float64], most: int) -> list[int]:
    """The most confident image of each true class, then the second ones, until there are `most`; sorted."""
    order = images[np.lexsort((images, -confidence[images]))]
    turns: dict[int, int] = {}
    ranked = []
    for index in order.tolist():
        turn = turns[int(true[index])] = turns.get(int(true[index]), -1) + 1
        ranked.append((turn, index))
    ranked.sort(key=lambda one: one[0])  # stable: within a turn the most confident stays first
    chosen = {index for _, index in ranked[:most]}
    return [index for index in order.tolist() if index in chosen]


def scaled(found: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """A map from 0 to 1: less its lowest value, divided by what is then its highest."""
    above = found - found.min()
    return np.asarray(above / (1e-7 + above.max()), dtype=np.float32)


def kept(class_id: int, found: npt.NDArray[np.float32]) -> ClassMap:
    """What is recorded of one map, (height, width)."""
    steps = np.rint(255 * scaled(found)).astype(np.uint8)
    return ClassMap(class_id, hexed(steps), float(f"{float(found.max()):.4g}"))


def hexed(rows: Iterable[npt.NDArray[np.uint8]]) -> tuple[str, ...]:
    """One text per row, two digits a value."""
    return tuple(np.ascontiguousarray(row).tobytes().hex() for row in rows)


def pixels(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8] | None:
    """A stored image as (height, width, channels) with 1 or 3 channels; None where it is no picture.

    Args:
        image: (height, width), (channels, height, width), or a row of as many pixels as a square has.
    """
    if image.ndim == 1:
        side = round(len(image) ** 0.5)
        image = image.reshape(side, side) if side > 1 and side * side == len(image) else image
    whole = image[None] if image.ndim == 2 else image
    if whole.ndim != 3 or whole.shape[0] not in (1, 3):
        return None
    step = -(-max(whole.shape[1:]) // MAX_SIDE)
    return np.moveaxis(whole[:, ::step, ::step], 0, 2)

"""MNIST with a random digit beside each image: asked for are the digit in the image and the sum of the two.

The images are MNIST's own. The digits are drawn by the grader's seed, evenly from 0 to 9; sums go from 0 to 18.
`grader.inspection.digits` writes them in the forms in which models take them.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from grader.data import mnist, search
from grader.data.interface import DataSet, Request, Second
from grader.data.places import Contents

if TYPE_CHECKING:
    from grader.data.interface import Pixels

TABULATED_SD = mnist.TABULATED_SD
"""Of the digit in the image, which is MNIST's own task. Nothing is tabulated for the sum."""

STEMS = mnist.STEMS
DIGITS = 10
SUMS = 19


def look(folder: Path) -> Contents:
    """MNIST's files."""
    return mnist.look(folder)


def load(request: Request, mirrors: tuple[str, ...] = mnist.MIRRORS) -> DataSet:
    """MNIST from the first place that holds it, with digits drawn by seed 0; see `drawn` for other seeds."""
    return drawn(search.first_copy(request, mnist.source(request, mirrors, "mnist_sum")), 0)


def fetch(request: Request, mirrors: tuple[str, ...] = mnist.MIRRORS) -> Path:
    """Download MNIST."""
    return mnist.fetch(request, mirrors)


def stand_in() -> DataSet:
    """Generated digits with random digits beside them: not a grade."""
    return drawn(mnist.stand_in(), 0)


def drawn(data: DataSet, seed: int) -> DataSet:
    """The same images with digits drawn anew.

    The same seed gives the same digits for every image on every machine; training and test digits do not depend
    on each other. The facts' digest stays that of the images.
    """
    train, test = _digits(len(data.train_labels), seed, "train"), _digits(len(data.test_labels), seed, "test")
    second = Second(
        train_inputs=train,
        train_targets=_sum(data.train_labels, train),
        test_inputs=test,
        test_targets=_sum(data.test_labels, test),
        values=DIGITS,
        classes=SUMS,
    )
    name = data.facts.name.removesuffix(_ADDED) + _ADDED
    return replace(data, facts=replace(data.facts, name=name), second=second)


_ADDED = ", with random digits"


def _digits(count: int, seed: int, split: str) -> Pixels:
    import numpy as np

    named = hashlib.sha256(f"mnist_sum {split} {seed}".encode()).digest()
    # RandomState's numbers are frozen by NumPy's policy; those of a Generator may change with a release
    found = np.random.RandomState(np.frombuffer(named, np.uint32)).randint(0, DIGITS, count)
    return _read_only(found.astype(np.uint8))


def _sum(labels: Pixels, digits: Pixels) -> Pixels:
    return _read_only(labels + digits)


def _read_only(array: Pixels) -> Pixels:
    array.flags.writeable = False
    return array

"""A batch of CIFAR-10 in either of its two published versions, read strictly.

A plain record is a label and 3,072 bytes: 32 x 32 red ones, then green, then blue. A pickled batch holds the same
3,072 bytes as rows of an array, and the labels as a list.
"""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from grader.data import cifar_pickle, faults
from grader.data.cifar_pickle import Block, Unreadable

if TYPE_CHECKING:
    from grader.data.interface import Pixels
    from grader.errors import GraderFault

MAX_FILE_BYTES = 64 << 20
"""Twice a batch of 10,000: no file is larger."""

SHAPE = (3, 32, 32)
CLASSES = 10
_ROW = prod(SHAPE)


def parse(contents: bytes, path: Path) -> tuple[Pixels, Pixels]:
    """Images (N, 3, 32, 32) and labels (N,) of one file; N is at least 1.

    Args:
        contents: of the file.
        path: decides by its ending (.bin) which version it is, and is named in messages.
    """
    images, labels = _records(contents, path) if path.suffix == ".bin" else _pickled(contents, path)
    if labels.max() >= CLASSES:
        raise _damaged(path, f"labels 0 to {CLASSES - 1}", f"label {labels.max()}")
    return images, labels


def as_records(images: Pixels, labels: Pixels) -> bytes:
    """The same images and labels as plain records."""
    import numpy as np

    return np.concatenate([labels[:, None], images.reshape(len(images), -1)], axis=1).tobytes()


def _records(contents: bytes, path: Path) -> tuple[Pixels, Pixels]:
    import numpy as np

    if not contents or len(contents) % (1 + _ROW):
        raise _damaged(path, f"records of {1 + _ROW:,} bytes", f"{len(contents):,} bytes")
    rows = np.frombuffer(contents, np.uint8).reshape(-1, 1 + _ROW)
    return rows[:, 1:].reshape(-1, *SHAPE), rows[:, 0]


def _pickled(contents: bytes, path: Path) -> tuple[Pixels, Pixels]:
    import numpy as np

    try:
        batch = cifar_pickle.read(contents)
    except Unreadable as fault:
        raise _damaged(path, "a pickled batch of CIFAR-10", str(fault)) from fault
    block, labels = batch.get("data"), batch.get("labels")
    if not isinstance(block, Block) or not isinstance(labels, list):
        raise _damaged(path, 'a batch with "data" and "labels"', f"one with {_keys(batch)}")
    rows = block.shape[0] if block.shape else 0
    if rows < 1 or block.shape != (rows, _ROW) or len(block.contents) != rows * _ROW:
        found = f"shape {block.shape} and {len(block.contents):,} bytes"
        raise _damaged(path, f"rows of {_ROW:,} bytes, one at least", found)
    if len(labels) != rows:
        raise _damaged(path, f"{rows:,} labels, one for each image", f"{len(labels):,}")
    if not all(type(label) is int and 0 <= label < 256 for label in labels):
        raise _damaged(path, f"labels 0 to {CLASSES - 1}", "something else among them")
    images = np.frombuffer(block.contents, np.uint8).reshape(rows, *SHAPE)
    return images, np.array(labels, np.uint8)


def _keys(batch: dict[str, object]) -> str:
    from grader.text import clean

    return clean(", ".join(sorted(batch)) or "nothing", 80)


def _damaged(path: Path, expected: str, found: str) -> GraderFault:
    return faults.damaged(path, expected, found, "cifar10")

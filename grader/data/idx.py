"""The idx format of MNIST's files, read strictly.

Layout (published with the set): two zero bytes, a type byte (8 = unsigned byte), the number of dimensions,
each dimension as a big-endian 32-bit number, then the values and nothing else.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from grader.data import faults
from grader.errors import GraderFault

if TYPE_CHECKING:
    from grader.data.interface import Pixels

MAX_FILE_BYTES = 256 << 20
"""No MNIST-shaped file is larger than this, packed or decoded: more is a mistake or a gzip bomb."""

_UNSIGNED_BYTE = 8
_NEXT_STEP = "Replace the file with a fresh copy, or delete it and run: grader data fetch mnist"


def read(path: Path) -> bytes:
    """The decoded contents of an idx file, packed (.gz) or not. GraderFault if it is damaged or too large."""
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise damaged(path, f"at most {MAX_FILE_BYTES:,} bytes", f"{size:,} bytes")
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if packed else path.open("rb") as file:
            contents = file.read(MAX_FILE_BYTES + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise damaged(path, "a whole gzip file", f"a broken one ({error})") from error
    except OSError as error:
        raise GraderFault(f"{path}: cannot be read ({error.strerror or error}).", _NEXT_STEP) from error
    if len(contents) > MAX_FILE_BYTES:
        raise damaged(path, f"at most {MAX_FILE_BYTES:,} bytes", "more than that once unpacked")
    return contents


def parse(contents: bytes, path: Path, item_shape: tuple[int, ...]) -> Pixels:
    """The values as a read-only uint8 array of shape (N, *item_shape), N at least 1.

    Args:
        contents: from `read`.
        path: the file, for messages.
        item_shape: (28, 28) for images, () for labels.
    """
    import numpy as np

    dimensions = 1 + len(item_shape)
    header_bytes = 4 + 4 * dimensions
    magic = bytes((0, 0, _UNSIGNED_BYTE, dimensions))
    if contents[:4] != magic:
        seen = faults.what_it_is(contents[:64]) if contents else ""
        found = f"{contents[:4].hex(' ') or 'nothing'}{seen and f': {seen}'}"
        raise damaged(path, f"an idx file that begins with {magic.hex(' ')}", found)
    if len(contents) < header_bytes:
        raise damaged(path, f"a header of {header_bytes} bytes", f"{len(contents)} bytes")
    shape = struct.unpack_from(f">{dimensions}I", contents, 4)
    if shape[1:] != item_shape or shape[0] == 0:
        raise damaged(path, f"N items of shape {item_shape}, N at least 1", f"dimensions {shape}")
    expected = header_bytes + prod(shape)
    if len(contents) != expected:
        raise damaged(path, f"{expected:,} bytes for dimensions {shape}", f"{len(contents):,} bytes")
    return np.frombuffer(contents, dtype=np.uint8, offset=header_bytes).reshape(shape)


def damaged(path: Path, expected: str, found: str) -> GraderFault:
    """The fault of a file that is not what it should be."""
    return GraderFault(f"{path}: expected {expected}, found {found}.", _NEXT_STEP)

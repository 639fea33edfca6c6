"""Tables of pixels as comma-separated text, read strictly and fast.

A header, then rows of whole numbers from 0 to 255, one for each column; nothing else. Numbers are decoded for
thousands of rows at once from the places of their commas.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from grader.data import faults

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from grader.data.interface import Pixels
    from grader.errors import GraderFault

MAX_FILE_BYTES = 256 << 20
"""Three times the largest table of this kind."""

PIXELS = 784
_CHUNK_BYTES = 4 << 20
_COMMA, _NEWLINE, _ZERO = b",\n0"


def labelled(path: Path) -> tuple[Pixels, Pixels]:
    """Pixels (N, 784) and labels (N,) of a table whose first column is `label`."""
    rows = _read(path, "label", 1 + PIXELS)
    if rows[:, 0].max() > 9:
        raise _damaged(path, "labels 0 to 9", f"label {rows[:, 0].max()}")
    return rows[:, 1:], rows[:, 0].copy()


def unlabelled(path: Path) -> Pixels:
    """Pixels (N, 784) of a table without labels."""
    return _read(path, "pixel0", PIXELS)


def _read(path: Path, first: str, columns: int) -> Pixels:
    """uint8, (N, columns), N at least 1."""
    import numpy as np

    contents = faults.read_file(path, MAX_FILE_BYTES, "digit_csv").replace(b"\r\n", b"\n")
    header, _, body = contents.removeprefix(b"\xef\xbb\xbf").partition(b"\n")
    names = header.split(b",")
    if names[0].strip(b'" ') != first.encode() or len(names) != columns:
        shown = header[:30].decode("ascii", "backslashreplace")
        found = f"{len(names):,} that begin with {shown!r}"
        raise _damaged(path, f'a header of {columns} columns, the first "{first}"', found)
    if not body.strip():
        raise _damaged(path, "at least one row", "a header alone")
    if not body.endswith(b"\n"):
        body += b"\n"
    parts: list[Pixels] = []
    line, begin = 2, 0
    while begin < len(body):
        end = body.rfind(b"\n", begin, begin + _CHUNK_BYTES) + 1
        if end <= begin:
            raise _damaged(path, f"rows of {columns} numbers", f"a line without end from line {line} on")
        parts.append(_decode(body[begin:end], path, line, columns))
        line, begin = line + len(parts[-1]), end
    return np.concatenate(parts)


def _decode(text: bytes, path: Path, line: int, columns: int) -> Pixels:
    """The rows of a piece of text that ends with a newline. `line` is the number of its first line."""
    import numpy as np

    raw = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero((raw == _COMMA) | (raw == _NEWLINE))
    _require_rows(raw, ends, path, line, columns)
    digits = raw.astype(np.int16) - _ZERO
    digits[ends] = 0
    lengths = np.diff(ends, prepend=-1) - 1
    at_fault = (lengths < 1) | (lengths > 3)
    wrong = np.flatnonzero((digits < 0) | (digits > 9))
    if wrong.size or at_fault.any():
        cell = min([*np.searchsorted(ends, wrong[:1]), *np.flatnonzero(at_fault)[:1]])
        raise _bad_cell(text, ends, int(cell), path, line, columns)
    values = digits[ends - 1]
    values += np.where(lengths > 1, 10 * digits[ends - 2], 0).astype(np.int16)
    values += np.where(lengths > 2, 100 * digits[np.maximum(ends - 3, 0)], 0).astype(np.int16)
    if values.max() > 255:
        raise _bad_cell(text, ends, int(values.argmax()), path, line, columns)
    return values.astype(np.uint8).reshape(-1, columns)


def _require_rows(raw: Pixels, ends: NDArray[np.intp], path: Path, line: int, columns: int) -> None:
    """Every line has as many cells as the header."""
    import numpy as np

    per_line = np.diff(np.flatnonzero(raw[ends] == _NEWLINE), prepend=-1)
    wrong = np.flatnonzero(per_line != columns)
    if wrong.size:
        first = int(wrong[0])
        raise _damaged(path, f"{columns} numbers in line {line + first}", f"{int(per_line[first])}")


def _bad_cell(
    text: bytes, ends: NDArray[np.intp], cell: int, path: Path, line: int, columns: int
) -> GraderFault:
    begin = int(ends[cell - 1]) + 1 if cell else 0
    shown = text[begin : int(ends[cell])][:20].decode("ascii", "backslashreplace")
    place = f"line {line + cell // columns}, column {1 + cell % columns}"
    return _damaged(path, f"a whole number from 0 to 255 in {place}", repr(shown))


def _damaged(path: Path, expected: str, found: str) -> GraderFault:
    return faults.damaged(path, expected, found, "digit_csv")

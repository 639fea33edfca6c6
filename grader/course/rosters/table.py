"""A table as text: CSV with its separator and encoding found out, and each cell with its place in the text.

Where a cell stands is kept, so that one can be replaced without touching a byte beside it. Unlike `csv`, a quotation
mark that is never closed does not swallow the rest of the file: it stands for itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from grader.errors import UsageError
from grader.text import clean_path

MAX_BYTES = 32 * 1024 * 1024
MAX_CELLS = 1_000_000
LONG_CELL_LINES = 50
"""A quoted cell over so many lines is shown to a person: a quotation mark may be missing."""
_SEPARATORS = (",", ";", "\t")
_AS_CSV = "Save it as CSV in UTF-8 and give that file."
_BREAK = re.compile(r"\r\n|\r|\n")
_SEPARATOR_LINE = re.compile(r"sep=([,;\t])(?:\r\n|\r|\n)", re.IGNORECASE)


class Cell(NamedTuple):
    start: int  # in the table's text, quotation marks included
    end: int
    value: str  # unquoted, and otherwise as it stands in the file


class Record(NamedTuple):
    """One row of the file. `line` is where it begins, counted from 1; a quoted cell may run over several."""

    line: int
    cells: tuple[Cell, ...]

    def value(self, column: int) -> str:
        """The cell's text; "" where the row is shorter."""
        return self.cells[column].value if 0 <= column < len(self.cells) else ""


@dataclass(frozen=True)
class Table:
    text: str  # all of it, a byte order mark included
    separator: str
    header: Record
    rows: tuple[Record, ...]
    wide_cells: tuple[tuple[int, int], ...]  # first and last line of each cell that may have swallowed rows

    @property
    def titles(self) -> tuple[str, ...]:
        return tuple(cell.value.strip() for cell in self.header.cells)


@dataclass(frozen=True)
class Decoded:
    text: str  # a byte order mark stays in it
    encoding: str  # `text.encode(encoding)` gives the file's bytes again
    guessed: bool  # it is no UTF-8, and nothing in it says what it is


def read_text(path: Path) -> Decoded:
    """The text of a file that should hold a table.

    Raises:
        UsageError: it cannot be read, or is no text.
    """
    shown = clean_path(str(path))
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{shown} is larger than {MAX_BYTES // 1024**2} MiB.", "Give the table itself.")
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{shown} cannot be read: {error.strerror}.", "Give the path of a CSV file."
        ) from None
    return decoded(content, shown)


def decoded(content: bytes, shown: str) -> Decoded:
    """The text in `content`: UTF-8, UTF-16 with a byte order mark, else Windows-1252 or Latin-1.

    Raises:
        UsageError: it is no text. `shown` names the file.
    """
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UsageError(f"{shown} is a workbook or an archive, not a table as text.", _AS_CSV)
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if content.startswith(mark):
            return _utf16(content, encoding, shown)
    if content.count(b"\0") * 8 > len(content):
        raise UsageError(f"{shown} is no text: many of its bytes are zero.", _AS_CSV)
    for encoding in ("utf-8", "cp1252"):
        try:
            return Decoded(content.decode(encoding), encoding, guessed=encoding != "utf-8")
        except UnicodeDecodeError:
            continue
    return Decoded(content.decode("latin-1"), "latin-1", guessed=True)


def _utf16(content: bytes, encoding: str, shown: str) -> Decoded:
    try:
        return Decoded(content.decode(encoding), encoding, guessed=False)
    except UnicodeDecodeError:
        raise UsageError(f"{shown} begins as UTF-16 and is damaged further on.", _AS_CSV) from None


def table_of(text: str, shown: str) -> Table:
    """The rows of `text`; its separator is the one that gives the first row the most cells. Empty lines are no rows.

    Raises:
        UsageError: it holds no row, or too many cells. `shown` names the file.
    """
    start = 1 if text.startswith("\ufeff") else 0
    said = _SEPARATOR_LINE.match(text, start)
    if said:
        reader = _Reader(text, said[1], said.end(), 2, shown)
    else:
        reader = max((_Reader(text, one, start, 1, shown) for one in _SEPARATORS), key=_Reader.width)
    records = reader.all()
    if not records:
        raise UsageError(
            f"{shown} is empty.", "Give a table with a row of titles and a row per student or group."
        )
    return Table(text, reader.separator, records[0], tuple(records[1:]), tuple(reader.wide_cells))


class _Reader:
    """Goes over the text once; begun anew for each separator that is tried."""

    def __init__(self, text: str, separator: str, position: int, line: int, shown: str) -> None:
        self.text, self.separator, self.shown = text, separator, shown
        self.position, self.line, self.cells, self.titles = position, line, 0, 0
        self.wide_cells: list[tuple[int, int]] = []
        # Possessive: of a quotation mark that is never closed, the rest of the file is looked at once.
        plain = rf"[^{separator}\r\n]*+"
        self._cell = re.compile(rf'"((?:[^"]++|"")*+)"({plain})|({plain})')

    def width(self) -> int:
        """Cells of the first row that is no empty line."""
        other = _Reader(self.text, self.separator, self.position, self.line, self.shown)
        while other.position < len(other.text):
            if (record := other.next()) is not None:
                return len(record.cells)
        return 0

    def all(self) -> list[Record]:
        records = []
        while self.position < len(self.text):
            if (record := self.next()) is not None:
                records.append(record)
                self.titles = self.titles or len(record.cells)
        return records

    def next(self) -> Record | None:
        """The row that begins here; None for an empty line."""
        line, cells = self.line, []
        while True:
            cells.append(self._one())
            if not self.text.startswith(self.separator, self.position):
                break
            self.position += 1
        ending = _BREAK.match(self.text, self.position)
        if ending:
            self.position = ending.end()
            self.line += 1
        empty = len(cells) == 1 and cells[0].start == cells[0].end
        return None if empty else Record(line, tuple(cells))

    def _one(self) -> Cell:
        found = self._cell.match(self.text, self.position)
        assert found is not None  # the second half of the pattern fits anywhere
        self.position = found.end()
        self.cells += 1
        if self.cells > MAX_CELLS:
            raise UsageError(
                f"{self.shown} has more than {MAX_CELLS:,} cells.", "Give the columns that are needed."
            )
        if found[1] is None:
            return Cell(found.start(), found.end(), found[3])
        whole_lines = _BREAK.split(found[1])[:-1]
        lines = len(whole_lines)
        if lines >= LONG_CELL_LINES or any(map(self._like_a_row, whole_lines)):
            self.wide_cells.append((self.line, self.line + lines))
        self.line += lines
        return Cell(found.start(), found.end(), found[1].replace('""', '"') + found[2])

    def _like_a_row(self, line: str) -> bool:
        """Whether a line inside of a cell has the separators of a whole row."""
        return self.titles > 1 and line.count(self.separator) >= self.titles - 1

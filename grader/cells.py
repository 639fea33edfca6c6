"""Cells of a spreadsheet, as a worker read them and the supervisor checked them.

They are looked at and not stored: evidence keeps what was found in them, see `grader.records.Workbook`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

Place = tuple[int, int]
"""Row and column, both counted from 1."""

MAX_ROW = 1_048_576
MAX_COLUMN = 16_384
"""What the file format allows."""


_TYPED = re.compile(r"[-+*/^%(),.\d\sEe]*")


@dataclass(frozen=True)
class Cell:
    """One cell that is not empty."""

    value: (
        float | str | None
    )  # a number or a text; of a formula what was saved with it, None where nothing was
    formula: str = ""  # without its first "="; "" for a cell that holds no formula

    @property
    def computes(self) -> bool:
        """Whether a formula reads anything: `=0.15` is a number that was typed in another way."""
        return bool(self.formula) and _TYPED.fullmatch(self.formula) is None


@dataclass(frozen=True)
class Sheet:
    name: str
    cells: dict[Place, Cell]
    charts: int = 0
    pictures: int = 0
    hidden: bool = False


@dataclass(frozen=True)
class Book:
    """One file. Where it could not be opened, `fault` says why as part of a sentence, and there are no sheets.

    `fault_of` is `file` where the file itself is broken or no workbook, `reader` where another program may open it.
    """

    file: str
    sheets: tuple[Sheet, ...] = ()
    fault: str = ""
    fault_of: str = ""


def column_name(number: int) -> str:
    """1 is A, 27 is AA."""
    name = ""
    while number > 0:
        number, letter = divmod(number - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def column_number(name: str) -> int:
    """A is 1, AA is 27."""
    number = 0
    for letter in name.upper():
        number = 26 * number + ord(letter) - ord("A") + 1
    return number


def cell_name(place: Place) -> str:
    return f"{column_name(place[1])}{place[0]}"


def range_name(first: Place, last: Place) -> str:
    return cell_name(first) if first == last else f"{cell_name(first)}:{cell_name(last)}"

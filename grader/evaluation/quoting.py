"""The student's own line behind a remark: found in the source by its place and by what it says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from grader.text import clean

Source = Callable[[str], str]
"""Gives the text of a file (`train.py`) or of a notebook's cell (`train.ipynb, cell 21`); "" where there is none."""

LIMIT_LINES = 5_000
LIMIT_LINE = 400
LIMIT_UNITS = 100

_PLACE = re.compile(
    r"(?P<unit>[^\n]{1,400}?)(?P<cell>, cell \d{1,6})?(?:(?::|, line )(?P<line>\d{1,7}))?", re.DOTALL
)


@dataclass(frozen=True)
class Quote:
    """A line with its place; `text` is "" where no line could be shown."""

    place: str
    text: str


def no_source(_place: str) -> str:
    """For callers that have only the records."""
    return ""


def quote(source: Source, place: str, patterns: tuple[str, ...], instead: str = "") -> Quote:
    """The line that a place names; where it names only a file or a cell, the first that fits the patterns.

    Args:
        patterns: regular expressions, the most telling first; comments never fit.
        instead: what stands there where no line is found.
    """
    found = _PLACE.fullmatch(place)
    if not found:
        return Quote(place, instead)
    unit = without_line(place)
    lines = source(unit).splitlines()[:LIMIT_LINES]
    number = int(found["line"] or 0) or _first(lines, patterns)
    if not 1 <= number <= len(lines) or not lines[number - 1].strip():
        return Quote(place, instead)
    shown = f"{unit}, line {number}" if found["cell"] else f"{unit}:{number}"
    return Quote(shown, clean(lines[number - 1][: 2 * LIMIT_LINE].strip()))


def search(source: Source, places: Iterable[str], patterns: tuple[str, ...]) -> Quote:
    """The first line of the units of these places that fits a pattern; without one the place and text are "".

    Of a notebook, the cells before the named one are looked at too, the nearest first.
    """
    units = dict.fromkeys(unit for place in places for unit in _units(without_line(place)))
    for unit in list(units)[:LIMIT_UNITS]:
        found = quote(source, unit, patterns)
        if found.text:
            return found
    return Quote("", "")


def _units(unit: str) -> Iterator[str]:
    name, separator, number = unit.rpartition(", cell ")
    if not separator or not number.isdecimal():
        yield unit
        return
    for cell in range(int(number), max(int(number) - LIMIT_UNITS, 0), -1):
        yield f"{name}, cell {cell}"


def without_line(place: str) -> str:
    """`train.ipynb, cell 21, line 4` → `train.ipynb, cell 21`; `train.py:44` → `train.py`."""
    found = _PLACE.fullmatch(place)
    return found["unit"] + (found["cell"] or "") if found else place


def _first(lines: list[str], patterns: tuple[str, ...]) -> int:
    """Number of the line, counted from 1; 0 where none fits."""
    for pattern in patterns:
        fits = re.compile(pattern, re.IGNORECASE)
        for number, line in enumerate(lines, 1):
            if not line.lstrip().startswith("#") and fits.search(line[:LIMIT_LINE]):
                return number
    return 0

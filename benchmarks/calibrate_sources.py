"""What the calibration is made from: committed Markdown tables of benchmarks, and stored results.

Every fault names its file: a measurement that cannot be read must not become a table that grades.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


class CalibrationError(Exception):
    """A measurement is missing, or cannot be used."""


Row = dict[str, str]
"""Column → cell, as written."""


def tables(place: Path) -> list[list[Row]]:
    """Every Markdown table of a file; a cell's bold or code marks stay.

    Raises:
        CalibrationError: there is no such file.
    """
    try:
        text = place.read_text("utf-8")
    except OSError as error:
        raise CalibrationError(
            f"{place}: {error.strerror}. Put it back, or change calibration.toml."
        ) from error
    blocks = re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE)
    return [list(_rows(block)) for block in blocks]


def table_with(place: Path, *columns: str) -> list[Row]:
    """The first table of the file that has these columns.

    Raises:
        CalibrationError: no table has them.
    """
    for table in tables(place):
        if table and all(column in table[0] for column in columns):
            return table
    raise CalibrationError(f"{place}: no table has the columns {', '.join(columns)}.")


def _rows(block: str) -> Iterator[Row]:
    head, _, *lines = [
        [cell.strip() for cell in line.strip().strip("|").split("|")] for line in block.splitlines()
    ]
    for cells in lines:
        yield dict(zip(head, cells, strict=False))


def number(place: Path, cell: str) -> float:
    """Of a cell such as `12`, `-4.8`, `1e+02` or `1,024`.

    Raises:
        CalibrationError: it is none.
    """
    try:
        return float(cell.replace(",", "").replace("−", "-"))
    except ValueError:
        raise CalibrationError(f'{place}: "{cell}" is no number.') from None


def stored(place: Path) -> dict[str, Any]:
    """A result as JSON.

    Raises:
        CalibrationError: it cannot be read.
    """
    try:
        found = json.loads(place.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CalibrationError(f"{place} cannot be read: {error}.") from error
    if not isinstance(found, dict):
        raise CalibrationError(f"{place} is no result.")
    return found


def shown(place: Path) -> str:
    """A path as the heads of the tables name it."""
    return place.relative_to(ROOT).as_posix() if place.is_relative_to(ROOT) else place.name

"""Receptive fields that a student states, in sentences and in the column of a table."""

from __future__ import annotations

import re
from collections.abc import Iterator

LARGEST = 10_000
_STATED = re.compile(
    r"(?<![a-z])(?:rf|receptive[\s_-]*field(?:s)?(?:\s*\(rf\))?)(?![a-z])"
    r"(?:\s+(?:size|value|out|output|final))?[\s*`_]{0,4}(?:is|was|of|at|=|:|->|→|\||reaches|becomes){0,2}[\s*`=:|(~]{0,6}"
    r"(?P<number>\d{1,5})(?!\d|\.\d|%)(?:\s*[x×*]\s*\d{1,5})?",
    re.IGNORECASE,
)
_COLUMN = re.compile(
    r"\W*(?:(?:output|out|global|final)\s+)?(?:rf|receptive[\s_-]*field)(?:[\s_(-]*(?:out|output|size|r_?out|px|pixels?))?\W*",
    re.IGNORECASE,
)


def stated_fields(text: str) -> Iterator[re.Match[str]]:
    """Every place of a line that states a receptive field, its value as the group `number`."""
    return _STATED.finditer(text)


def field_of_rows(rows: list[tuple[str, ...]]) -> tuple[int, int]:
    """(index of the row, value): the last number in the table's column of receptive fields; (-1, 0) without one.

    The first row is the header.
    """
    if not rows:
        return -1, 0
    columns = [index for index, cell in enumerate(rows[0]) if _COLUMN.fullmatch(cell.strip()[:60])]
    if not columns:
        return -1, 0
    for index in range(len(rows) - 1, 0, -1):
        cell = rows[index][columns[-1]] if columns[-1] < len(rows[index]) else ""
        number = re.match(r"\W*(\d{1,5})(?!\d|\.\d)", cell[:40])
        if number and 0 < int(number[1]) <= LARGEST:
            return index, int(number[1])
    return -1, 0

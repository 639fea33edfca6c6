"""Tables of a model by its layers, as torchsummary, torchinfo and the like print them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from grader.reading.logs import LIMIT_LINE, Line
from grader.records import ModelSummary
from grader.text import clean

LIMIT_SUMMARIES = 50
FEWEST_LAYERS = 3
"""Rows below the heading, so that the heading alone, or a remark about it, is no table."""

_HEADING = re.compile(r"[\s|#]{0,200}layer \(type.*(?:output shape|param)", re.IGNORECASE)
_LIGHTNING = re.compile(r"[\s|]{0,200}\|\s{0,200}name\s+\|\s{0,200}type\s+\|\s{0,200}params", re.IGNORECASE)
_ROW = re.compile(r"\[[-\d, ]*\]|--|\d\s*$|[KMB]\s*$")
_TOTAL = re.compile(r"\btotal params(?:[:*\s]{1,9}(?P<number>\d[\d,]{0,20}))?(?!\w)", re.IGNORECASE)


def summaries(lines: Iterable[Line]) -> tuple[ModelSummary, ...]:
    """The tables in their order, each from its heading to its total; one whose end is missing counts too."""
    found: list[ModelSummary] = []
    place, rows = "", 0
    for line in lines:
        text = line.text[:LIMIT_LINE]
        total = _TOTAL.search(text) if place else None
        heads = bool(_HEADING.match(text) or _LIGHTNING.match(text))
        if place and (heads or total):
            found += _table(place, rows, total)
            place = ""
        if heads:
            place, rows = line.place, 0
        elif place:
            rows += _is_row(text)
        if len(found) >= LIMIT_SUMMARIES:
            return tuple(found)
    return tuple(found + (_table(place, rows, None) if place else []))


def _is_row(text: str) -> bool:
    return any(character.isalpha() for character in text) and bool(_ROW.search(text))


def _table(place: str, rows: int, total: re.Match[str] | None) -> list[ModelSummary]:
    number = total["number"] if total else None
    stated = int(number.replace(",", "")) if number else -1
    return [ModelSummary(clean(place), rows, stated)] if rows >= FEWEST_LAYERS else []

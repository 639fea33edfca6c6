"""What a section of evidence is made of, whatever the format: sentences, facts, tables and blocks of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "code", "number"]

ROWS_SHOWN = 60
"""Rows of one table; the rest is counted."""


@dataclass(frozen=True)
class Fact:
    label: str
    value: str
    kind: Kind = "text"


@dataclass(frozen=True)
class Column:
    title: str
    kind: Kind = "text"


@dataclass(frozen=True)
class Table:
    """`shown_as` is what a format with pictures may make of it: shading, bars by `weights`, or a picture."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    shown_as: Literal["plain", "heat", "bars", "curve", "growth", "accuracy", "images", "rates", "seeds"] = (
        "plain"
    )
    weights: tuple[float, ...] = ()  # one per row, 0 to 1
    folded: bool = False
    note: str = ""


@dataclass(frozen=True)
class Block:
    """Text whose line breaks and columns matter."""

    title: str
    text: str
    folded: bool = True


@dataclass(frozen=True)
class Section:
    id: str
    title: str
    lead: tuple[str, ...] = ()
    attention: tuple[str, ...] = ()  # what a person will look at
    facts: tuple[Fact, ...] = ()
    tables: tuple[Table, ...] = ()
    blocks: tuple[Block, ...] = ()


def shortened(
    rows: tuple[tuple[str, ...], ...], limit: int = ROWS_SHOWN
) -> tuple[tuple[tuple[str, ...], ...], str]:
    """The first rows, and a sentence about the others."""
    more = len(rows) - limit
    return rows[:limit], f"{more:,} more, which are left out here." if more > 0 else ""


def listed(
    title: str, columns: tuple[Column, ...], rows: tuple[tuple[str, ...], ...], folded: bool = False
) -> tuple[Table, ...]:
    """One table, cut where it is too long; none at all where there are no rows."""
    shown, note = shortened(rows)
    return (Table(title, columns, shown, folded=folded, note=note),) if rows else ()

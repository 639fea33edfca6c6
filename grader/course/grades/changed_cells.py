"""A table's text with some of its cells changed, and not a byte beside them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from grader.course.rosters.table import Cell, Table


@dataclass(frozen=True)
class Change:
    cell: Cell
    written: str  # what the cell is to hold, without quotation marks


def with_changes(table: Table, changes: Iterable[Change]) -> str:
    """The text with these cells changed. A cell that stood in quotation marks keeps them; others get them where what is
    written needs them."""
    text, pieces, position = table.text, [], 0
    for change in sorted(changes, key=lambda one: one.cell.start):
        cell, written = change.cell, change.written
        needed = any(mark in written for mark in (table.separator, '"', "\r", "\n"))
        if needed or text.startswith('"', cell.start):
            written = '"' + written.replace('"', '""') + '"'
        pieces += [text[position : cell.start], written]
        position = cell.end
    return "".join((*pieces, text[position:]))

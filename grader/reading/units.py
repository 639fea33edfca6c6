"""The pieces of a submission that could be parsed, each with what its source says."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from grader.reading import source
from grader.reading.pieces import Piece
from grader.records import LeftOut
from grader.text import clean

LIMIT_SECONDS = 60.0


@dataclass(frozen=True)
class Unit:
    """A file, or one cell of a notebook, that could be parsed."""

    file: str
    cell: int  # 0 for a plain Python file
    facts: source.SourceFacts


def units(read: Iterable[Piece], unreadable: list[LeftOut]) -> Iterator[Unit]:
    """Parsed files and cells; what cannot be parsed goes to `unreadable` with its place."""
    begin = time.monotonic()
    for piece in read:
        if piece.cell and not piece.text.strip():
            continue
        if time.monotonic() - begin > LIMIT_SECONDS:
            reason = "not parsed, like all source after it: there is too much of it"
            unreadable.append(LeftOut(piece.file, reason))
            return
        try:
            yield Unit(piece.file, piece.cell, source.facts(piece.text))
        except ValueError as error:
            at = f"{piece.file}, cell {piece.cell}" if piece.cell else piece.file
            unreadable.append(LeftOut(at, clean(str(error))))

"""All pages that a submission states something on, piece by piece: its READMEs, and its notebooks' texts and outputs."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from grader.reading import notebook
from grader.reading.markdown import Block, blocks
from grader.reading.pieces import is_skipped
from grader.reading.readme import LIMIT_BYTES
from grader.reading.staged import staged_text
from grader.records import Submission
from grader.text import clean_path

LIMIT_PAGES = 30
LIMIT_PIECES = 20_000
LIMIT_CHARACTERS = 2_000_000
LIMIT_LINE = 1_000


@dataclass(frozen=True)
class Piece:
    """A heading, a line, or a row of a table. Its strings are the student's own, not yet cleaned."""

    kind: Literal["heading", "line", "row", "end"]  # end: of a code block, an output, a cell
    place: str
    text: str = ""
    level: int = 0
    cells: tuple[str, ...] = ()
    table: int = 0  # rows with the same number stand in one table


@dataclass(frozen=True)
class Page:
    path: str  # as it is shown
    pieces: tuple[Piece, ...]


def pages(root: Path, submission: Submission, readme: str) -> tuple[tuple[Page, ...], str]:
    """(the pages, why they are not all, as a sentence): `readme` first, then other Markdown files, then notebooks."""
    paths = sorted(_paths(submission), key=lambda path: (_rank(path, readme), path.count("/"), path))
    found: list[Page] = []
    count = characters = 0
    for path in paths[:LIMIT_PAGES]:
        pieces: list[Piece] = []
        for piece in _pieces(root, path):
            count, characters = count + 1, characters + len(piece.text)
            if count > LIMIT_PIECES or characters > LIMIT_CHARACTERS:
                found.append(Page(clean_path(path), tuple(pieces)))
                return tuple(found), f"From {clean_path(path)} on there was too much text to read all of it."
            pieces.append(piece)
        found.append(Page(clean_path(path), tuple(pieces)))
    left = len(paths) - LIMIT_PAGES
    return tuple(
        found
    ), f"Only {LIMIT_PAGES} of {len(paths)} pages and notebooks were read." if left > 0 else ""


def _paths(submission: Submission) -> list[str]:
    return [
        file.path
        for file in submission.files
        if file.path.lower().endswith((".md", ".ipynb")) and not is_skipped(file.path)
    ]


def _rank(path: str, readme: str) -> int:
    if path == readme:
        return 0
    if path.lower().endswith(".ipynb"):
        return 3
    return 1 if posixpath.basename(path).lower() == "readme.md" else 2


def _pieces(root: Path, path: str) -> Iterator[Piece]:
    """A file that cannot be read has none: that is said already, among what is unreadable."""
    shown = clean_path(path)
    try:
        if path.lower().endswith(".md"):
            yield from _of_markdown(staged_text(root, path, LIMIT_BYTES), lambda line: f"{shown}:{line}")
        else:
            yield from _of_notebook(staged_text(root, path, notebook.LIMIT_CHARACTERS), shown)
    except ValueError:
        return


def _of_markdown(text: str, named: Callable[[int], str]) -> Iterator[Piece]:
    """`named` says the place of a line."""
    for block in blocks(text[:LIMIT_BYTES]):
        yield from _of_block(block, named)


def _of_block(block: Block, named: Callable[[int], str]) -> Iterator[Piece]:
    at = named(block.line)
    if block.kind == "heading":
        yield Piece("heading", at, block.text[:LIMIT_LINE], level=block.level)
    elif block.kind == "row":
        cells = tuple(cell[:LIMIT_LINE] for cell in block.cells[:100])
        yield Piece("row", at, block.text[:LIMIT_LINE], cells=cells, table=block.table)
    elif block.kind in ("prose", "code"):
        for offset, line in enumerate(block.lines or (block.text,)):
            yield Piece("line", named(block.line + offset), line[:LIMIT_LINE])
        if block.kind == "code":
            yield Piece("end", at)


def _always(place: str, line: int) -> str:  # noqa: ARG001 - a cell has one place for all its lines
    return place


def _of_notebook(text: str, shown: str) -> Iterator[Piece]:
    written = {cell.number: cell for cell in notebook.text_cells(text)}
    run = {cell.number: cell for cell in notebook.code_cells(text)}
    for number in sorted({*written, *run}):
        place = f"{shown}, cell {number}"
        if number in written:
            yield from _of_markdown(written[number].source, partial(_always, place))
        for output in run[number].outputs if number in run else ():
            for line in output.split("\n"):
                yield Piece("line", place, line[:LIMIT_LINE])
            yield Piece("end", place)

"""Target, Result, Analysis: how these courses ask a student to describe each step of the work.

The three stand in the README, in a notebook's text cells, in docstrings and in comments; as headings, as bold
words or as plain words with a colon.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from grader.reading import notebook
from grader.reading.pieces import Piece, is_skipped
from grader.reading.source import parsed
from grader.reading.staged import staged_text
from grader.records import Experiment, Submission
from grader.text import clean_block, clean_path

LIMIT_EXPERIMENTS = 200
LIMIT_LINE = 500
LIMIT_TEXT = 2_000
LIMIT_LINES = 50_000
_Part = Literal["target", "result", "analysis"]

_LABEL = re.compile(
    r"(?P<marks>[\s>#*+_`'\"\-|\d.)]{0,16})(?P<label>targets?|results?|analysis|analyses)(?P<rest>[*_`]{0,3}(?:\s{0,3}\([^()]{0,60}\)[*_`]{0,3}(?=\s{0,3}[:=\-–—]))?(?:\s{0,3}(?P<sign>[:=\-–—|])"
    r"[*_`]{0,3})?\s{0,3}(?P<text>.*))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Lines:
    """Consecutive lines of one text, and how the place of each is written."""

    start: str  # "README.md" or "train.ipynb, cell 3"
    first: int  # number of the first line; 0 where the place has none
    lines: tuple[str, ...]

    def place(self, index: int) -> str:
        return f"{self.start}:{self.first + index}" if self.first else self.start


def experiments(texts: Iterable[Lines]) -> tuple[Experiment, ...]:
    """All steps that have at least two of the three parts, in the order of the texts.

    Parts of one step stand behind each other, possibly in one text cell each; a second target begins a new step.
    """
    found: list[Experiment] = []
    for text in texts:
        for part, place, words in _parts(text):
            starts = (
                not found
                or part == "target"
                or getattr(found[-1], part)
                or not _same_file(found[-1].place, place)
            )
            if starts:
                found.append(Experiment(place))
            found[-1] = replace(found[-1], **{part: words})
        if len(found) >= LIMIT_EXPERIMENTS:
            break
    return tuple(one for one in found if sum(map(bool, (one.target, one.result, one.analysis))) >= 2)


def _same_file(first: str, second: str) -> bool:
    return re.split(r", cell \d+|:\d+", first)[0] == re.split(r", cell \d+|:\d+", second)[0]


def _parts(text: Lines) -> Iterator[tuple[_Part, str, str]]:
    """(which part, where it begins, its words)."""
    part, place, words = "", "", list[str]()
    for index, line in enumerate(text.lines[:LIMIT_LINES]):
        label = _label(line[:LIMIT_LINE])
        if label:
            if part:
                yield part, place, _joined(words)  # type: ignore[misc]
            part, place, words = label[0], text.place(index), [label[1]]
        elif part and line.lstrip().startswith("#") and " " in line.strip():
            yield part, place, _joined(words)  # type: ignore[misc]
            part = ""
        elif part and sum(map(len, words)) < LIMIT_TEXT:
            words.append(line[:LIMIT_LINE])
    if part:
        yield part, place, _joined(words)  # type: ignore[misc]


def _joined(words: list[str]) -> str:
    text = clean_block("\n".join(words).strip(" \n\"'*"), LIMIT_TEXT)
    return text or "(a heading alone)"


def _label(line: str) -> tuple[_Part, str] | None:
    """The part that a line begins, and the words behind the label; a sentence about a target begins none."""
    found = _LABEL.fullmatch(line.rstrip())
    if not found:
        return None
    is_heading = "#" in found["marks"] or "**" in found["marks"]
    if not found["sign"] and found["text"].strip(" *_") and not is_heading:
        return None
    if found["sign"] is None and is_heading and len(found["text"].split()) > 3:
        return None
    name = found["label"].lower()
    part: _Part = (
        "target" if name.startswith("target") else "result" if name.startswith("result") else "analysis"
    )
    return part, found["text"] if found["sign"] else ""


# --- where the texts are ---------------------------------------------------------------------------------------------


def texts_of(root: Path, submission: Submission, readme: str, source: Iterable[Piece]) -> Iterator[Lines]:
    """The README, the notebooks' text cells, and the docstrings and comments of the source."""
    if readme:
        try:
            yield Lines(clean_path(readme), 1, tuple(staged_text(root, readme, 300_000).split("\n")))
        except ValueError:
            pass  # said already, where the README is read
    for file in submission.files:
        if file.path.lower().endswith(".ipynb") and not is_skipped(file.path):
            yield from _text_cells(root, file.path)
    for piece in source:
        if piece.is_own:
            yield from _remarks(piece)


def _text_cells(root: Path, path: str) -> Iterator[Lines]:
    try:
        cells = notebook.text_cells(staged_text(root, path, notebook.LIMIT_CHARACTERS))
    except ValueError:
        return
    for cell in cells:
        yield Lines(f"{clean_path(path)}, cell {cell.number}", 0, tuple(cell.source.split("\n")))


def _remarks(piece: Piece) -> Iterator[Lines]:
    """Docstrings, texts that stand alone, and runs of comments."""
    start = f"{clean_path(piece.file)}, cell {piece.cell}" if piece.cell else clean_path(piece.file)
    if not re.search(r"target|analysis", piece.text, re.IGNORECASE):
        return
    try:
        tree = parsed(piece.text)
    except ValueError:
        return
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            yield Lines(start, 0 if piece.cell else node.lineno, tuple(node.value.value.split("\n")))
    lines = piece.text.split("\n")
    comments = tuple(line.lstrip().lstrip("#") if line.lstrip().startswith("#") else "" for line in lines)
    yield Lines(start, 0 if piece.cell else 1, comments)

"""The pieces of a submission that are read one by one: Python files, and cells of notebooks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.reading import notebook, source
from grader.reading.staged import staged_text
from grader.records import LeftOut, Submission
from grader.text import clean

LIMIT_UNITS = 20_000
LIMIT_TOTAL_CHARACTERS = 6_000_000
LIMIT_SECONDS = 60.0
"""Parsing happens outside of the sandbox: what one submission may ask of it ends here, whatever its files are."""
_SKIPPED_FOLDERS = frozenset(
    {
        ".ipynb_checkpoints",
        "venv",
        ".venv",
        "env",
        ".env",
        "site-packages",
        "node_modules",
        "__pycache__",
        ".git",
    }
)


@dataclass(frozen=True)
class Unit:
    """A file, or one cell of a notebook, that could be parsed."""

    file: str
    cell: int  # 0 for a plain Python file
    facts: source.SourceFacts


def is_skipped(path: str) -> bool:
    """Copies and other people's code: notebook checkpoints, virtual environments, caches."""
    return any(part.lower() in _SKIPPED_FOLDERS for part in path.split("/")[:-1])


def units(root: Path, submission: Submission, unreadable: list[LeftOut]) -> Iterator[Unit]:
    """Parsed files and cells; what cannot be parsed goes to `unreadable` with its place."""
    count = characters = 0
    begin = time.monotonic()
    for submitted in submission.files:
        path = submitted.path
        if is_skipped(path) or not path.lower().endswith((".py", ".ipynb")):
            continue
        if characters > LIMIT_TOTAL_CHARACTERS or time.monotonic() - begin > LIMIT_SECONDS:
            unreadable.append(
                LeftOut(path, "not read, like all files after it: there is too much source code")
            )
            return
        for where, cell, text in _pieces(root, path, unreadable):
            count, characters = count + 1, characters + len(text)
            if count > LIMIT_UNITS:
                unreadable.append(LeftOut(path, f"only the first {LIMIT_UNITS:,} files and cells are read"))
                return
            try:
                yield Unit(where, cell, source.facts(text))
            except ValueError as error:
                at = f"{path}, cell {cell}" if cell else path
                unreadable.append(LeftOut(at, clean(str(error))))


def _pieces(root: Path, path: str, unreadable: list[LeftOut]) -> list[tuple[str, int, str]]:
    """(file, cell, source) of a file. A file that `%%writefile` writes is known by its cell."""
    is_notebook = path.lower().endswith(".ipynb")
    limit = notebook.LIMIT_CHARACTERS if is_notebook else source.LIMIT_CHARACTERS
    try:
        text = staged_text(root, path, limit)
        if not is_notebook:
            return [(path, 0, text)]
        return [(path, cell.number, cell.source) for cell in notebook.code_cells(text) if cell.source.strip()]
    except ValueError as error:
        unreadable.append(LeftOut(path, clean(str(error))))
        return []

"""The pieces of a submission's source as text: Python files, and cells of notebooks.

Text is read and split outside of the sandbox: what one submission may ask of it ends here, whatever its files
are.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from grader.reading import notebook, source
from grader.reading.staged import staged_text
from grader.records import LeftOut, Submission
from grader.text import clean

LIMIT_PIECES = 20_000
LIMIT_TOTAL_CHARACTERS = 6_000_000
LIMIT_SECONDS = 60.0
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
class Piece:
    """A file, or one cell of a notebook, as it was read."""

    file: str
    cell: int  # 0 for a plain Python file
    text: str
    written_file: str = ""  # `%%writefile`: the file that the cell becomes
    raw: str = ""  # of a cell: as the student wrote it, magics too
    is_own: bool = True  # False in a second repository, which the submission's own code imports

    def place(self, line: int) -> str:
        return f"{self.file}, cell {self.cell}" if self.cell else f"{self.file}:{line}"


def is_skipped(path: str) -> bool:
    """Copies and other people's code: notebook checkpoints, virtual environments, caches."""
    return any(part.lower() in _SKIPPED_FOLDERS for part in path.split("/")[:-1])


def pieces(root: Path, submission: Submission, unreadable: list[LeftOut]) -> Iterator[Piece]:
    """All source of the submission, file by file; what cannot be read goes to `unreadable` with its place."""
    count = characters = 0
    begin = time.monotonic()
    second = {file.path for other in submission.also for file in other.files}
    for path in [*(file.path for file in submission.files), *sorted(second)]:
        if is_skipped(path) or not path.lower().endswith((".py", ".ipynb")):
            continue
        if characters > LIMIT_TOTAL_CHARACTERS or time.monotonic() - begin > LIMIT_SECONDS:
            reason = "not read, like all files after it: there is too much source code"
            unreadable.append(LeftOut(path, reason))
            return
        for piece in _of_file(root, path, unreadable):
            count, characters = count + 1, characters + len(piece.text)
            if count > LIMIT_PIECES:
                unreadable.append(LeftOut(path, f"only the first {LIMIT_PIECES:,} files and cells are read"))
                return
            yield replace(piece, is_own=False) if path in second else piece


def stops_there(left: LeftOut) -> bool:
    """Whether what comes after this was not read either, because there was too much."""
    return "after it: there is too much" in left.reason or left.reason.startswith("only the first ")


def _of_file(root: Path, path: str, unreadable: list[LeftOut]) -> list[Piece]:
    """The pieces of a file. A file that `%%writefile` writes is known by its cell."""
    is_notebook = path.lower().endswith(".ipynb")
    limit = notebook.LIMIT_CHARACTERS if is_notebook else source.LIMIT_CHARACTERS
    try:
        text = staged_text(root, path, limit)
        if not is_notebook:
            return [Piece(path, 0, text)]
        return [
            Piece(path, cell.number, cell.source, cell.written_file, cell.raw)
            for cell in notebook.code_cells(text)
            if cell.raw.strip()
        ]
    except ValueError as error:
        unreadable.append(LeftOut(path, clean(str(error))))
        return []

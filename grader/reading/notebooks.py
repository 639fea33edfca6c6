"""What each notebook of a submission holds: cells, saved outputs, pictures and training logs in them, clones."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from grader.reading import notebook
from grader.reading.cell_comments import cell_comments
from grader.reading.logs import Line, log_lines
from grader.reading.pieces import is_skipped
from grader.reading.repositories import cloned
from grader.reading.staged import staged_text
from grader.records import LogLine, NotebookFacts, Submission
from grader.text import clean, clean_path

LIMIT_NOTEBOOKS = 100
LIMIT_LOGS = 100
LIMIT_CLONES = 20
LIMIT_HEADINGS = 200
LIMIT_PROSE = 20_000
"""Characters of a text cell in which headings are looked for."""
LIMIT_SECONDS = 30.0


def notebooks(root: Path, submission: Submission) -> tuple[NotebookFacts, ...]:
    """The submission's own notebooks; one that cannot be read is left out, and said among what is unreadable."""
    return tuple(_read(root, [f.path for f in submission.files if is_notebook(f.path)]))


def is_notebook(path: str) -> bool:
    """A notebook that a student wrote: no copy that Jupyter made."""
    return path.lower().endswith(".ipynb") and not is_skipped(path)


def _read(root: Path, paths: list[str]) -> Iterator[NotebookFacts]:
    begin = time.monotonic()
    for path in paths[:LIMIT_NOTEBOOKS]:
        if time.monotonic() - begin > LIMIT_SECONDS:
            return
        try:
            text = staged_text(root, path, notebook.LIMIT_CHARACTERS)
            cells = notebook.code_cells(text)
        except ValueError:
            continue
        saved, prose = notebook.saved_cells(text), notebook.text_cells(text)
        shown = [_pictures(cell) for cell in saved]
        yield NotebookFacts(
            path=clean_path(path),
            code_cells=sum(bool(cell.raw.strip()) for cell in cells),
            text_cells=len(prose),
            cells_with_output=sum(
                cell.get("cell_type") == "code" and _says_something(cell) for cell in saved
            ),
            pictures=sum(shown),
            logs=runs(_lines(path, cells)),
            clones=tuple(dict.fromkeys(url for cell in cells for url in cloned(cell.raw)))[:LIMIT_CLONES],
            headings=tuple(_headings(prose))[:LIMIT_HEADINGS],
            comments=cell_comments(cells, (cell.number for cell in prose)),
        )


def _headings(prose: Iterable[notebook.Cell]) -> Iterator[tuple[int, str]]:
    for cell in prose:
        for line in cell.source[:LIMIT_PROSE].split("\n"):
            if line.lstrip().startswith("#") and line.strip(" #*\t\r"):
                yield cell.number, clean(line.strip(" #*\t\r"), 120)


def _lines(path: str, cells: Iterable[notebook.Cell]) -> Iterator[LogLine]:
    for cell in cells:
        lines = [
            Line(f"{path}, cell {cell.number}", line)
            for output in cell.outputs
            for line in output.split("\n")
            if line.strip()
        ]
        yield from log_lines(lines)


def runs(logged: Iterable[LogLine]) -> tuple[int, ...]:
    """How many epochs each log has. A new one begins where the epoch's number goes back, or, without numbers, in
    another cell.

    Several lines of one epoch, as of train and test, count once; lines without a number only where none has one.
    """
    found: list[list[int]] = []
    place = ""
    for line in logged:
        last = max(found[-1], default=0) if found else 0
        begins = line.epoch < last if line.epoch else line.place != place
        if not found or begins:
            if len(found) == LIMIT_LOGS:
                break
            found.append([])
        found[-1].append(line.epoch)
        place = line.place
    return tuple(len(set(numbers) - {0}) or len(numbers) for numbers in found)


def _outputs(cell: dict[str, object]) -> list[dict[str, object]]:
    listed = cell.get("outputs")
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _says_something(cell: dict[str, object]) -> bool:
    """It has a saved output that is no error message."""
    return any(one.get("output_type") not in ("error", "pyerr") for one in _outputs(cell))


def _pictures(cell: dict[str, object]) -> int:
    count = 0
    for output in _outputs(cell):
        data = output.get("data")
        kinds = data if isinstance(data, dict) else output
        count += any(kind in kinds for kind in ("image/png", "image/jpeg", "png", "jpeg"))
    return count

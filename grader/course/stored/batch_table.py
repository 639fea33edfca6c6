"""The table of a batch for spreadsheets: what its page shows of each row. Nothing in it is a formula."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grader.course.grades.inert_cells import inert, number
from grader.records import Absent
from grader.report.batch_rows import STATES, BatchRow

TABLE_NAME = "batch.csv"
_TITLES = (
    "name", "state", "points", "lowest", "highest", "of", "test accuracy", "parameters", "seconds", "lost points on",
    "open", "why", "report",
)  # fmt: skip


def table(rows: Sequence[BatchRow]) -> str:
    """A row per row. Text stands in quotation marks and numbers do not; what is not known is an empty cell."""
    lines = [[_text(title) for title in _TITLES], *([*_cells(row)] for row in rows)]
    return "".join(",".join(line) + "\r\n" for line in lines)


def _cells(row: BatchRow) -> Iterator[str]:
    yield from (_text(row.name), _text(STATES[row.state].text))
    points = (row.points, row.lowest, row.highest, row.max_points)
    yield from (number(one) if row.has_points else "" for one in points)
    yield "" if isinstance(row.accuracy, Absent) else f"{row.accuracy:.4f}"
    yield "" if isinstance(row.parameters, Absent) else f"{row.parameters}"
    yield f"{row.wall_seconds:.1f}" if row.wall_seconds else ""
    yield from (_text(", ".join(row.failed)), _text(", ".join(one.id for one in row.open)))
    yield from (_text(row.reason), _text(row.address))


def _text(text: str) -> str:
    return '"' + inert(text).replace('"', '""') + '"'

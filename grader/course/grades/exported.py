"""What goes to a learning platform out of a gradebook: the points of the rows that are settled, and who is left out."""

from __future__ import annotations

from dataclasses import dataclass

from grader.course.grades.feedback import feedback
from grader.course.grades.gradebook import Gradebook, Line
from grader.course.rosters.records import RosterRow
from grader.course.stored.results import read_run
from grader.text import clean


@dataclass(frozen=True)
class Exported:
    """One row of the roster with the points that are exported, and what lost points where that was asked for."""

    row: RosterRow
    points: float
    feedback: str = ""


@dataclass(frozen=True)
class Export:
    rows: tuple[Exported, ...]
    of: float  # highest points of each
    what: str  # "s4", or "the total"
    left_out: tuple[str, ...]  # rows that are not settled, and why
    certain: tuple[str, ...] = ()  # rows that are not settled either, and are exported with what is certain


def export(
    book: Gradebook, *, assignment: str = "", with_open: bool = False, with_feedback: bool = False
) -> Export:
    """The points of one assignment, or the total of the whole course.

    Args:
        assignment: the id of one; "" for the total, or for the only one that there is.
        with_open: also rows of which something is open, with the points that are certain. What was not graded at all
            is never exported as an assignment's points.
        with_feedback: read the run that counts, and say what lost points.

    Raises:
        UsageError: there is no such assignment.
        StoreError: a run whose feedback was asked for cannot be read.
    """
    name = book.subject.part(assignment).id if assignment else ""
    if not name and len(book.subject.parts) == 1 and not any(line.total.quizzes for line in book.lines):
        name = book.subject.parts[0].id
    rows: list[Exported] = []
    left_out: list[str] = []
    certain: list[str] = []
    for line in book.lines:
        why = _open(line, name)
        exported = not why or (with_open and _has_points(line, name))
        if why:
            said = f"{clean(line.row.name or line.row.key, 80)}: {clean(why, 300)}"
            (certain if exported else left_out).append(said)
        if not exported:
            continue
        said = _feedback(line, name) if with_feedback else ""
        rows.append(Exported(line.row, _points(line, name), said))
    what = name or "the total"
    return Export(tuple(rows), _of(book, name), what, tuple(left_out), tuple(certain))


def _open(line: Line, name: str) -> str:
    """What is not settled of it; "" where everything is."""
    return "; ".join(text for one, text in line.unsettled_by() if not name or one == name)


def _has_points(line: Line, name: str) -> bool:
    return not name or all(one.standing != "waiting" for one in line.total.assignments if one.id == name)


def _points(line: Line, name: str) -> float:
    return next((one.points for one in line.total.assignments if one.id == name), line.total.points)


def _of(book: Gradebook, name: str) -> float:
    if name:
        return book.subject.part(name).assignment.points
    return max((line.total.of for line in book.lines), default=0.0)


def _feedback(line: Line, name: str) -> str:
    """Of one assignment what lost points in it, of a whole course one line for each."""
    said = []
    for one in (*line.total.assignments, *(line.total.quizzes if not name else ())):
        if name in ("", one.id):
            folder = line.folder(one.id) if name else None
            said.append(feedback(one, read_run(folder) if folder else None))
    return " ".join(said)

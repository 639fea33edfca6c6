"""A Canvas gradebook, filled in: one column of the course's own export, and not a byte beside it.

A file of our own would be safer to write and more dangerous to import: a title that Canvas does not know makes a new
assignment, and a name that two students share gets the wrong grade. So the export as it was downloaded is the form,
and students are known by their numbers and logins alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.course.grades.changed_cells import Change, with_changes
from grader.course.grades.inert_cells import number
from grader.course.grades.matching import matched, name_of
from grader.course.rosters.columns import normal
from grader.course.rosters.records import RosterRow
from grader.course.rosters.table import Record, Table, table_of
from grader.errors import UsageError
from grader.text import clean

_TITLE = re.compile(r"(?P<name>.*\S)\s*\((?P<id>\d+)\)", re.DOTALL)
_ID_TITLES = ("id", "sis_user_id", "sis_login_id")
_STEP = "In Canvas: Grades, Export, Export Entire Gradebook; create the assignment there first."


@dataclass(frozen=True)
class CanvasGrade:
    """One student's points. `who` is for messages only; a student is found by `ids`: ID, SIS User ID, SIS Login ID."""

    who: str
    ids: tuple[str, ...]
    points: float


@dataclass(frozen=True)
class Filled:
    """The export as it goes back to Canvas, and everybody who got no grade by it."""

    text: str
    column: str
    changed: tuple[str, ...]  # who got a grade: "Ada Lovelace (line 4): 225"
    notes: tuple[str, ...]  # sentences: what was capped, replaced or left as it was
    without_student: tuple[str, ...]  # grades for which the export has no row, or no single one
    without_grade: tuple[
        str, ...
    ]  # students of the export for whom there is no grade; their cells are as they were


def fill(
    text: str, column: str, grades: Sequence[CanvasGrade], *, cap_negative: bool = False, of: float = 0.0
) -> Filled:
    """Write grades into one column of a gradebook's export.

    Args:
        of: the highest points of these grades, to be held against what Canvas says is possible; 0 where unknown.
        text: the whole export, read without changing its line ends; a byte order mark stays.
        column: the title of an existing column, `MNIST (12345)`, or its name or number alone.
        cap_negative: write 0 for a grade below 0, with a note.

    Raises:
        UsageError: it is no such export, or the column is not there, not alone or cannot be written.
    """
    table = table_of(text, "The Canvas export")
    ids = _id_columns(table)
    at = _column(table, column)
    students = [record for record in table.rows if _is_student(record, ids)]
    found, without_student = matched(students, ids, grades)
    comma = _decimal_comma(table)
    changes: list[Change] = []
    changed: list[str] = []
    notes = [*_other_points(table, at, ids, of)]
    for record in students:
        grade = found.get(record.line)
        if grade is None:
            continue
        written, said = _written(record, at, grade, comma=comma, cap_negative=cap_negative)
        notes += said
        if written is not None:
            changes.append(Change(record.cells[at], written))
            changed.append(f"{_shown(record)}: {written}")
    return Filled(
        text=with_changes(table, changes),
        column=clean(table.titles[at]),
        changed=tuple(changed),
        notes=tuple(notes),
        without_student=tuple(without_student),
        without_grade=tuple(_shown(record) for record in students if record.line not in found),
    )


def grades_of(row: RosterRow, points: float) -> tuple[CanvasGrade, ...]:
    """The grades of one row of the roster: each member of a group has the group's points."""
    if not row.members:
        return (CanvasGrade(row.name, row.ids, points),)
    return tuple(CanvasGrade(member.name, (member.id,), points) for member in row.members)


def columns(text: str) -> tuple[str, ...]:
    """The titles of the columns that can be filled: an assignment's name with its number.

    Raises:
        UsageError: it is no export of a Canvas gradebook.
    """
    table = table_of(text, "The Canvas export")
    _id_columns(table)
    return tuple(clean(title) for at, title in enumerate(table.titles) if _is_fillable(table, at))


def _id_columns(table: Table) -> tuple[int, ...]:
    titles = [normal(title) for title in table.titles]
    if titles[0] != "student" or "id" not in titles:
        raise UsageError("This is no export of a Canvas gradebook: it has no columns Student and ID.", _STEP)
    return tuple(titles.index(title) for title in _ID_TITLES if title in titles)


def _is_fillable(table: Table, at: int) -> bool:
    return bool(_TITLE.fullmatch(table.titles[at])) and not _is_read_only(table, at)


def _is_read_only(table: Table, at: int) -> bool:
    """Canvas says so below the title, in the posting row or in the row of possible points."""
    above = [record for record in table.rows[:3] if not _is_student(record, _id_columns(table))]
    return any("(read only)" in record.value(at).lower() for record in above)


def _column(table: Table, wanted: str) -> int:
    """The one column whose title, number or name it is; a whole title goes before a part of one."""
    asked, known = wanted.strip(), ", ".join(clean(title, 60) for title in _fillable(table)[:10]) or "none"
    for part in (0, "id", "name"):
        hits = [
            at
            for at, title in enumerate(table.titles)
            if (one := _TITLE.fullmatch(title)) and one[part] == asked
        ]
        if len(hits) > 1:
            fault = f'The export has {len(hits)} columns "{clean(wanted, 60)}".'
            raise UsageError(fault, "Give the title with its number: MNIST (12345).")
        if hits and _is_read_only(table, hits[0]):
            raise UsageError(
                f'Canvas marks the column "{clean(wanted, 60)}" as read only.', f"It takes: {known}."
            )
        if hits:
            return hits[0]
    raise UsageError(
        f'The export has no column "{clean(wanted, 60)}".',
        f"It has: {known}. A title that is new makes a new assignment.",
    )


def _fillable(table: Table) -> list[str]:
    return [title for at, title in enumerate(table.titles) if _is_fillable(table, at)]


def _is_student(record: Record, ids: Sequence[int]) -> bool:
    """Neither the posting row nor the row of possible points: both have no number and no login."""
    return any(record.value(at).strip() for at in ids)


def _other_points(table: Table, at: int, ids: Sequence[int], of: float) -> Iterator[str]:
    """That Canvas has another number of possible points than these grades are of: it takes them all the same."""
    above = [record for record in table.rows[:3] if not any(record.value(one).strip() for one in ids)]
    possible = [_as_number(record.value(at).strip()) for record in above]
    numbers = [one for one in possible if isinstance(one, float)]
    if of and numbers and abs(numbers[0] - of) > 1e-9:
        yield (
            f"Canvas has {numbers[0]:g} possible points in this column, and these grades are of {of:g}: "
            f"set the assignment's points to {of:g} in Canvas."
        )


def _written(
    record: Record, at: int, grade: CanvasGrade, *, comma: bool, cap_negative: bool
) -> tuple[str | None, list[str]]:
    """The cell's new content, None where it stays as it was; and what has to be said about it."""
    if at >= len(record.cells):
        return None, [f"{_shown(record)}: the row ends before the column and was left as it was."]
    before = record.cells[at].value.strip()
    if before.upper() == "EX":
        return None, [f"{_shown(record)}: is excused in Canvas and was left as it was."]
    capped = cap_negative and grade.points < 0
    written = number(0.0 if capped else grade.points, comma)
    said = []
    if capped:
        said.append(f"{_shown(record)}: the grade is {number(grade.points)}, and 0 was written as was asked.")
    if _strangers(record.value(0), grade):
        said.append(f"{_shown(record)}: has the ids of {name_of(grade)}, and another name.")
    if before and _as_number(before) != _as_number(written):
        said.append(f"{_shown(record)}: {clean(before, 40)} was replaced by {written}.")
    return written, said


def _strangers(name: str, grade: CanvasGrade) -> bool:
    """Whether two names have no word in common: an id of one list may be somebody else's in another."""
    words = [set(re.findall(r"\w+", one[:400].casefold())) for one in (name, grade.who)]
    return all(words) and words[0].isdisjoint(words[1]) and grade.who not in grade.ids


def _decimal_comma(table: Table) -> bool:
    """An export for a country that writes 7,5 separates cells by semicolons, and says so in its possible points."""
    ids = _id_columns(table)
    possible = [record for record in table.rows if not _is_student(record, ids)]
    return table.separator != "," and any(
        re.fullmatch(r"[\d.]+,\d+", cell.value.strip()) for record in possible for cell in record.cells
    )


def _as_number(text: str) -> float | str:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return text


def _shown(record: Record) -> str:
    return f"{clean(record.value(0).strip(), 80)} (line {record.line})"

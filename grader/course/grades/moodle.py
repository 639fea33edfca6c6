"""A Moodle worksheet, filled in: grades, and feedback where it is asked for, and not a byte beside them.

Moodle refuses a file whose titles are not its own, in its own language; so the worksheet as it was downloaded is the
form, and students are known by their e-mail addresses and ID numbers, exactly as they are written, never by a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from grader.course.grades.changed_cells import Change, with_changes
from grader.course.grades.inert_cells import inert, number
from grader.course.grades.matching import matched, name_of
from grader.course.grades.worksheet import Worksheet, worksheet
from grader.course.rosters.records import RosterRow
from grader.course.rosters.table import Record, table_of
from grader.errors import UsageError
from grader.text import clean

OURS = "Grader:"
"""How feedback of the grader begins: what begins otherwise was written by a person, and stays."""
FEEDBACK_LIMIT = 2_000
_IDENTIFIER = re.compile(r"\D{1,60}?\s*(\d{1,12})")


@dataclass(frozen=True)
class MoodleGrade:
    """One student's points. A student is found by `ids`, or by `number` where the worksheet hides who they are."""

    who: str
    ids: tuple[str, ...]
    points: float
    number: str = ""  # of the worksheet's own identifier, where the roster is this worksheet
    feedback: str = ""


@dataclass(frozen=True)
class FilledWorksheet:
    """The worksheet as it goes back to Moodle, and everybody who got no grade by it."""

    text: str
    column: str
    changed: tuple[str, ...]
    notes: tuple[str, ...]
    without_student: tuple[str, ...]
    without_grade: tuple[str, ...]


def grades_of(
    row: RosterRow, points: float, *, of_worksheet: bool, feedback: str = ""
) -> tuple[MoodleGrade, ...]:
    """The grades of one row of the roster: each member of a group has the group's points.

    Args:
        of_worksheet: the roster is a worksheet of Moodle, whose identifiers are no ids: they mean nothing elsewhere.
    """
    if row.members:
        return tuple(MoodleGrade(one.name, (one.id,), points, "", feedback) for one in row.members)
    ids = tuple(one for one in row.ids if not (of_worksheet and one == row.id))
    return (MoodleGrade(row.name, ids, points, row.id if of_worksheet else "", feedback),)


def fill(
    text: str,
    grades: Sequence[MoodleGrade],
    of: float,
    *,
    scale: bool = False,
    grade_column: str = "",
    email_column: str = "",
    feedback_column: str = "",
) -> FilledWorksheet:
    """Write grades into a worksheet, and feedback where a grade has some.

    Args:
        text: the whole worksheet, read without changing its line ends.
        of: the highest points of these grades.
        scale: give the same share of the worksheet's highest grade, where that is another number.

    Raises:
        UsageError: it is no such worksheet, a column cannot be told, or its highest grade is another one.
    """
    table = table_of(text, "The Moodle worksheet")
    sheet = worksheet(
        table, grade_column=grade_column, email_column=email_column, feedback_column=feedback_column
    )
    factor = _factor(sheet, of, scale)
    if sheet.feedback is None and any(one.feedback for one in grades):
        raise UsageError(
            "The worksheet has no column for feedback comments that can be told.",
            "Name it with --feedback-column, turn the feedback type on in Moodle, or leave --feedback out.",
        )
    students = [record for record in table.rows if record.value(0).strip()]
    found, without_student = _matched(sheet, students, grades)
    changes: list[Change] = []
    changed: list[str] = []
    notes = [*_notes(sheet), *_unlike(sheet, students, grades, found)]
    for record in students:
        if grade := found.get(record.line):
            made, said = _written(sheet, record, grade, factor)
            changes += made
            notes += said
            if made:
                changed.append(f"{_shown(sheet, record)}: {made[0].written}")
    return FilledWorksheet(
        with_changes(table, changes),
        clean(table.titles[sheet.grade]),
        tuple(changed),
        tuple(notes),
        tuple(without_student),
        tuple(_shown(sheet, record) for record in students if record.line not in found),
    )


def _factor(sheet: Worksheet, of: float, scale: bool) -> float:
    if abs(sheet.maximum - of) < 1e-9:
        return 1.0
    if not scale:
        raise UsageError(
            f"The worksheet's highest grade is {sheet.maximum:g}, and these grades are of {of:g} points.",
            f"Set the maximum grade to {of:g} in Moodle and download it again, or give --scale for the same share.",
        )
    return sheet.maximum / of


def _notes(sheet: Worksheet) -> Sequence[str]:
    notes = []
    if sheet.modified is None:
        notes.append(
            "No column says when the grade was last changed (Last modified (grade)): Moodle refuses a file without it."
        )
    if sheet.table.separator != ",":
        notes.append("Its cells are not separated by commas: choose the same separator when you upload it.")
    return notes


def _matched(
    sheet: Worksheet, students: Sequence[Record], grades: Sequence[MoodleGrade]
) -> tuple[dict[int, MoodleGrade], list[str]]:
    """By e-mail address and ID number, as they are written; where both are hidden, by the identifiers of this very
    worksheet, if the roster was made of it: an identifier is another student's in the worksheet of another assignment."""
    if sheet.ids:
        return matched(students, sheet.ids, grades, str)
    own = {_digits(record.value(0)): record.line for record in students}
    by_number = {grade.number: grade for grade in grades if grade.number}
    if not set(by_number) <= set(own) or not by_number:
        raise UsageError(
            "The worksheet hides e-mail addresses and ID numbers, and the roster is not this worksheet.",
            "Give the worksheet of this assignment as the roster too, or one that shows who is who.",
        )
    without = [f"{name_of(grade)}: nobody has its identifier" for grade in grades if not grade.number]
    return {own[one]: grade for one, grade in by_number.items()}, without


def _unlike(
    sheet: Worksheet,
    students: Sequence[Record],
    grades: Sequence[MoodleGrade],
    found: Mapping[int, MoodleGrade],
) -> Iterator[str]:
    """Addresses that would be the same but for capitals: for Moodle they are not."""
    near, _ = matched(students, sheet.ids, grades)
    for line, grade in near.items():
        if line not in found:
            yield f"{name_of(grade)}: line {line} has it in other capitals and was left as it was. Correct the roster."


def _written(
    sheet: Worksheet, record: Record, grade: MoodleGrade, factor: float
) -> tuple[list[Change], list[str]]:
    """The cells of one student that change, the grade's first, and what has to be said about them."""
    who = _shown(sheet, record)
    if sheet.grade >= len(record.cells):
        return [], [f"{who}: the row ends before the column and was left as it was."]
    points, said = round(grade.points * factor, 2), []
    if not 0 <= points <= sheet.maximum:
        kept = min(max(points, 0.0), sheet.maximum)
        said.append(
            f"{who}: the grade is {number(points)}; Moodle takes 0 to {sheet.maximum:g}, and {number(kept)} was written."
        )
        points = kept
    written, before = number(points, sheet.comma), record.cells[sheet.grade].value.strip()
    if before not in ("", "-") and _plain(before) != _plain(written):
        said.append(f"{who}: {clean(before, 40)} was replaced by {written}.")
    changes = [Change(record.cells[sheet.grade], written)]
    if grade.feedback and sheet.feedback is not None:
        there = record.value(sheet.feedback).strip()
        if sheet.feedback >= len(record.cells):
            said.append(f"{who}: the row ends before the feedback, which was left out.")
        elif there not in ("", "-") and not there.startswith(OURS):
            said.append(f"{who}: somebody's feedback is there already and was left as it was.")
        else:
            changes.append(Change(record.cells[sheet.feedback], _as_html(grade.feedback)))
    return changes, said


def _as_html(feedback: str) -> str:
    """Moodle takes feedback for HTML, and a spreadsheet may take it for a formula: it is neither."""
    return inert(escape(f"{OURS} {clean(feedback, FEEDBACK_LIMIT)}", quote=False), 2 * FEEDBACK_LIMIT)


def _digits(identifier: str) -> str:
    """`Participant 123` → `123`."""
    found = _IDENTIFIER.fullmatch(identifier.strip())
    return found[1] if found else ""


def _plain(grade: str) -> str:
    return grade.replace(",", ".").rstrip("0").rstrip(".") if "." in grade or "," in grade else grade


def _shown(sheet: Worksheet, record: Record) -> str:
    name = " ".join(record.value(at).strip() for at in sheet.names) or record.value(0)
    return f"{clean(name.strip(), 80)} (line {record.line})"

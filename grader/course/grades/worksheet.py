"""Which column of Moodle's offline grading worksheet is which, in a language that nobody told us.

Moodle writes its columns in a fixed order, with titles in the site's language: an identifier of one word and a number
first, further on the grade, right behind it the highest grade, and later when each was last changed. So columns are
known by what stands in them; titles decide where that is not enough, and an option where they are not known either.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from grader.course.rosters.columns import columns_of, normal
from grader.course.rosters.table import Table
from grader.errors import UsageError
from grader.text import clean

# fmt: off
_GRADE = frozenset((
    "grade", "bewertung", "note", "calificación", "valutazione", "voto", "nota", "avaliação", "cijfer", "beoordeling",
    "ocena", "оценка", "betyg", "karakter", "arvosana", "známka", "notă", "qualificació",
))
_FEEDBACK = frozenset((
    "feedback", "feedback_comments", "feedback_als_kommentar", "comentarios_de_retroalimentación",
    "commenti_di_feedback", "feedback_par_commentaires", "comentários_de_feedback",
))
# fmt: on
_NUMBER = re.compile(r"\d{1,7}(?:[.,]\d{1,5})?")
_IN_BRACKETS = re.compile(r"(?P<what>[^(（]{1,80}?)\s*[(（](?P<of>[^)）]{1,80})[)）]")
_STEP = "In Moodle: the assignment, Submissions, Download grading worksheet; give that file as it is."


@dataclass(frozen=True)
class Worksheet:
    """The table and its columns, counted from 0. What is not there is None."""

    table: Table
    ids: tuple[int, ...]  # e-mail address and ID number; () where names are hidden
    names: tuple[int, ...]
    grade: int
    maximum: float
    comma: bool  # the site writes 7,5
    modified: int | None  # when the grade was last changed
    feedback: int | None


def worksheet(
    table: Table, *, grade_column: str = "", email_column: str = "", feedback_column: str = ""
) -> Worksheet:
    """Find the columns; those that are named are taken as they are.

    Raises:
        UsageError: it is no worksheet, or a column cannot be told for certain.
    """
    found = columns_of(table, guess_links=False)
    if found.format != "Moodle worksheet":
        raise UsageError("This is no offline grading worksheet of Moodle.", _STEP)
    grade = _titled(table, grade_column) if grade_column else _grade(table)
    most, comma = _maximum(table, grade)
    email = _titled(table, email_column) if email_column else found.roles.get("email")
    modified = _modified(table, grade)
    return Worksheet(
        table,
        tuple(dict.fromkeys(at for at in (email, *found.ids) if at is not None)),
        found.names,
        grade,
        most,
        comma,
        modified,
        _titled(table, feedback_column) if feedback_column else _feedback(table, modified),
    )


def _titled(table: Table, title: str) -> int:
    hits = [at for at, one in enumerate(table.titles) if one == title.strip()]
    if len(hits) == 1:
        return hits[0]
    known = ", ".join(clean(one, 40) for one in table.titles[:20])
    many = f"{len(hits)} columns" if hits else "no column"
    raise UsageError(f'The worksheet has {many} "{clean(title, 60)}".', f"Its columns are {known}.")


def _grade(table: Table) -> int:
    """The column before the one with the same highest grade in each row; by its title where there are several."""
    shaped = [
        at
        for at in range(1, len(table.titles) - 1)
        if _holds_grades(table, at) and _is_maximum(table, at + 1)
    ]
    titled = [at for at in shaped if normal(table.titles[at]) in _GRADE] or shaped
    if len(titled) != 1:
        known = ", ".join(clean(one, 40) for one in table.titles[:20])
        what = "several columns that may be" if titled else "no column that can be"
        raise UsageError(
            f"The worksheet has {what} the grade, a number with its highest grade beside it.",
            f"Name it: --grade-column TITLE. Its columns are {known}. An assignment graded by a scale cannot be filled.",
        )
    return titled[0]


def _values(table: Table, at: int) -> list[str]:
    return [record.value(at)[:100].strip() for record in table.rows]


def _holds_grades(table: Table, at: int) -> bool:
    return all(value in ("", "-") or _NUMBER.fullmatch(value) for value in _values(table, at))


def _is_maximum(table: Table, at: int) -> bool:
    values = set(_values(table, at))
    return len(values) == 1 and all(_NUMBER.fullmatch(one) and _number(one) > 0 for one in values)


def _maximum(table: Table, grade: int) -> tuple[float, bool]:
    if not 0 < grade < len(table.titles) - 1 or not _is_maximum(table, grade + 1):
        raise UsageError(
            f'Beside the column "{clean(table.titles[grade], 60)}" there is no highest grade, the same in each row.',
            "Give the worksheet as it was downloaded, or another --grade-column.",
        )
    text = table.rows[0].value(grade + 1).strip()
    return _number(text), "," in text


def _modified(table: Table, grade: int) -> int | None:
    """`Last modified (grade)`: of the titles `… (…)` behind the grade the last, beside one with the same beginning or
    with the grade's own title in its brackets."""
    titles = [_IN_BRACKETS.fullmatch(one[:200]) for one in table.titles]
    begun = [one["what"].casefold() for one in titles if one]
    own = table.titles[grade].casefold()
    hits = [
        at
        for at, one in enumerate(titles)
        if one and at > grade and (begun.count(one["what"].casefold()) > 1 or one["of"].casefold() == own)
    ]
    return hits[-1] if hits else None


def _feedback(table: Table, modified: int | None) -> int | None:
    titled = [at for at, one in enumerate(table.titles) if normal(one) in _FEEDBACK]
    if len(titled) == 1:
        return titled[0]
    behind = range(modified + 1, len(table.titles)) if modified is not None else range(0)
    return behind[0] if len(behind) == 1 else None


def _number(text: str) -> float:
    return float(text.replace(",", "."))

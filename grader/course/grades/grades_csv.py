"""All grades of a course as a table of our own, for people and for spreadsheets. Nothing in it is a formula."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grader.course.grades.inert_cells import inert, number
from grader.course.grades.totals import Counted, CourseTotal
from grader.course.rosters.records import RosterRow

_WHO = ("key", "id", "name", "email", "members")
_SUM = ("total", "lowest", "highest", "of", "percent", "verdict", "remarks")
_LONG = 4_000


@dataclass(frozen=True)
class GradeLine:
    """One row of the roster and what it earned."""

    row: RosterRow
    total: CourseTotal


def grades_csv(lines: Sequence[GradeLine]) -> str:
    """A row per row of the roster, with a column per assignment and quiz; what is still waiting is an empty cell.

    Text stands in quotation marks and numbers do not, so that a minus is a number's and never a formula's.
    """
    titles = list(dict.fromkeys(title for line in lines for title in _counted(line.total)))
    rows = [[*map(_text, _WHO), *map(_text, titles), *map(_text, _SUM)]]
    rows += [[*_who(line.row), *_points(line.total, titles), *_sums(line.total)] for line in lines]
    return "".join(",".join(row) + "\r\n" for row in rows)


def _counted(total: CourseTotal) -> dict[str, Counted]:
    """By the title of its column: a quiz may be called as an assignment is."""
    assignments = {one.id: one for one in total.assignments}
    return assignments | {f"{one.id} (quiz)": one for one in total.quizzes}


def _text(text: str, limit: int = 300) -> str:
    return '"' + inert(text, limit).replace('"', '""') + '"'


def _who(row: RosterRow) -> list[str]:
    members = ", ".join(member.name for member in row.members)
    return [*(_text(text) for text in (row.key, row.id, row.name, row.email)), _text(members, _LONG)]


def _points(total: CourseTotal, titles: Sequence[str]) -> list[str]:
    found = _counted(total)
    waiting = [title not in found or found[title].standing == "waiting" for title in titles]
    return [
        "" if waits else number(found[title].points) for title, waits in zip(titles, waiting, strict=True)
    ]


def _sums(total: CourseTotal) -> list[str]:
    percent = number(100 * total.points / total.of) if total.of else ""
    sums = [number(points) for points in (total.points, total.lowest, total.highest, total.of)]
    return [*sums, percent, _text(total.verdict), _text(" | ".join(_remarks(total)), _LONG)]


def _remarks(total: CourseTotal) -> list[str]:
    all_counted = _counted(total).items()
    said = [f"{title} is {one.standing}" for title, one in all_counted if one.standing != "graded"]
    said += [f"{one.id} is late" for one in total.assignments if one.late_seconds]
    return [*said, *(() if total.with_quizzes else ("without quizzes",))]

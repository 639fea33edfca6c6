"""Points of quizzes, which are not graded here: read from a table, and found for a row of the roster."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.course.rosters.columns import normal
from grader.course.rosters.records import Problem, RosterRow
from grader.course.rosters.table import Record, Table, read_text, table_of
from grader.errors import UsageError
from grader.text import clean, clean_path

_TITLES = {
    "who": ("id", "email", "name", "student", "group"),
    "points": ("points", "score"),
    "of": ("of", "max_points", "maximum"),
    "quiz": ("quiz",),
}
_MAX_POINTS = 1_000_000.0


@dataclass(frozen=True)
class QuizPoints:
    """One quiz of one student or group. `points` is None where it was not handed in: the cell is empty."""

    line: int
    who: str  # id, e-mail address or name, as the file has it
    quiz: str
    points: float | None
    of: float


@dataclass(frozen=True)
class Quizzes:
    file: str
    by_name: bool  # `who` is a name, which counts only where it is one row's alone
    rows: tuple[QuizPoints, ...]
    problems: tuple[Problem, ...]

    @property
    def of(self) -> dict[str, float]:
        """Each quiz and its highest points, in the order of the file."""
        found: dict[str, float] = {}
        for row in self.rows:
            found[row.quiz] = max(row.of, found.get(row.quiz, 0.0))
        return found


def read_quizzes(path: Path) -> Quizzes:
    """Read `id` (or `email`, or `name`), `points`, `of` and, where the file holds several, `quiz`.

    A row that cannot be read is a problem with its line, and counts as not known: never as zero.

    Raises:
        UsageError: it is no table, or has no column for one of the three.
    """
    shown = clean_path(str(path))
    table = table_of(read_text(path).text, shown)
    at, who = _columns(table, shown)
    rows: list[QuizPoints] = []
    problems: list[Problem] = []
    seen: dict[tuple[str, str], int] = {}
    for record in table.rows:
        if not any(cell.value.strip() for cell in record.cells):
            continue
        read = _row(record, at, clean(path.stem, 60))
        if isinstance(read, QuizPoints):
            key = (read.who.casefold(), read.quiz)
            if seen.setdefault(key, read.line) == read.line:
                rows.append(read)
                continue
            read = Problem(
                read.line, "", f"line {seen[key]} has points of the same quiz already.", "Keep one of them."
            )
        problems.append(read)
    by_name = who in ("name", "student", "group")
    return Quizzes(clean(path.name, 120), by_name, tuple(rows), tuple(problems))


@dataclass(frozen=True)
class Assigned:
    """Whose points they are: by the key of the roster's row; a quiz of which a row has no points is not in its list."""

    points: Mapping[str, tuple[QuizPoints, ...]]
    problems: tuple[Problem, ...]


def assign(quizzes: Quizzes, roster: Sequence[RosterRow]) -> Assigned:
    """Find the row of each quiz: by its id or e-mail address, or by a name that no other row has."""
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for row in roster:
        for word in [row.name] if quizzes.by_name else row.ids:
            keys[word.casefold()].add(row.key)
    points: defaultdict[str, list[QuizPoints]] = defaultdict(list)
    problems = list(quizzes.problems)
    for one in quizzes.rows:
        found = keys.get(one.who.casefold(), set())
        own = {other.quiz for key in found for other in points.get(key, ())}
        if len(found) == 1 and one.quiz not in own:
            points[next(iter(found))].append(one)
        else:
            problems.append(_unassigned(one, len(found)))
    return Assigned({key: tuple(listed) for key, listed in points.items()}, tuple(problems))


def _unassigned(one: QuizPoints, rows: int) -> Problem:
    who = f'"{clean(one.who, 60)}"'
    faults = {0: f"nobody in the roster is {who}.", 1: f"{who} has points of the same quiz already."}
    fault = faults.get(rows, f"{rows} rows of the roster are {who}.")
    return Problem(one.line, "", fault, "Correct the row, or the roster.")


def _columns(table: Table, shown: str) -> tuple[dict[str, int], str]:
    titles = [normal(title) for title in table.titles]
    at = {
        role: titles.index(name)
        for role, names in _TITLES.items()
        if (name := next((one for one in names if one in titles), None)) is not None
    }
    missing = [_TITLES[role][0] for role in ("who", "points", "of") if role not in at]
    if missing:
        raise UsageError(
            f"{shown}:{table.header.line} has no column {' and no column '.join(missing)}.",
            "Give the columns id (or email, or name), points and of.",
        )
    return at, titles[at["who"]]


def _row(record: Record, at: dict[str, int], otherwise: str) -> QuizPoints | Problem:
    who = clean(record.value(at["who"]).strip())
    if not who:
        return Problem(record.line, "", "the row names nobody.", "Write an id, an e-mail address or a name.")
    of = _number(record.value(at["of"]))
    if not of:
        return Problem(record.line, "of", "it is no number above 0.", "Write the highest points of the quiz.")
    given = record.value(at["points"]).strip()
    points = _number(given) if given else None
    if given and points is None:
        return Problem(
            record.line,
            "points",
            f'"{clean(given, 40)}" is no number of points.',
            "Write a number, or nothing where the quiz was not handed in.",
        )
    quiz = clean(record.value(at.get("quiz", -1)).strip(), 60) or otherwise
    return QuizPoints(record.line, who, quiz, points, of)


def _number(text: str) -> float | None:
    """Points, with a decimal point or comma; None for what is no number, or none between 0 and a million."""
    given = text.strip().replace(",", ".")
    try:
        number = float(given) if len(given) <= 20 and re.fullmatch(r"[0-9]*\.?[0-9]*", given) else math.nan
    except ValueError:
        return None
    return number if 0 <= number <= _MAX_POINTS else None

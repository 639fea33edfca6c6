"""A gradebook on the terminal: a row per row of the roster, what is not settled below, or one row step by step."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.errors import UsageError
from grader.report import words
from grader.report.terminal import STYLES
from grader.text import clean

if TYPE_CHECKING:
    from grader.course.grades.gradebook import Gradebook, Line
    from grader.course.grades.totals import Counted, CourseTotal

GRADES_SCHEMA = "grader/grades/1"
"""Name and major version of what `--json` prints."""
SHOWN = 40
"""Sentences about what is not settled; --json has all of them."""
_VERDICTS = {"passed": ("✓", "good"), "not passed": ("✗", "bad"), "open": ("?", "person")}
FEW = 3
"""So many are named one by one."""
NARROW = 6
"""With more assignments than these, the table has one column for all of them."""


def table(book: Gradebook) -> None:
    """The whole roster, and below it everything that is not settled."""
    console = Console(highlight=False)
    console.print(Text(f"{clean(book.subject.title, 120)}: {_rules(book)}"), soft_wrap=True)
    console.print(_table(book))
    counts = Counter[str](line.total.verdict for line in book.lines)
    said = ", ".join(f"{counts[one]} {one}" for one in _VERDICTS if counts[one])
    console.print(Text(f"{words.counted(len(book.lines), 'row')}: {said or 'none'}"), soft_wrap=True)
    unsettled = _by_text([(_who(line), text) for line in book.lines for text in line.unsettled()])
    remarks = [f"{_who(line)}: {text}" for line in book.lines for text in line.remarks]
    _listed(console, "Not settled", unsettled)
    _listed(console, "To be looked at", [*book.notes, *remarks])
    unread = [f"{folder}: grader review says why" for folder in book.unread]
    _listed(console, "Runs that cannot be read", unread)


def explain(book: Gradebook, name: str) -> None:
    """Every step of one row's total.

    Raises:
        UsageError: nobody, or more than one row, is called so.
    """
    line = _named(book, name)
    row, total = line.row, line.total
    width = max((len(words.points(step.points)) for step in total.steps), default=1)
    click.echo(
        f"{_who(line)}{f' ({clean(row.id)})' if row.id and row.id != row.name else ''}, line {row.line}"
    )
    for step in total.steps:
        if step.kind == "sum":
            click.echo("  " + "-" * width)
        click.echo(f"  {words.points(step.points):>{width}}  {clean(step.text, 300)}")
    click.echo(f"{_percent(total)} of {words.points(total.of)}: {_verdict(total)}.{_line(total)}")
    for mark, one in line.counted:
        if folder := line.folder(one.id):
            click.echo(f"  {mark.part.id}: {folder}")
    for title, texts in (("Not settled", list(line.unsettled())), ("Remarks", list(line.remarks))):
        for text in texts:
            click.echo(f"  {title}: {text}")


def as_json(book: Gradebook) -> None:
    """The same for programs."""
    shown = {
        "schema": GRADES_SCHEMA,
        "title": clean(book.subject.title, 300),
        "pass_mark": book.subject.rules.pass_mark,
        "attempts": book.subject.rules.attempts,
        "assignments": [{"id": one.id, "points": one.assignment.points} for one in book.subject.parts],
        "rows": [_row(line) for line in book.lines],
        "notes": list(book.notes),
        "unread": [str(folder) for folder in book.unread],
    }
    click.echo(json.dumps(shown, indent=1))


def _row(line: Line) -> dict[str, Any]:
    total, row = line.total, line.row
    return {
        "key": row.key,
        "id": row.id,
        "name": row.name,
        "line": row.line,
        "points": total.points,
        "lowest": total.lowest,
        "highest": total.highest,
        "of": total.of,
        "verdict": total.verdict,
        "with_quizzes": total.with_quizzes,
        "assignments": [
            {**_counted(one), "run": str(line.folder(one.id) or "")} for one in total.assignments
        ],
        "quizzes": [_counted(one) for one in total.quizzes],
        "steps": [{"text": step.text, "points": step.points, "kind": step.kind} for step in total.steps],
        "not_settled": list(line.unsettled()),
        "remarks": list(line.remarks),
    }


def _counted(one: Counted) -> dict[str, Any]:
    return {
        "id": one.id,
        "standing": one.standing,
        "points": one.points,
        "lowest": one.lowest,
        "highest": one.highest,
        "of": one.of,
        "late_seconds": one.late_seconds,
    }


def _rules(book: Gradebook) -> str:
    rules = book.subject.rules
    said = [f"{words.share(rules.pass_mark)} passes", f"the {rules.attempts} attempt counts"]
    if rules.not_handed_in:
        said.append(f"not handed in: {100 * rules.not_handed_in:g} %")
    if rules.late:
        said.append(f"late: {-100 * rules.late:g} %")
    return ", ".join(said)


def _table(book: Gradebook) -> Table:
    parts = book.subject.parts
    shown = parts if len(parts) <= NARROW else ()
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    made.add_column("Who", overflow="fold")
    for part in shown:
        made.add_column(
            f"{part.id}\n/{words.points(part.assignment.points)}", justify="right", overflow="fold"
        )
    if not shown:
        made.add_column(f"Graded\n/{len(parts)}", justify="right")
    quizzes = any(line.total.quizzes for line in book.lines)
    for title in (*(("Quizzes",) if quizzes else ()), "Total", "%"):
        made.add_column(title, justify="right")
    for _ in ("verdict", "remarks"):
        made.add_column("", overflow="fold")
    for line in book.lines:
        made.add_row(*_cells(line, each=bool(shown), quizzes=quizzes))
    return made


def _cells(line: Line, *, each: bool, quizzes: bool) -> list[str | Text]:
    """A row of the table. `each`: a column for each assignment, and not one for all of them."""
    total = line.total
    icon, tone = _VERDICTS[total.verdict]
    graded = str(sum(one.standing == "graded" for one in total.assignments))
    return [
        Text(clean(_who(line), 40)),
        *(map(_points, total.assignments) if each else [graded]),
        *([_quizzes(total)] if quizzes else []),
        _total(total),
        _percent(total),
        Text(f"{icon} {total.verdict}", STYLES[tone]),  # type: ignore[index]
        Text("; ".join(_short(total)), "dim"),
    ]


def _points(one: Counted) -> Text:
    if one.standing == "waiting":
        return Text("?", "dim")
    late = " late" if one.late_seconds else ""
    absent = "–" if one.standing == "not handed in" else ""
    if one.highest > one.lowest:
        return Text(f"{words.points(one.lowest)}–{words.points(one.highest)}{late}")
    return Text(f"{absent} {words.points(one.points)}{late}".strip())


def _quizzes(total: CourseTotal) -> str:
    return words.points(sum(one.points for one in total.quizzes)) if total.quizzes else "–"


def _total(total: CourseTotal) -> str:
    if total.highest > total.lowest:
        return f"{words.points(total.lowest)}–{words.points(total.highest)}"
    return words.points(total.points)


def _percent(total: CourseTotal) -> str:
    """Of what is certain, and up to what is possible; rounded down, so that 69.99 % is never shown as 70 %."""
    if not total.of:
        return "–"
    low, high = (math.floor(1000 * points / total.of + 1e-6) / 10 for points in (total.lowest, total.highest))
    return f"{low:g} %" if low == high else f"{low:g}–{high:g} %"


def _short(total: CourseTotal) -> list[str]:
    said = [f"{one.id} {one.standing}" for one in total.assignments if one.standing == "not handed in"]
    said += [f"{one.id} late" for one in total.assignments if one.late_seconds]
    waiting = [one.id for one in (*total.assignments, *total.quizzes) if one.standing == "waiting"]
    named = ", ".join(waiting) if len(waiting) <= FEW else f"{len(waiting)} assignments and quizzes"
    return [*said, *([f"waiting: {named}"] if waiting else [])]


def _by_text(said: list[tuple[str, str]]) -> list[str]:
    """What is the same for many rows stands once."""
    many = Counter(text for _, text in said)
    told = {text: f"{number} rows: {text}" for text, number in many.items() if number > FEW}
    return list(dict.fromkeys(told.get(text, f"{who}: {text}") for who, text in said))


def _verdict(total: CourseTotal) -> str:
    return {"passed": "passed", "not passed": "not passed", "open": "still open"}[total.verdict]


def _line(total: CourseTotal) -> str:
    mark = words.points(round(total.pass_mark * total.of, 2))
    quizzes = "" if total.with_quizzes else ", without quizzes"
    return f" {mark} points are needed to pass{quizzes}." if total.of else ""


def _who(line: Line) -> str:
    return clean(line.row.name or line.row.id or line.row.key, 80)


def _named(book: Gradebook, name: str) -> Line:
    asked = name.strip().casefold()
    found = [
        line
        for line in book.lines
        if asked in {one.casefold() for one in (line.row.name, line.row.key, *line.row.ids)}
    ]
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(
            f'Nobody in the roster is "{clean(name, 80)}".', "Give a name, an id or an e-mail address."
        )
    lines = ", ".join(str(line.row.line) for line in found[:5])
    raise UsageError(f'"{clean(name, 80)}" is the name of lines {lines}.', "Give an id or an e-mail address.")


def _listed(console: Console, title: str, texts: list[str]) -> None:
    if not texts:
        return
    console.print(Text(f"\n{title}:", "bold"))
    for text in texts[:SHOWN]:
        console.print(Text(f"  {clean(text, 400)}"), soft_wrap=True)
    if len(texts) > SHOWN:
        console.print(Text(f"  and {len(texts) - SHOWN:,} more: --json has all of them"), soft_wrap=True)

"""What a batch looks like: a live table on a terminal, a line per change elsewhere, lines of JSON where asked for."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from grader.course.batch.batch import Batch
from grader.course.batch.entries import SETTLED, Row
from grader.course.batch.progress import Progress
from grader.report import words
from grader.report.terminal import STYLES
from grader.text import clean

if TYPE_CHECKING:
    from grader.course.rosters.records import Roster

SHOWN = 14
"""Rows of the live table: those that something happens to."""
PROBLEMS_SHOWN = 20
WIDTH = 120
"""Columns in a file or a pipe."""
_WORDS = {
    "waiting": ("·", "waiting", "quiet"),
    "fetching": ("↓", "fetching", "person"),
    "fetched": ("·", "fetched", "quiet"),
    "looking": ("▸", "looking", "person"),
    "looked": ("·", "to be trained", "quiet"),
    "grading": ("▸", "grading", "person"),
    "graded": ("✓", "graded", "good"),
    "missing": ("–", "nothing handed in", "quiet"),
    "unreachable": ("✗", "unreachable", "bad"),
    "blocked": ("!", "for you to put right", "person"),
    "retry": ("!", "machine's fault, trying again", "fault"),
    "stuck": ("!", "machine's fault", "fault"),
}


class View:
    """Told of every change, from any thread. This one prints a line for each that lasts."""

    def __init__(self, rows: Sequence[Row], console: Console) -> None:
        self._rows, self._console = rows, console
        self._lock = threading.Lock()
        self._said: dict[str, str] = {}
        self.progress = Progress(rows)

    def changed(self, row: Row) -> None:
        with self._lock:
            if self._said.get(row.entry.key) == row.state or row.stage:
                return
            self._said[row.entry.key] = row.state
            self._line(row)

    def _line(self, row: Row) -> None:
        if row.state in ("waiting", "fetching", "fetched", "looking", "looked"):
            return
        text = Text(f"{time.strftime('%H:%M:%S')} {clean(row.entry.name, 40)}: {told(row)}")
        self._console.print(text, soft_wrap=True)
        if row.state == "graded":
            self._console.print(Text(f"  {self.progress.sentence()}", "dim"), soft_wrap=True)

    def note(self, text: str) -> None:
        self._console.print(Text(text), soft_wrap=True)

    def roster(self, roster: Roster, name: str) -> None:
        """What the roster holds, and what is wrong with it, row by row."""
        counts = Counter(row.state for row in roster.rows)
        said = ", ".join(f"{count} {state}" for state, count in counts.items())
        self.note(
            f"{clean(name, 200)}: {words.counted(len(roster.rows), 'row')} ({roster.format}): {said or 'none'}"
        )
        for problem in roster.problems[:PROBLEMS_SHOWN]:
            self.note(f"  {clean(problem.text(name), 400)}")
        more = len(roster.problems) - PROBLEMS_SHOWN
        if more > 0:
            self.note(f"  and {more} more: `grader roster {clean(name, 200)}` lists all of them")

    def over(self, batch: Batch, *, dry_run: bool) -> None:
        """The final table: every row with its state, its points and why."""
        with self._lock:
            self._console.print(_table(self._rows, None))
            self._console.print(Text(self.progress.counts()), soft_wrap=True)
        if dry_run:
            self.note(self.progress.estimate(batch))
        left = sum(row.state not in SETTLED for row in self._rows)
        if left and not dry_run:
            self.note(f"{words.counted(left, 'row')} left. The same command again goes on with them.")


class LiveView(View):
    """A table that renews itself, with those rows that something happens to."""

    def __init__(self, rows: Sequence[Row], console: Console) -> None:
        super().__init__(rows, console)
        self.live = Live(get_renderable=self._now, console=console, refresh_per_second=4, transient=True)

    def changed(self, row: Row) -> None:
        if row.state in ("stuck", "blocked", "unreachable") and self._said.get(row.entry.key) != row.state:
            super().changed(row)
        else:
            self._said[row.entry.key] = row.state

    def over(self, batch: Batch, *, dry_run: bool) -> None:
        self.live.stop()
        super().over(batch, dry_run=dry_run)

    def _now(self) -> RenderableType:
        busy = [row for row in self._rows if row.state in ("fetching", "grading", "retry")]
        busy += [row for row in self._rows if row.state == "looking" and row.stage]
        recent = sorted(
            (row for row in self._rows if row.state == "graded" and row.began), key=lambda r: r.began
        )
        shown = [*recent[-(SHOWN - len(busy)) :], *busy][:SHOWN] if len(busy) < SHOWN else busy[:SHOWN]
        return Group(
            _table(shown, time.monotonic()), Text(self.progress.counts()), Text(self.progress.sentence())
        )


class JsonView(View):
    """Each change as a line of JSON on standard output."""

    def _line(self, row: Row) -> None:
        record = row.record
        told_of = {
            "key": row.entry.key,
            "name": row.entry.name,
            "state": row.state,
            "text": row.text,
            "attempts": row.attempts,
            "reused": row.reused,
            "run": str(row.folder) if row.folder else "",
            "status": record.grade.status if record else "",
            "points": record.grade.points if record else None,
            "highest": record.grade.highest if record else None,
            "seconds_left": self.progress.seconds_left(),
        }
        sys.stdout.write(json.dumps(told_of) + "\n")
        sys.stdout.flush()


@contextmanager
def view(rows: Sequence[Row], *, as_json: bool) -> Iterator[View]:
    """The view that fits: what is said goes to standard output, and with --json everything else to standard error."""
    console = Console(stderr=as_json, highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, WIDTH)
    if as_json:
        yield JsonView(rows, console)
    elif console.is_terminal:
        shown = LiveView(rows, console)
        with shown.live:
            yield shown
    else:
        yield View(rows, console)


def told(row: Row) -> str:
    """How a row stands, in words: `225 of 250, A person decides about explained.`"""
    word = _WORDS[row.state][1]
    if row.record is None:
        return f"{word}{f': {row.text}' if row.text else ''}"
    grade = row.record.grade
    reused = " (measured before)" if row.reused else ""
    span = words.points(grade.points)
    if grade.status == "needs_review":
        span = f"{words.points(grade.lowest)} to {words.points(grade.highest)}"
    return f"{span} of {words.points(grade.spec_points)}{reused}. {grade.reason}"


def _table(rows: Sequence[Row], now: float | None) -> Table:
    table = Table(box=None, pad_edge=False, expand=False)
    for title, side in (("Who", "left"), ("State", "left"), ("Points", "right"), ("", "left")):
        table.add_column(title, justify=side, overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        icon, word, tone = _WORDS[row.state]
        style = STYLES[tone]  # type: ignore[index]
        grade = row.record.grade if row.record else None
        points = words.points(grade.points) if grade else ""
        if grade and grade.status == "needs_review":
            points = f"{words.points(grade.lowest)} to {words.points(grade.highest)}"
        if grade and grade.status == "ungradable":
            word = "graded: could not be run"
        doing = row.text
        if now is not None and row.state == "grading":
            doing = f"{row.stage} {100 * row.share:.0f} %, {now - row.began:.0f} s. {row.text}"
        table.add_row(
            Text(clean(row.entry.name, 40)),
            Text(f"{icon} {word}", style),
            points,
            Text(clean(doing, 160), "dim"),
        )
    return table

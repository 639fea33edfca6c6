"""What a benchmark looks like on a terminal: a line per trial, a bar for those that run, the tables at the end."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console, RenderableType
from rich.live import Live
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from grader.bench.page import NONE, Grid, Page, bench_page, percent, seconds
from grader.bench.records import Bench
from grader.bench.study import Row, Study
from grader.records import Absent
from grader.report.inert import one_line
from grader.report.json import plain
from grader.text import counted

WIDTH = 160
"""Columns in a file or a pipe."""
_SHOWN = ("measured", "reused", "retry", "stuck", "stopped")


class View:
    """Told of every change, from any thread."""

    def __init__(self, console: Console, *, as_json: bool) -> None:
        self._console, self._as_json = console, as_json
        self._lock = threading.Lock()
        self._rows: list[Row] = []
        self._said: dict[int, str] = {}
        self.live = Live(get_renderable=self._now, console=console, refresh_per_second=2, transient=True)

    def note(self, text: str) -> None:
        self._console.print(Text(one_line(text)), soft_wrap=True)

    def planned(self, study: Study) -> None:
        """What is there, what is left, and about how long that takes."""
        with self._lock:
            self._rows = study.rows
        reused = [row for row in study.rows if row.stored is not None]
        left = len(study.rows) - len(reused)
        self.note(
            f"{counted(len(study.rows), 'trial', 'trials')}: {len(reused)} measured before, {left} to measure, "
            f"{study.executor.slots} at once."
        )
        for (spec, model), count in Counter(
            (row.cell.assigned.loaded.spec.id, row.cell.submission.name) for row in study.rows
        ).items():
            self.note(f"  {spec} {model}: seeds 1 to {count}")

    def changed(self, row: Row) -> None:
        with self._lock:
            if row.state not in _SHOWN or self._said.get(id(row)) == row.state:
                return
            self._said[id(row)] = row.state
        if row.state != "reused":
            self.note(f"{time.strftime('%H:%M:%S')} {row.cell.name}: {told(row)}")

    def over(self, bench: Bench, out: Path) -> None:
        """The tables, and where they are."""
        self.live.stop()
        if self._as_json:
            sys.stdout.write(json.dumps(plain(bench), indent=1) + "\n")
            sys.stdout.flush()
            return
        show(bench_page(bench), self._console, tables=len({one.assignment.spec_id for one in bench.series}))
        if bench.missing:
            left = counted(len(bench.missing), "trial is", "trials are")
            self.note(f"{left} missing; the page says why. The same command again goes on with them.")
        self.note(f"{out / 'README.md'}, bench.html and bench.json")

    def _now(self) -> RenderableType:
        table = Table(box=None, show_header=False, pad_edge=False)
        for row in self._rows:
            if row.state == "training":
                took = time.monotonic() - row.began
                table.add_row(row.cell.name, f"{row.stage} {100 * row.share:.0f} %", f"{took:.0f} s")
        return table


@contextmanager
def view(*, as_json: bool) -> Iterator[View]:
    console = Console(stderr=as_json, highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, WIDTH)
    shown = View(console, as_json=as_json)
    if not console.is_terminal:
        yield shown
        return
    with shown.live:
        yield shown


def told(row: Row) -> str:
    """How a trial ended, in words."""
    if row.stored is None:
        return f"{'trying again' if row.state == 'retry' else 'not measured'}: {row.text}"
    trial = row.stored.trial
    if isinstance(trial.accuracy, Absent):
        return f"no accuracy: {trial.accuracy.reason}"
    return f"{percent(trial.accuracy)} in {seconds(trial.counted_seconds)} of counted time"


def show(page: Page, console: Console, tables: int | None = None) -> None:
    """A page on a terminal.

    Args:
        tables: the first so many of its tables; None: all.
    """
    console.print(Text(page.title, "bold"))
    for line in page.lines:
        console.print(Text(one_line(line)), soft_wrap=True)
    for grid in page.grids[:tables]:
        console.print()
        console.print(Text(one_line(grid.title), "bold"), soft_wrap=True)
        _print_grid(grid, console)
        for note in grid.notes:
            console.print(Text(one_line(note), "dim"), soft_wrap=True)
    console.print()


def _print_grid(grid: Grid, console: Console) -> None:
    """As a table or, where the terminal is too narrow for one, row by row."""
    table = _table(grid)
    wide = Measurement.get(console, console.options.update(max_width=1000), table).maximum
    if wide <= console.width:
        console.print(table)
        return
    for row in grid.rows:
        named = zip(grid.heads[1:], row[1:], strict=True)
        facts = " · ".join(f"{head} {one_line(cell)}" for head, cell in named if cell and cell != NONE)
        console.print(Text.assemble((one_line(row[0]), "bold"), f": {facts}"))


def _table(grid: Grid) -> Table:
    table = Table(box=None, pad_edge=False)
    for index, head in enumerate(grid.heads):
        table.add_column(head, justify="right" if index in grid.numbers else "left", overflow="fold")
    for row in grid.rows:
        table.add_row(*(Text(one_line(cell)) for cell in row))
    return table

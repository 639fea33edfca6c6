"""What a run looks like on a terminal: a line per stage, a bar where something takes long, the report at the end."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from grader.errors import GraderFault
from grader.events import Event, Events

if TYPE_CHECKING:
    from grader.records import RunRecord


def download_progress(name: str, done: int, total: int) -> None:
    """One line per file that was downloaded."""
    if done == total:
        Console(stderr=True).print(f"  downloaded {name} ({total / 1e6:.1f} MB)", highlight=False)


@dataclass
class Session:
    """Events on their way to the terminal, and the result after them."""

    events: Events
    console: Console

    def result(self, record: RunRecord, folder: Path | None, *, as_json: bool) -> None:
        from grader.report.json import to_json
        from grader.report.terminal import print_report

        try:
            if as_json:
                sys.stdout.write(to_json(record) + "\n")
            else:
                print_report(record, Console(), folder / "report.html" if folder else None)
            sys.stdout.flush()
        except BrokenPipeError:
            # Whoever read has seen enough; what was graded stays graded. Nothing more goes to this pipe.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except OSError as error:
            raise GraderFault(
                f"The result could not be printed: {error.strerror}.", "Look at where the output goes."
            ) from error


@contextmanager
def session(*, quiet: bool) -> Iterator[Session]:
    """Show a run's events on standard error; with `quiet`, only problems."""
    console = Console(stderr=True, highlight=False, quiet=quiet)
    columns = (
        TextColumn("  "),
        BarColumn(bar_width=30),
        TextColumn("{task.percentage:>3.0f} %  {task.description}"),
        TimeElapsedColumn(),
    )
    bar = Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal)
    with bar:
        yield Session(Events([_Lines(console, bar)]), console)


class _Lines:
    """One line per stage: what it does, then what came out of it."""

    def __init__(self, console: Console, bar: Progress) -> None:
        self._console = console
        self._bar = bar
        self._task: TaskID | None = None

    def __call__(self, event: Event) -> None:
        if event.kind == "progress":
            if self._task is None:
                self._task = self._bar.add_task("", total=1.0)
            self._bar.update(self._task, completed=event.share, description=event.text)
            return
        if self._task is not None:
            self._bar.remove_task(self._task)
            self._task = None
        if event.kind == "start":
            self._console.print(Text(event.text, style="bold"), soft_wrap=True)
        elif event.text:
            line = Text(f"  {event.text}", style="dim" if event.kind == "note" else "")
            self._console.print(line, soft_wrap=True)

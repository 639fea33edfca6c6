"""How a run goes on, for whoever watches: bars on a terminal, lines in a log file, JSON for a program.

Event texts may hold a student's words: they are cleaned once more before they are shown.
"""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from typing import IO

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column
from rich.text import Text

from grader.events import Event, Training
from grader.report.inert import json_text
from grader.text import clean

LINE_LIMIT = 500
SECONDS_BETWEEN_EPOCHS = 5.0
"""Epochs that end sooner after the last line get none in a log file, except for the last one."""


class Lines:
    """A line per stage, what came out of it, and at most one per epoch: for a file or a pipe."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._done = (1, 0)  # trial and epochs of the last line
        self._said = float("-inf")

    def __call__(self, event: Event) -> None:
        if event.kind == "progress":
            if event.training is not None and self._is_due(event.training, event.seconds):
                self._line(event.text, "dim")
        elif event.kind == "start":
            self._line(event.text, "bold", indent="")
        elif event.text:
            self._line(event.text, "dim" if event.kind == "note" else "")

    def _is_due(self, training: Training, now: float) -> bool:
        """Whether an epoch ended that no line tells of yet, some time after the last line."""
        done = training.trial, training.epochs_done
        if training.epochs_done == 0 or done == self._done:
            return False
        if now - self._said < SECONDS_BETWEEN_EPOCHS and training.epochs_done < training.epochs:
            return False
        self._done, self._said = done, now
        return True

    def _line(self, text: str, style: str, indent: str = "  ") -> None:
        self._console.print(Text(f"{indent}{clean(text, LINE_LIMIT)}", style), soft_wrap=True)


class Bars(Lines):
    """Those lines without the epochs; below them, what is under way: how far, since when, and for how long still."""

    def __init__(self, console: Console, bars: Progress) -> None:
        super().__init__(console)
        self._bars = bars
        self._task: TaskID | None = None

    def __call__(self, event: Event) -> None:
        if event.kind == "progress":
            self._show(event)
            return
        if self._task is not None and event.kind != "note":
            self._bars.remove_task(self._task)
            self._task = None
        super().__call__(event)
        if event.kind == "start":
            self._task = self._bars.add_task("", total=None)

    def _show(self, event: Event) -> None:
        if self._task is None:
            self._task = self._bars.add_task("", total=None)
        self._bars.update(self._task, total=1.0, completed=event.share, description=clean(event.text, 200))


def bars(console: Console) -> Progress:
    """A bar that vanishes with what it shows. Its text is no markup."""
    return Progress(
        TextColumn(" ", markup=False),
        SpinnerColumn(),
        BarColumn(bar_width=16),
        TextColumn(
            "{task.description}",
            markup=False,
            table_column=Column(ratio=1, overflow="fold"),
        ),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        expand=True,
    )


class JsonLines:
    """Each event as a line of ASCII JSON. Who does not listen any more is no reason to stop."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out

    def __call__(self, event: Event) -> None:
        self.line({**asdict(event), "text": clean(event.text, LINE_LIMIT)})

    def line(self, told: dict[str, object]) -> None:
        try:
            self._out.write(json_text(told, indent=None))
            self._out.flush()
        except BrokenPipeError:
            nobody_listens(self._out)


def nobody_listens(out: IO[str]) -> None:
    """Nothing more goes to this pipe; what is graded stays graded."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())


def to_standard_output() -> JsonLines:
    return JsonLines(sys.stdout)

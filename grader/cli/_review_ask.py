"""`grader review` at the prompt: one open item after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from grader.cli._review_list import print_list, still_open
from grader.cli._review_wish import parsed
from grader.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console, RenderableType

    from grader.course.stored.runs import StoredRun
    from grader.decisions import OpenItem
    from grader.records import RunRecord


def ask(runs: list[StoredRun], name: str, console: Console) -> list[StoredRun]:
    """One open item after the other. What was decided is stored at once: leaving early loses nothing.

    Args:
        name: of who decides.
    """
    from dataclasses import replace

    from rich.text import Text

    from grader.errors import StoreError

    left = sum(len(still_open(run)) for run in runs)
    console.print(f"{left} open, decided by {name or 'nobody yet'}. Enter skips, q ends.", soft_wrap=True)
    done: list[StoredRun] = []
    for index, run in enumerate(runs):
        for item in still_open(run):
            _show(run, item, console)
            try:
                record = _decided_at_prompt(run, item, name, console)
            except StoreError as error:
                console.print(Text(f"! {error.message} {error.hint}", "bright_red"), soft_wrap=True)
                continue
            if record is None:
                return [*done, run, *runs[index + 1 :]]
            run = replace(run, record=record)
        done.append(run)
    print_list(done, console)
    return done


def _decided_at_prompt(run: StoredRun, item: OpenItem, who: str, console: Console) -> RunRecord | None:
    """The new record; the same one where this item was skipped; None to end."""
    from rich.text import Text

    from grader.course.stored.results import read_run
    from grader.course.stored.review import DecidedMeanwhile, decide
    from grader.decisions import mark
    from grader.report.deciding import span

    seen = mark(run.record, item.id)
    while True:
        answer = click.prompt(span(item), default="", show_default=False).strip()
        if answer.lower() in ("q", "quit"):
            return None
        if not answer:
            return run.record
        try:
            wish = parsed(f"{item.id}={answer}")
            reason = click.prompt("Reason", default="", show_default=False)
            record = decide(run.folder, [wish], reason=reason, who=who, expecting={item.id: seen})
        except UsageError as error:
            if isinstance(error, DecidedMeanwhile):
                seen = mark(read_run(run.folder), item.id)
            console.print(Text(f"! {error.message} {error.hint}", "red"), soft_wrap=True)
            continue
        console.print(f"  kept: {record.grade.points:g} of {record.grade.max_points:g} now\n", style="green")
        return record


def _show(run: StoredRun, item: OpenItem, console: Console) -> None:
    """The item with the evidence that it is decided by."""
    from grader.report.terminal import printable

    console.rule(style="dim")
    for part in _evidence(run, item):
        console.print(printable(part, console), soft_wrap=False)


def _evidence(run: StoredRun, item: OpenItem) -> Iterator[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    from grader.report.inert import inert
    from grader.report.terminal import advice

    shown = inert(run.record)
    outcome = next(
        one
        for one in (*shown.outcomes, *(other.outcome for other in shown.grade.adjustments))
        if one.id == item.id
    )
    yield Text(f"{shown.evidence.submission.name} · {shown.title}", "dim")
    yield Text(f"{outcome.id}: {outcome.requirement}", "bold")
    yield Text(f"Measured: {outcome.finding.measured or 'not measured'}")
    for line in advice(outcome):
        yield Padding(line, (0, 0, 0, 2))
    yield Text(f"All of it: {_page(run).resolve().as_uri()}{_anchor(run, item)}", "dim")
    yield Text("")


def _page(run: StoredRun) -> Path:
    """The staff's report; a run of an older grader has the other one alone."""
    whole = run.folder / "staff.html"
    return whole if whole.is_file() else run.folder / "report.html"


def _anchor(run: StoredRun, item: OpenItem) -> str:
    """The item's place in the report."""
    ids = [one.id for one in run.record.outcomes]
    return f"#check-{ids.index(item.id) + 1}" if item.takes_points else "#adjustments"

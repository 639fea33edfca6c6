"""`grader review`: what is open, as a list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from grader.course.stored.runs import StoredRun
    from grader.decisions import OpenItem


def still_open(run: StoredRun) -> tuple[OpenItem, ...]:
    from grader.decisions import open_items

    return open_items(run.record)


def print_list(runs: list[StoredRun], console: Console) -> None:
    from grader.report.terminal import printable

    waiting = [run for run in runs if still_open(run)]
    for run in waiting:
        for part in _listed(run):
            console.print(printable(part, console), soft_wrap=True)
    print_count(runs, console)
    if len(runs) == 1 and (more := _by_the_grader(runs[0])):
        console.print(printable(more, console), soft_wrap=True)


def print_count(runs: list[StoredRun], console: Console) -> None:
    waiting = [run for run in runs if still_open(run)]
    count = sum(len(still_open(run)) for run in waiting)
    if count:
        things = f"{count} open {'decision' if count == 1 else 'decisions'}"
        where = f"{len(waiting)} of {len(runs)} {'run' if len(runs) == 1 else 'runs'}"
        console.print(f"{things} in {where}.", soft_wrap=True)
    else:
        shown = "the run" if len(runs) == 1 else f"{len(runs)} runs"
        console.print(f"Nothing is open in {shown}.", soft_wrap=True)


def _listed(run: StoredRun) -> Iterator[RenderableType]:
    from rich.text import Text

    from grader.decisions import open_items
    from grader.report import words
    from grader.report.deciding import span
    from grader.report.inert import inert

    shown = inert(run.record)
    verdict = words.verdict(shown)
    name = f"{shown.evidence.submission.name}, {shown.provenance.spec_id}: {verdict.headline}"
    yield Text(name, "bold")
    yield Text(f"  {run.folder}", "dim")
    for item in open_items(shown):
        yield Text(f"  {item.id}: {span(item)}. {item.outcome.requirement}")
    yield Text("")


def _by_the_grader(run: StoredRun) -> RenderableType | None:
    """What can be overridden in this run; None where nothing can be."""
    from rich.text import Text

    from grader.decisions import decidable
    from grader.report.deciding import span, standing
    from grader.report.inert import inert

    found = [one for one in decidable(inert(run.record)) if one.overrides and not one.decided]
    lines = [f"  {one.id}: {standing(one)}; {span(one)}" for one in found]
    return Text("\n".join(["Can be overridden with --set and a reason:", *lines]), "dim") if lines else None

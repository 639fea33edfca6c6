"""What `grader inspect` shows: the model and the recovered training, for a terminal or as JSON.

It is no format of a run's report.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from grader.records import Inspection
from grader.report import words
from grader.report.inert import inert
from grader.report.json import written
from grader.report.sections.claims import describe as describe_claims
from grader.report.sections.interface import Fact, Section, Table
from grader.report.sections.method import describe as describe_method
from grader.report.sections.model import describe
from grader.report.sections.recovered import describe as describe_training
from grader.report.terminal import printable

_CANDIDATES = "Classes that could be the model"


def to_json(found: Inspection) -> str:
    """The record as JSON text; `model` is written as in `result.json`."""
    return written(found)


def print_inspection(found: Inspection, console: Console) -> None:
    """Print all that was seen: the candidates first, torchinfo's table last."""
    shown = inert(found)
    section = describe(shown.model, shown)
    more = [describe_training(shown.training), describe_method(shown.remarks, shown.training)]
    if shown.comparisons:
        more.append(describe_claims(shown.comparisons))
    parts = [*_head(shown), *_body(section, console.width), *_obstacles(shown)]
    for one in more:
        parts += [Text(one.title, "bold"), *_body(one, console.width)]
    for part in parts:
        console.print(printable(part, console))
        console.print()
    for block in (*section.blocks, *(block for one in more for block in one.blocks)):
        # Its columns stay columns: where a line is too long, the terminal breaks it.
        console.print(Text(block.title, "bold"))
        console.print(printable(Text(block.text), console), soft_wrap=True)


def _head(found: Inspection) -> Iterator[RenderableType]:
    one = found.submission
    about = " · ".join(part for part in (one.name, one.subfolder, one.commit[:12]) if part)
    yield Text(about, "bold")
    if found.isolation.level == "1":
        text = (
            "! NOT ISOLATED: this code ran without isolation (level 1). Look only at code that you trust so."
        )
        yield Text(text, "bold yellow")


def _body(section: Section, width: int) -> Iterator[RenderableType]:
    tables = sorted(section.tables, key=lambda one: one.title != _CANDIDATES)
    for one in tables:
        if one.title == _CANDIDATES:
            yield _table(one)
    yield from (Text(line) for line in section.lead)
    if section.facts:
        yield _facts(section.facts)
    for one in tables:
        if one.title != _CANDIDATES:
            yield from _records(one) if _is_cramped(one, width) else (_table(one),)


def _obstacles(found: Inspection) -> Iterator[RenderableType]:
    yield from (Text(f"! {words.why_not(obstacle)}", "yellow") for obstacle in found.obstacles)


def _facts(facts: tuple[Fact, ...]) -> RenderableType:
    grid = Grid.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for fact in facts:
        grid.add_row(Text(fact.label), Text(fact.value))
    return grid


def _is_cramped(table: Table, width: int) -> bool:
    """Whether its sentences would stand in columns of a word's width."""
    longest = [max((len(row[i]) for row in table.rows), default=0) for i in range(len(table.columns))]
    return len(table.columns) > 3 and sum(min(one, 40) for one in longest) + 2 * len(longest) > width


def _records(table: Table) -> Iterator[RenderableType]:
    """The rows below one another, each value behind the name of its column."""
    yield Text(table.title, "bold")
    for row in table.rows:
        pairs = zip(table.columns, row, strict=True)
        yield _facts(tuple(Fact(column.title, value) for column, value in pairs if value))
    if table.note:
        yield Text(table.note, "dim")


def _table(table: Table) -> RenderableType:
    grid = Grid(
        box=box.SIMPLE_HEAD,
        title=Text(table.title, "bold"),
        title_justify="left",
        caption=Text(table.note, "dim") if table.note else None,
        caption_justify="left",
        pad_edge=False,
    )
    for column in table.columns:
        grid.add_column(column.title, justify="right" if column.kind == "number" else "left", overflow="fold")
    for row in table.rows:
        grid.add_row(*map(Text, row))
    return grid

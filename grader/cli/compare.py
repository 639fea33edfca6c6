"""`grader compare`: two runs side by side, or two batches."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.errors import ExitCode

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from grader.course.again.comparing import Compared, Side
    from grader.course.again.side_by_side import Line
    from grader.records import RunRecord

SCHEMA = "grader/comparison/1"
NAMES_SHOWN = 20
_STYLES = {"beyond noise": "bold yellow", "differs": "", "within noise": "dim", "same": "dim"}


@click.command(short_help="Two runs side by side, or two batches.")
@click.argument("first", type=click.Path(exists=True, path_type=Path), metavar="A")
@click.argument("second", type=click.Path(exists=True, path_type=Path), metavar="B")
@click.option("--all", "everything", is_flag=True, help="Of two runs also the lines that are the same.")
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
def command(first: Path, second: Path, everything: bool, as_json: bool) -> int:
    """Hold A against B: two runs (a run's folder or its result.json), or two folders of runs, whose submissions are
    matched by name or code.

    Of two runs: what was measured, how it was trained, and each check that stands differently. Of two batches: who has
    another grade, and the sums. Of accuracies it is said whether they differ by more than the noise of their seeds.

    Exit codes: 0 the grades are equal, 3 they differ or a submission is in one of the two alone, 5 a run could not be
    read, 2 a mistake in the command.
    """
    from rich.console import Console

    from grader.cli._differences import show
    from grader.course.again.comparing import compared, side

    a, b = side(first), side(second)
    console = Console(highlight=False)
    if a.is_one and b.is_one and a.runs and b.runs:
        one, two = next(iter(a.runs.values())), next(iter(b.runs.values()))
        plain, parts = _plain_pair(one, two), _pair(one, two, console, everything=everything)
        is_equal = plain["state"] == "unchanged"
    else:
        found = compared(a, b)
        plain, parts = _plain(a, b, found), _batches(a, b, found, console)
        is_equal = found.is_equal
    if as_json:
        click.echo(json.dumps(plain, indent=2))
    else:
        show(parts, console)
    if a.unreadable or b.unreadable:
        return ExitCode.FAULT
    return ExitCode.PASSED if is_equal else ExitCode.DIFFERENT


# --- two runs -----------------------------------------------------------------------------------------------------


def _pair(a: RunRecord, b: RunRecord, console: Console, *, everything: bool) -> Iterator[RenderableType]:
    from rich.text import Text

    from grader.cli._differences import signed, told
    from grader.course.again.differences import difference
    from grader.course.again.side_by_side import side_by_side

    lines = side_by_side(a, b)
    yield _measured(a, b, [one for one in lines if everything or one.verdict != "same"], console)
    same = [one.what for one in lines if one.verdict == "same"]
    if same and not everything:
        yield Text(f"The same in both: {', '.join(same)}.", "dim")
    found = difference(a, b)
    listed = list(told(found))
    yield Text("What stands differently" if listed else "Every check stands as it did.", "bold")
    yield from (Text(f"  {line}") for line in listed)
    moved = "equal grades" if found.move == "unchanged" else f"{signed(found.by)} points"
    yield Text(f"{_graded(a)} → {_graded(b)}: {moved}", "bold")


def _graded(record: RunRecord) -> str:
    from grader.cli._differences import grade
    from grader.course.again.differences import marks
    from grader.report import words

    return f"{grade(marks(record.grade))} of {words.points(record.grade.spec_points)}"


def _measured(a: RunRecord, b: RunRecord, lines: list[Line], console: Console) -> RenderableType:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from grader.text import clean

    table = Table(
        box=box.SIMPLE_HEAD if console.is_terminal else None, pad_edge=False, width=min(console.width, 140)
    )
    table.add_column("", ratio=3, overflow="fold")
    for record in (a, b):
        table.add_column(Text(clean(record.evidence.submission.name, 60)), ratio=5, overflow="fold")
    table.add_column("", ratio=4, overflow="fold")
    for line in lines:
        style = _STYLES.get(line.verdict, "")
        said = line.verdict if line.verdict in ("within noise", "beyond noise", "cannot be compared") else ""
        note = ". ".join(part for part in (said.capitalize(), clean(line.note, 200)) if part)
        table.add_row(line.what, *(Text(clean(one, 300), style) for one in (line.first, line.second, note)))
    return table


def _plain_pair(a: RunRecord, b: RunRecord) -> dict[str, Any]:
    from dataclasses import asdict

    from grader.course.again.differences import difference
    from grader.course.again.side_by_side import side_by_side

    found = difference(a, b)
    return {
        "schema": SCHEMA,
        "first": _named(a),
        "second": _named(b),
        "state": found.move,
        "points": found.by,
        "lines": [asdict(one) for one in side_by_side(a, b)],
        **asdict(found),
    }


def _named(record: RunRecord) -> dict[str, str]:
    return {
        "spec_id": record.provenance.spec_id,
        "submission": record.evidence.submission.name,
        "run_id": record.run_id,
    }


# --- two batches --------------------------------------------------------------------------------------------------


def _batches(a: Side, b: Side, found: Compared, console: Console) -> Iterator[RenderableType]:
    from rich.text import Text

    from grader.cli._differences import summed, table
    from grader.course.again.differences import sums
    from grader.text import clean

    yield from _unreadable((*a.unreadable, *b.unreadable))
    several = len({one.spec_id for one in found.pairs}) > 1
    moved = [one for one in found.pairs if one.difference.move != "unchanged"]
    if moved:
        rows = [(f"{one.spec_id}: {one.name}" if several else one.name, one.difference) for one in moved]
        yield table(rows, console)
    yield from _noisy(found)
    for keys, side in ((found.only_first, a), (found.only_second, b)):
        if keys:
            names = ", ".join(clean(name, 60) for _, name in keys[:NAMES_SHOWN])
            more = f" and {len(keys) - NAMES_SHOWN} more" if len(keys) > NAMES_SHOWN else ""
            yield Text(f"Only in {clean(str(side.place), 200)} ({len(keys)}): {names}{more}.")
    yield from map(Text, summed(sums(one.difference for one in found.pairs)))
    yield Text("The grades are equal." if found.is_equal else "The grades differ.", "bold")


def _unreadable(said: Sequence[str]) -> Iterator[RenderableType]:
    from rich.text import Text

    from grader.text import clean

    for line in said[:NAMES_SHOWN]:
        yield Text(f"! {clean(line, 400)}", "bright_red")
    if len(said) > NAMES_SHOWN:
        yield Text(f"! and {len(said) - NAMES_SHOWN} more that could not be read", "bright_red")


def _noisy(found: Compared) -> Iterator[RenderableType]:
    """How the accuracies differ, and where by more than noise."""
    from rich.text import Text

    from grader.text import clean

    beyond = [one for one in found.pairs if one.accuracies.verdict == "beyond noise"]
    for one in beyond:
        both = one.accuracies
        yield Text(
            f"{clean(one.name, 60)}: accuracy {both.first} → {both.second}. Beyond noise. {both.sentence}"
        )
    counts = Counter(one.accuracies.verdict for one in found.pairs)
    said = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    if found.pairs:
        yield Text(f"Accuracies: {said}.")


def _plain(a: Side, b: Side, found: Compared) -> dict[str, Any]:
    from dataclasses import asdict

    from grader.course.again.differences import sums

    pairs = [
        {
            "spec_id": one.spec_id,
            "submission": one.name,
            "state": one.difference.move,
            "points": one.difference.by,
            "accuracies": asdict(one.accuracies),
            **asdict(one.difference),
        }
        for one in found.pairs
    ]
    return {
        "schema": SCHEMA,
        "pairs": pairs,
        "only_first": [{"spec_id": spec_id, "submission": name} for spec_id, name in found.only_first],
        "only_second": [{"spec_id": spec_id, "submission": name} for spec_id, name in found.only_second],
        "unreadable": [*a.unreadable, *b.unreadable],
        "sums": asdict(sums(one.difference for one in found.pairs)),
    }

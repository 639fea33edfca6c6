"""`grader regrade`: a corrected spec over stored evidence."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.errors import ExitCode

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from grader.course.again.regrade import Again, Looked
    from grader.spec.load import Loaded

SCHEMA = "grader/regrade/1"


@click.command(short_help="Judge stored runs again under a corrected spec.")
@click.argument("spec")
@click.argument("place", type=click.Path(path_type=Path), default=Path("reports"))
@click.option("--course", default="", metavar="COURSE", help="With what this course adds, such as eva8.")
@click.option("--every-run", is_flag=True, help="Also the earlier runs of a submission, not only the latest.")
@click.option("--apply", "put_into_effect", is_flag=True, help="Store the new grades: all of them, or none.")
@click.option("--json", "as_json", is_flag=True, help="Print the differences as JSON.")
def command(
    spec: str, place: Path, course: str, every_run: bool, put_into_effect: bool, as_json: bool
) -> int:
    """Judge the stored runs at PLACE (a run's folder, or a folder of runs; default: reports) again under SPEC (a file,
    or the name of a shipped spec such as s4), and show who changes, by how much, and why.

    Nothing is trained, and nothing is changed until --apply. Then each run that is not under this spec yet is stored
    anew beside the earlier one: all of them or none. Give --course where the runs were graded with one.

    Exit codes: 0 every run could be judged again, 5 one needs a new run or could not be read, 2 a mistake in the
    command or the spec.
    """
    from grader.course.again.regrade import Again, looked_at
    from grader.spec.course import load_course, with_course
    from grader.spec.load import load_spec

    loaded = load_spec(spec)
    if course:
        loaded = with_course(loaded, load_course(course))
    again = Again(loaded)
    rows = looked_at(place, again, every=every_run)
    stored = _applied(rows, again) if put_into_effect else None
    if as_json:
        click.echo(json.dumps(_plain(rows, loaded, stored), indent=2))
    else:
        _print(rows, loaded, stored)
    return ExitCode.PASSED if all(row.difference for row in rows) else ExitCode.FAULT


def _applied(rows: Sequence[Looked], again: Again) -> int:
    from grader.course.again.applying import applied

    return len(applied(rows, again))


# --- shown ------------------------------------------------------------------------------------------------------


def _print(rows: Sequence[Looked], loaded: Loaded, stored: int | None) -> None:
    from rich.console import Console

    from grader.cli._differences import show

    console = Console(highlight=False)
    show(_parts(rows, loaded, stored, console), console)


def _parts(
    rows: Sequence[Looked], loaded: Loaded, stored: int | None, console: Console
) -> Iterator[RenderableType]:
    from rich.text import Text

    from grader.cli._differences import summed, table
    from grader.course.again.differences import sums

    spec = loaded.spec
    yield Text(f"{spec.title} ({loaded.path_shown}, edition {spec.edition})", "bold")
    yield from (Text(f"! {line}", "yellow") for line in _doubts(rows, loaded))
    order = {"down": 0, "up": 1, "state": 2}
    found = [(row.name, row.difference) for row in rows if row.difference]
    changed = [(name, one) for name, one in found if one.move != "unchanged" or one.lost]
    if changed:
        yield table(sorted(changed, key=lambda pair: (order.get(pair[1].move, 3), pair[0])), console)
    yield from _not_judged(rows)
    yield from map(Text, summed(sums(one for _, one in found)))
    yield Text(_ending(rows, stored), "bold")


def _not_judged(rows: Sequence[Looked]) -> Iterator[RenderableType]:
    from rich.text import Text

    from grader.text import clean

    left = [row for row in rows if row.difference is None]
    if left:
        yield Text("Cannot be judged again, and stay as they are", "bold")
    for row in left:
        what = "could not be read" if row.unreadable else "needs a new run: grader batch, or grader run"
        yield Text(f"  {clean(row.name, 60)}: {what}. {clean(row.wanting, 400)}")


def _doubts(rows: Sequence[Looked], loaded: Loaded) -> Iterator[str]:
    """What may be a mistake in the command, and would change grades."""
    from grader.text import clean, counted

    editions = sorted({row.edition for row in rows if row.difference} - {loaded.spec.edition})
    if editions:
        named = " and ".join(str(one) for one in editions)
        yield f"Some runs were graded under edition {named}: results compare only within one edition."
    gone = [
        change.id
        for row in rows
        for change in (row.difference.changes if row.difference else ())
        if change.kind in ("penalty", "percentage") and change.after is None
    ]
    if gone:
        names = ", ".join(clean(name, 60) for name in sorted(set(gone)))
        yield (
            f"{counted(len(gone), 'penalty was', 'penalties were')} judged that this spec does not have ({names}). "
            "If a course brings them, give --course."
        )


def _ending(rows: Sequence[Looked], stored: int | None) -> str:
    from grader.text import counted

    new = sum(row.is_new for row in rows)
    if stored:
        return f"Stored: {counted(stored, 'new run', 'new runs')}. The earlier ones are kept."
    if not new:
        return "Every run that can be judged is under this spec already: there is nothing to store."
    return f"Nothing was changed. --apply stores {counted(new, 'new run', 'new runs')} and keeps the earlier ones."


# --- as JSON ----------------------------------------------------------------------------------------------------


def _plain(rows: Sequence[Looked], loaded: Loaded, stored: int | None) -> dict[str, Any]:
    from dataclasses import asdict

    from grader.course.again.differences import sums

    return {
        "schema": SCHEMA,
        "spec_id": loaded.spec.id,
        "spec_edition": loaded.spec.edition,
        "spec_digest": loaded.digest,
        "stored": stored or 0,
        "runs": [_row(row) for row in rows],
        "sums": asdict(sums(row.difference for row in rows if row.difference)),
    }


def _row(row: Looked) -> dict[str, Any]:
    from dataclasses import asdict

    found = row.difference
    told: dict[str, Any] = {"submission": row.name, "run_id": row.run_id, "folder": str(row.folder)}
    if found is None:
        return {**told, "state": "unreadable" if row.unreadable else "needs a new run", "reason": row.wanting}
    return {**told, "state": found.move, "points": found.by, "is_new": row.is_new, **asdict(found)}

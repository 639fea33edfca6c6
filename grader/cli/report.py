"""`grader report`: stored runs shown again, as this version of the grader shows them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from grader.records import RunRecord

DEFAULT = ("html", "markdown", "staff")


@click.command(short_help="Render the reports of stored runs again.")
@click.argument("place", type=click.Path(path_type=Path), default="reports", metavar="[PLACE]")
@click.option(
    "--format",
    "wanted",
    multiple=True,
    metavar="NAMES",
    help="html, markdown (md), staff, json, junit, terminal, or another export; several with commas between them.",
)
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    metavar="FILE|FOLDER",
    help="Where to write. A folder for several formats or runs. Default: each run's folder.",
)
@click.option("--batch", is_flag=True, help="Write the page of the batch instead: <assignment>/batch.html.")
def command(place: Path, wanted: tuple[str, ...], to: Path | None, batch: bool) -> int:
    """Render the runs at PLACE again: a run's folder, or a folder of runs, of which the latest of each submission count.

    Without --format, report.html and README.md for the student and staff.html for the staff. The record itself,
    result.json, stays as it is: nothing is measured or judged again. A terminal report without --to is printed.

    With --batch, PLACE is the folder of all runs or of one assignment: all submissions on one page, as they stand now.
    """
    from grader.cli.export._writing import told
    from grader.course.stored.rendered import Written, render_again, write_formats, write_runs
    from grader.report.interface import named, reports

    names = named(",".join(wanted).split(",")) if wanted else ()
    if batch:
        return _batch_page(place, names, to)
    if to is not None:
        if not names:
            raise UsageError("--to needs to know what to write.", "Give a format: --format NAME.")
        return told(write_formats(place, reports(names), to))
    code = told(write_runs(place, *_shown("terminal"), None)) if "terminal" in names else ExitCode.PASSED
    kept = _for_the_folder(names or DEFAULT)
    done = render_again(place, reports(kept)) if kept else Written()
    return max(code, told(done))


def _for_the_folder(names: tuple[str, ...]) -> tuple[str, ...]:
    """Those that a run's folder gets; what is printed and the record itself are not among them."""
    if "json" in names and len(names) > 1:
        click.echo("result.json is the run itself and stays as it is; --to FOLDER writes a copy.", err=True)
        names = tuple(name for name in names if name != "json")
    return tuple(name for name in names if name != "terminal")


def _batch_page(place: Path, wanted: tuple[str, ...], to: Path | None) -> int:
    from grader.course.stored.batch_page import place_of, write_pages
    from grader.course.stored.store import opened

    if wanted or to is not None:
        raise UsageError("--batch has a format and a place of its own.", "Leave --format and --to away.")
    base, only = place_of(place)
    with opened(base) as database:
        for file in write_pages(place, database, only):
            click.echo(f"Wrote {file}.", err=True)
    return ExitCode.PASSED


def _shown(name: str) -> tuple[Callable[[RunRecord], str], str]:
    from grader.report.interface import formats

    return formats()[name].render, formats()[name].file_name

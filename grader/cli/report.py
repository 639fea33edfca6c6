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
    metavar="NAME",
    help="html, markdown, staff, json, terminal, or one of the exports. Can be given several times.",
)
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    metavar="FILE|FOLDER",
    help="Where to write one format. Default: each run's folder.",
)
def command(place: Path, wanted: tuple[str, ...], to: Path | None) -> int:
    """Render the runs at PLACE again: a run's folder, or a folder of runs, of which the latest of each submission count.

    Without --format, report.html and README.md for the student and staff.html for the staff. The record itself,
    result.json, stays as it is: nothing is measured or judged again. A terminal report without --to is printed.
    """
    from grader.cli.export._writing import told
    from grader.course.rendered import Written, render_again, write_runs
    from grader.report.interface import reports

    if to is not None:
        if len(wanted) != 1:
            raise UsageError("With --to there is one format.", "Give --format NAME once.")
        (one,) = reports(wanted)
        return told(write_runs(place, one.render, one.file_name, to))
    code = told(write_runs(place, *_shown("terminal"), None)) if "terminal" in wanted else ExitCode.PASSED
    kept = tuple(name for name in wanted or DEFAULT if name != "terminal")
    done = render_again(place, reports(kept)) if kept else Written()
    return max(code, told(done))


def _shown(name: str) -> tuple[Callable[[RunRecord], str], str]:
    from grader.report.interface import formats

    return formats()[name].render, formats()[name].file_name

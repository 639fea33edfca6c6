"""What the exports of a format have in common: where the runs are, where the files go, and what is said about it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from grader.course.stored.rendered import Written
    from grader.records import RunRecord

place_argument = click.argument("place", type=click.Path(path_type=Path), metavar="PLACE")
to_option = click.option(
    "--to",
    type=click.Path(path_type=Path),
    metavar="FILE|FOLDER",
    help="Where to write. Default: one run to standard output.",
)


def export(
    place: Path,
    name: str,
    to: Path | None,
    *,
    grades: bool = False,
    render: Callable[[RunRecord], str] | None = None,
) -> int:
    """Write the runs at `place` in the report format `name`, and say what came of it.

    Args:
        grades: the format has points and no word for the grader's own fault.
        render: in place of the format's own.
    """
    from grader.course.stored.rendered import write_runs
    from grader.report.interface import formats

    report = formats()[name]
    return told(write_runs(place, render or report.render, report.file_name, to, grades=grades))


def told(done: Written) -> int:
    """Print what was written, and what was not and why; the exit code."""
    from grader.errors import ExitCode

    click.echo(done.text, nl=False)
    if len(done.files) == 1:
        click.echo(f"Wrote {done.files[0]}.", err=True)
    elif done.files:
        click.echo(f"Wrote {len(done.files)} files below {os.path.commonpath(done.files)}.", err=True)
    said = [f"not a grade, and marked so: {line}" for line in done.not_grades]
    said += [f"left out: {line}" for line in done.left_out]
    for line in said:
        # In a step of GitHub Actions, a name with `##[error]` in it would be a command.
        click.echo(line.replace("##[", "## ["), err=True)
    return ExitCode.FAULT if done.left_out else ExitCode.PASSED

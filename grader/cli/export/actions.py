"""`grader export actions`: a run in GitHub Actions."""

from __future__ import annotations

import os
from pathlib import Path

import click

from grader.cli.export._writing import place_argument


@click.command(short_help="Summary, annotations and outputs in GitHub Actions.")
@place_argument
def command(place: Path) -> int:
    """Tell the step of GitHub Actions that runs this about the run at PLACE: a run's folder, or a folder with one.

    Appends to the step's summary, prints the report and annotations, and sets the outputs status, points, max_points,
    passed and is_grade. What students wrote cannot command the runner. The exit code says nothing about the grade.
    """
    from grader.course.stored.actions import log_text, tell
    from grader.course.stored.rendered import only_run
    from grader.errors import ExitCode

    record = only_run(place).record
    click.echo(log_text(record), nl=False)
    for line in tell(record, os.environ):
        click.echo(line, err=True)
    return ExitCode.PASSED

"""`grader export junit`: JUnit XML."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli.export._writing import export, place_argument, to_option


@click.command(short_help="JUnit XML, for Jenkins, GitLab or Artemis.")
@place_argument
@to_option
def command(place: Path, to: Path | None) -> int:
    """Write the runs at PLACE (a run's folder, or a folder of runs) as JUnit XML.

    A check that is not met is a failure, the grader's own fault an error; what is open or was not judged is skipped.
    """
    return export(place, "junit", to)

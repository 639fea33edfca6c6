"""`grader export gradescope`: results.json of Gradescope."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli.export._writing import export, place_argument, to_option


@click.command(short_help="Gradescope's results.json of a run.")
@place_argument
@to_option
def command(place: Path, to: Path | None) -> int:
    """Write the runs at PLACE (a run's folder, or a folder of runs) as Gradescope's results.json.

    What is open counts with the points that are certain, and says so. A run that ended by the grader's own fault
    gives no file: exit code 5.
    """
    return export(place, "gradescope", to, grades=True)

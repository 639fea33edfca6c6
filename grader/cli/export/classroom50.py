"""`grader export classroom50`: a result of Classroom 50."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli.export._writing import export, place_argument, to_option


@click.command(short_help="Classroom 50's result of a run.")
@place_argument
@to_option
@click.option("--classroom", default="", metavar="NAME", help="The classroom's name.")
@click.option("--assignment", default="", metavar="NAME", help="The assignment's name. Default: the spec's.")
@click.option("--assignment-type", default="individual", show_default=True, metavar="WORD")
@click.option(
    "--owner", default="", metavar="NAME", help="Whose work it is. Default: the repository's owner."
)
@click.option("--submission", default="", metavar="TAG", help="The submission's tag. Default: the run's ref.")
@click.option("--release", default="", metavar="URL", help="Link to the release.")
@click.option("--review", default="", metavar="URL", help="Link to the review.")
@click.option("--submitted-by", default="", metavar="NAME", help="Who handed it in, of a group.")
def command(place: Path, to: Path | None, **given: str) -> int:
    """Write the runs at PLACE (a run's folder, or a folder of runs) as results of Classroom 50.

    Points are whole numbers there; each test keeps the exact ones beside them. A run that ended by the grader's own
    fault gives no file: exit code 5.
    """
    from functools import partial

    from grader.report.classroom50 import Place, written

    return export(place, "classroom50", to, grades=True, render=partial(written, place=Place(**given)))

"""`grader export`: stored runs and grades in the formats of other systems, one file per format."""

from __future__ import annotations

import click

from grader.cli._verbs import Verbs


@click.group(cls=Verbs, package=__name__, path=__path__, short_help="Grades in the formats of other systems.")
def command() -> None:
    """Write stored grades as learning platforms and continuous integration want them."""

"""What the exports to learning platforms have in common: options, what they say at the end, and their exit code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from grader.cli._gradebook import FILE
from grader.errors import ExitCode

if TYPE_CHECKING:
    from grader.course.grades.exported import Export
    from grader.course.grades.gradebook import Gradebook

SHOWN = 30
"""Lines of each list on the terminal."""

to_option = click.option(
    "--to",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; never one that is read.",
)


class Filled(Protocol):
    """A platform's file, filled in."""

    @property
    def column(self) -> str: ...
    @property
    def changed(self) -> tuple[str, ...]: ...
    @property
    def notes(self) -> tuple[str, ...]: ...
    @property
    def without_student(self) -> tuple[str, ...]: ...
    @property
    def without_grade(self) -> tuple[str, ...]: ...


def fill_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--fill, --to, --assignment, --with-open."""
    for option in (
        click.option(
            "--with-open",
            is_flag=True,
            help="Also rows of which something is open, with the points that are certain.",
        ),
        click.option(
            "--assignment", default="", metavar="ID", help="The points of this assignment, not the total."
        ),
        to_option,
        click.option(
            "--fill", required=True, type=FILE, help="The file as it was downloaded from the platform."
        ),
    ):
        function = option(function)
    return function


def show(filled: Filled, export: Export, book: Gradebook, to: Path) -> ExitCode:
    """Say who got a grade and who did not, and what is to be looked at."""
    click.echo(f"{export.what}, of {export.of:g} points, in the column {filled.column}:")
    _listed("got a grade", filled.changed)
    own = [note for note in book.notes if export.what == "the total" or note.startswith(f"{export.what}:")]
    _listed("to be looked at", (*filled.notes, *own))
    _listed("left out: not settled (--with-open writes what is certain)", export.left_out)
    _listed("not settled, and written with what is certain now", export.certain)
    _listed("not in the file", filled.without_student)
    _listed("in the file, and without a grade: left as they were", filled.without_grade)
    _listed("stored runs that cannot be read", [str(folder) for folder in book.unread])
    click.echo(f"Written: {to}")
    if book.unread:
        return ExitCode.FAULT
    return (
        ExitCode.NEEDS_REVIEW
        if export.left_out or export.certain or filled.without_student
        else ExitCode.PASSED
    )


def _listed(title: str, texts: Sequence[str]) -> None:
    if not texts:
        return
    click.echo(f"  {len(texts):>5,}  {title}")
    for text in texts[:SHOWN]:
        click.echo(f"           {text}")
    if len(texts) > SHOWN:
        click.echo(f"           and {len(texts) - SHOWN:,} more")

"""`grader grades`: what everybody earned, over a whole course or in one assignment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli._gradebook import gradebook_options, inputs_of, read_gradebook
from grader.errors import ExitCode

if TYPE_CHECKING:
    from grader.course.grades.gradebook import Gradebook


@click.command(short_help="What everybody earned, over a course.")
@gradebook_options
@click.option(
    "--csv",
    "csv_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the table to this file as well.",
)
@click.option(
    "--explain", default="", metavar="NAME", help="Each step of one row's total: name, id or e-mail."
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON on standard output.")
def command(subject_name: str, csv_file: Path | None, explain: str, as_json: bool, **options: Any) -> int:
    """Add up what everybody in --roster earned in COURSE_OR_SPEC: a course or a spec, by its name or its file.

    Nothing is graded and no grade is changed: what counts is what the batches of this roster left. Each row has its
    points, what is late, what was not handed in, and whether it passes; what is not settled is open between two bounds,
    and is never counted as zero. See docs/grades.md.

    Exit codes: 0 everything is settled, 6 something is open, 5 a stored run could not be read, 2 a mistake in the
    command, the course, the spec or a file.
    """
    from grader.cli import _grades_view as view

    book = read_gradebook(subject_name, options)
    if csv_file is not None:
        _write(csv_file, book, inputs_of(options))
    if as_json:
        view.as_json(book)
    elif explain:
        view.explain(book, explain)
    else:
        view.table(book)
        if csv_file is not None:
            click.echo(f"Written: {csv_file}")
    return code_of(book)


def code_of(book: Gradebook) -> ExitCode:
    """The exit code that a whole gradebook comes to."""
    if book.unread:
        return ExitCode.FAULT
    open_rows = any(line.is_open for line in book.lines)
    return ExitCode.NEEDS_REVIEW if open_rows else ExitCode.PASSED


def _write(place: Path, book: Gradebook, inputs: tuple[Path, ...]) -> None:
    from grader.cli._exported import write_export
    from grader.course.grades.grades_csv import grades_csv

    write_export(place, grades_csv(book.grade_lines), "utf-8", inputs)

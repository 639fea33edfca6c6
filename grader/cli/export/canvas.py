"""`grader export canvas`: the gradebook's own export, with one column filled in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from grader.cli._exports import fill_options, show
from grader.cli._gradebook import gradebook_options, inputs_of, read_gradebook


@click.command(short_help="Fill a column of the Canvas gradebook's export.")
@gradebook_options
@fill_options
@click.option(
    "--column",
    required=True,
    metavar="TITLE",
    help="The assignment's column in the export: its title with the number, its name or its number.",
)
@click.option("--cap-negative", is_flag=True, help="Write 0 where a grade is below 0.")
def command(
    subject_name: str,
    fill: Path,
    to: Path,
    column: str,
    cap_negative: bool,
    assignment: str,
    with_open: bool,
    **options: Any,
) -> int:
    """Write the points of COURSE_OR_SPEC into one column of --fill, the gradebook as it was exported from Canvas.

    No other byte changes. Students are found by ID, SIS ID and login, never by a name. Rows of which something is open
    are left as they are. See docs/grades.md.

    Exit codes: 0 every row of the roster got its grade, 6 some did not or are open, 5 a stored run could not be read,
    2 a mistake in the command or a file.
    """
    from grader.cli._exported import refuse_inputs, write_export
    from grader.course.grades import canvas
    from grader.course.grades.exported import export
    from grader.course.rosters.table import read_text

    inputs = (fill, *inputs_of(options))
    refuse_inputs(to, inputs)
    book = read_gradebook(subject_name, options)
    chosen = export(book, assignment=assignment, with_open=with_open)
    grades = [grade for one in chosen.rows for grade in canvas.grades_of(one.row, one.points)]
    file = read_text(fill)
    filled = canvas.fill(file.text, column, grades, cap_negative=cap_negative, of=chosen.of)
    write_export(to, filled.text, file.encoding, inputs)
    return show(filled, chosen, book, to)

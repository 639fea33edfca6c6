"""`grader export moodle`: the offline grading worksheet of an assignment, filled in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from grader.cli._exports import fill_options, show
from grader.cli._gradebook import gradebook_options, inputs_of, read_gradebook


@click.command(short_help="Fill Moodle's offline grading worksheet.")
@gradebook_options
@fill_options
@click.option(
    "--scale", is_flag=True, help="Give the same share of Moodle's maximum grade, where it differs."
)
@click.option("--feedback", "with_feedback", is_flag=True, help="Write what lost points into the feedback.")
@click.option("--grade-column", default="", metavar="TITLE", help="Where it is not found by itself.")
@click.option("--email-column", default="", metavar="TITLE", help="Where it is not found by itself.")
@click.option("--feedback-column", default="", metavar="TITLE", help="Where it is not found by itself.")
def command(
    subject_name: str,
    fill: Path,
    to: Path,
    scale: bool,
    with_feedback: bool,
    assignment: str,
    with_open: bool,
    grade_column: str,
    email_column: str,
    feedback_column: str,
    **options: Any,
) -> int:
    """Write the points of COURSE_OR_SPEC into --fill, the offline grading worksheet as it was downloaded from Moodle.

    No other byte changes. The worksheet's titles may be in any language. Students are found by their e-mail address
    or ID number exactly as it is written, never by a name. Rows of which something is open are left as they are.

    Exit codes: 0 every row of the roster got its grade, 6 some did not or are open, 5 a stored run could not be read,
    2 a mistake in the command or a file.
    """
    from grader.cli._exported import refuse_inputs, write_export
    from grader.course.grades import moodle
    from grader.course.grades.exported import export
    from grader.course.rosters.table import read_text

    inputs = (fill, *inputs_of(options))
    refuse_inputs(to, inputs)
    book = read_gradebook(subject_name, options)
    chosen = export(book, assignment=assignment, with_open=with_open, with_feedback=with_feedback)
    of_worksheet = book.roster.format == "Moodle worksheet"
    grades = [
        grade
        for one in chosen.rows
        for grade in moodle.grades_of(one.row, one.points, of_worksheet=of_worksheet, feedback=one.feedback)
    ]
    file = read_text(fill)
    filled = moodle.fill(
        file.text,
        grades,
        chosen.of,
        scale=scale,
        grade_column=grade_column,
        email_column=email_column,
        feedback_column=feedback_column,
    )
    write_export(to, filled.text, file.encoding, inputs)
    return show(filled, chosen, book, to)

"""`grader export csv`: all grades as a table of our own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from grader.cli._exports import to_option
from grader.cli._gradebook import gradebook_options, inputs_of, read_gradebook


@click.command(short_help="All grades as a table, for people and spreadsheets.")
@gradebook_options
@to_option
def command(subject_name: str, to: Path, **options: Any) -> int:
    """Write all grades of COURSE_OR_SPEC as a table: a row per row of the roster, a column per assignment and quiz.

    What is not graded yet is an empty cell. No text in it is a formula for a spreadsheet.

    Exit codes: as `grader grades`.
    """
    from grader.cli._exported import write_export
    from grader.cli.grades import code_of
    from grader.course.grades.grades_csv import grades_csv

    book = read_gradebook(subject_name, options)
    write_export(to, grades_csv(book.grade_lines), "utf-8", inputs_of(options))
    click.echo(f"Written: {to}, {len(book.lines):,} rows.")
    return code_of(book)

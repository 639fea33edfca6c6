"""`grader roster`: what is read from a list of students or groups, before anything is graded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.errors import ExitCode

if TYPE_CHECKING:
    from grader.course.rosters.records import Problem, Roster, RosterRow

ROSTER_SCHEMA = "grader/roster/1"
"""Name and major version of what `--json` prints."""

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(short_help="Read a roster and say what is in it.")
@click.argument("file", type=_FILE)
@click.option(
    "--repository-pattern",
    default="",
    metavar="URL",
    help="The link of a row that has none, with columns in braces: https://github.com/org/{username}-s4.",
)
@click.option("--links", type=_FILE, help="A second table that brings the links, by id or e-mail address.")
@click.option("--check", is_flag=True, help="End with 2 where a mistake was found in any row.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON on standard output.")
def command(file: Path, repository_pattern: str, links: Path | None, check: bool, as_json: bool) -> int:
    """Read the roster FILE: how many rows are ready, and every problem with its line. Nothing is fetched.

    FILE is CSV: columns of your own (student, id, repository), Classroom 50's students.csv, or an export of Canvas or
    Moodle as it comes. See docs/roster.md.

    Exit codes: 0 it was read, 2 it is no table, or there are mistakes and --check was given.
    """
    from grader.course.rosters.read import read_roster

    roster = read_roster(file, pattern=repository_pattern, links=links)
    if as_json:
        import json

        click.echo(json.dumps(_as_json(roster), indent=1))
    else:
        _show(roster)
    return ExitCode.USAGE if check and roster.mistakes else ExitCode.PASSED


def _show(roster: Roster) -> None:
    from grader.course.rosters.records import STATES
    from grader.text import counted

    names = {"\t": "tab"}
    separator = names.get(roster.separator, roster.separator)
    click.echo(f"{roster.file}: {roster.format}, {roster.encoding}, separated by {separator}")
    click.echo(f"  {len(roster.rows):>6,}  {'row' if len(roster.rows) == 1 else 'rows'}")
    for state in STATES:
        if roster.count(state):
            click.echo(f"  {roster.count(state):>6,}  {_WORDS[state]}")
    extended = sum(row.extension is not None for row in roster.rows)
    if extended:
        click.echo(f"  {extended:>6,}  with an extension")
    for passed in roster.passed_over:
        click.echo(f"passed over: line {passed.line}, {passed.what}")
    for problem in roster.problems:
        click.echo(f"{_mark(problem)} {problem.text(roster.file)}")
    click.echo(
        f"{counted(len(roster.mistakes), 'mistake', 'mistakes')}, "
        f"{counted(len(roster.problems) - len(roster.mistakes), 'warning', 'warnings')}."
    )


_WORDS = {
    "ready": "ready",
    "duplicate": "ready, and the same as in another row",
    "empty": "without a repository: nothing was handed in",
    "bad link": "with a repository that cannot be read",
}


def _mark(problem: Problem) -> str:
    colour = "red" if problem.weight == "mistake" else "yellow"
    return click.style(f"{problem.weight}:", fg=colour, bold=True)


def _as_json(roster: Roster) -> dict[str, Any]:
    from dataclasses import asdict

    from grader.course.rosters.records import STATES

    return {
        "schema": ROSTER_SCHEMA,
        "file": roster.file,
        "format": roster.format,
        "encoding": roster.encoding,
        "separator": roster.separator,
        "counts": {state: roster.count(state) for state in STATES},
        "rows": [_row(row) for row in roster.rows],
        "passed_over": [asdict(passed) for passed in roster.passed_over],
        "problems": [{**asdict(one), "file": one.file or roster.file} for one in roster.problems],
    }


def _row(row: RosterRow) -> dict[str, Any]:
    """Without the cells as they stood: they were not cleaned, and may hold a secret."""
    from dataclasses import asdict

    from grader.text import clean, without_credentials

    shown = {name: value for name, value in asdict(row).items() if name not in ("cells", "extension")}
    for name in ("repository", "models_repository"):
        shown[name] = clean(without_credentials(shown[name]), 300)
    return {**shown, "extension": row.extension.shown if row.extension else ""}

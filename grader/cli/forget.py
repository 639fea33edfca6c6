"""`grader forget`: everything about one student, removed."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from grader.errors import ExitCode, UsageError


@click.command(short_help="Remove everything about a student.")
@click.argument("name")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="reports",
    show_default=True,
    help="Where runs are.",
)
@click.option("--by", "who", default="", metavar="NAME", help="Who removes it. Default: your user name.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(name: str, out: Path, who: str, yes: bool) -> int:
    """Remove the runs, reports and kept clones of the student, group or submission NAME, as tables call it.

    The pages of all batches, which name everybody, go too: `grader report --batch` writes them anew.

    A line stays that says how many runs were removed, when and by whom, with a code in place of the name. What was
    exported, printed or copied elsewhere, and backups, are yours to look after.
    """
    import getpass

    from grader.course.stored.forgetting import forget, remembered
    from grader.course.stored.store import opened
    from grader.text import clean

    if not out.is_dir():
        raise UsageError(f"There is no folder {clean(str(out))}.", "Give the folder of the runs: --out.")
    with opened(out) as database:
        found = remembered(database, name)
        if not found:
            raise UsageError(
                f"Nothing here is about {clean(name, 80)}.",
                "Give the name as the tables of `grader review` have it.",
            )
        for place in (*found.runs, *found.kept):
            click.echo(f"  {place}")
        count = f"{len(found.runs)} {'run' if len(found.runs) == 1 else 'runs'}"
        if not yes and not (sys.stdin.isatty() and click.confirm(f"Remove {count} and all of the above?")):
            click.echo("Nothing was removed. Add --yes to remove without being asked.", err=True)
            return ExitCode.USAGE
        code = forget(database, found, who.strip() or getpass.getuser())
    click.echo(f"Removed: {count}. The store says so under {code}.")
    return ExitCode.PASSED

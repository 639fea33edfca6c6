"""`grader batch`: a whole roster under one spec."""

from __future__ import annotations

import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli._executors import elsewhere, executor_options, here
from grader.cli._run_options import (
    access_options,
    access_words,
    data_options,
    device_option,
    execution,
    isolation_option,
    lane_option,
    no_zygote_option,
    parse_before,
)
from grader.errors import ExitCode

if TYPE_CHECKING:
    from grader.cli._batch_view import View
    from grader.course.batch.batch import Batch
    from grader.course.batch.setup import Wanted


@click.command(short_help="Grade a whole roster.")
@click.argument("spec")
@click.option(
    "--roster",
    "roster_file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Who hands in, and where: see docs/roster.md.",
)
@click.option(
    "--repository-pattern", default="", metavar="LINK", help="Makes the link of rows that have none."
)
@click.option(
    "--links",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A second table that brings the links.",
)
@click.option("--course", default="", metavar="COURSE", help="With what this course adds, such as eva8.")
@click.option("--ref", default="", help="Branch, tag or commit of every submission.")
@click.option(
    "--before",
    callback=parse_before,
    metavar="DEADLINE",
    help="The last commit up to this moment: 2026-03-01T23:59:00+05:30.",
)
@access_options
@data_options
@executor_options
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="reports",
    show_default=True,
    help="Where runs go.",
)
@device_option
@isolation_option
@lane_option
@no_zygote_option
@click.option(
    "--web/--no-web",
    default=False,
    show_default=True,
    help="Ask the addresses that the students give, where the assignment wants one that answers.",
)
@click.option("--anonymous", is_flag=True, help="Stable codes in place of names and links, everywhere.")
@click.option("--dry-run", is_flag=True, help="Read the roster and fetch everything; grade nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print each change as a line of JSON.")
def command(spec: str, roster_file: Path, dry_run: bool, as_json: bool, **options: Any) -> int:
    """Grade everybody in --roster under SPEC (a file, or the name of a shipped spec such as s4).

    Everything is fetched first, then looked at without training, then trained, as many at once as there are cores.
    What is finished is stored at once: stop it with Ctrl-C (what runs is finished; a second Ctrl-C ends it), start it
    again, and it takes up where it was.

    Nothing that was measured is measured again, also after a change of points or thresholds in the spec.

    Exit codes: 0 every row is accounted for, 5 a row still needs another try or something of you, 2 a mistake in the
    command, the spec or the roster's file, 130 interrupted.
    """
    from grader.cli._batch_view import view
    from grader.course.batch.batch import Batch
    from grader.course.batch.entries import SETTLED
    from grader.course.batch.setup import alone, plan_of, rows_of, work_folder
    from grader.course.rosters.read import read_roster
    from grader.course.stored.store import opened

    roster = read_roster(roster_file, pattern=options["repository_pattern"], links=options["links"])
    wanted = _wanted(spec, roster_file, options)
    work = work_folder(wanted)
    with alone(work), opened(wanted.out) as database:
        database.refresh()
        away = elsewhere(options, wanted.loaded.spec)
        plan = plan_of(wanted, work, away)
        rows = rows_of(roster, wanted.before, coded=wanted.out if options["anonymous"] else None)
        with view(rows, as_json=as_json) as shown:
            shown.roster(roster, str(roster_file))
            shown.progress.usual = database.usual_seconds(plan.loaded.spec.id, plan.device_class)
            batch = Batch(plan, database, away or here(options, _hidden(options)), rows, shown.changed)
            interrupted = _go(batch, shown, dry_run=dry_run)
            shown.over(batch, dry_run=dry_run)
            if not dry_run:
                shown.note(_page(batch))
    if interrupted:
        return ExitCode.INTERRUPTED
    over = (*SETTLED, *(("fetched",) if dry_run else ()))
    return ExitCode.PASSED if all(row.state in over for row in rows) else ExitCode.FAULT


def _page(batch: Batch) -> str:
    """Write the page of the batch; where it lies."""
    from grader.course.stored.batch_page import About, write_page

    spec = batch.plan.loaded.spec
    names = {row.entry.key: row.entry.name for row in batch.rows}
    page, _ = write_page(batch.database, spec.id, About(spec.title, spec.course, names))
    return f"The page of the batch: {page}"


def _hidden(options: dict[str, Any]) -> tuple[str, ...]:
    """What was fetched needs no token any more."""
    return (*(word.rpartition("=")[2] for word in options["git_token_env"]), "SSH_AUTH_SOCK")


def _wanted(spec: str, roster_file: Path, options: dict[str, Any]) -> Wanted:
    from grader.course.batch.setup import Wanted
    from grader.fetch.access import read_access
    from grader.spec.course import load_course, with_course
    from grader.spec.load import load_spec, spec_file

    loaded = load_spec(spec)
    if options["course"]:
        loaded = with_course(loaded, load_course(options["course"]))
    return Wanted(
        loaded=loaded,
        spec_file=spec_file(spec),
        out=options["out"],
        roster_file=roster_file,
        command=_again(spec, options),
        course=options["course"],
        ref=options["ref"],
        before=options["before"],
        **execution(options),
        web=options["web"],
        access=read_access(options["git_token_env"], ssh=options["git_ssh"]),
    )


def _again(spec: str, options: dict[str, Any]) -> str:
    """What all rows have in common of the `grader run` that grades one of them again."""
    words = ["grader", "run", spec]
    for choice, usual in (("isolation", "auto"), ("lane", "auto"), ("device", "cpu")):
        words += [f"--{choice}", options[choice]] if options[choice] != usual else []
    for flag in ("stand_in", "unofficial_data", "no_zygote"):
        words += [f"--{flag.replace('_', '-')}"] if options[flag] else []
    return shlex.join([*words, *access_words(options)])


def _go(batch: Batch, shown: View, *, dry_run: bool) -> bool:
    """Run the batch; whether it was interrupted.

    Raises:
        What the batch raised.
    """
    from grader.cli._stopping import until_stopped

    work = partial(batch.run, fetch_only=dry_run)
    return until_stopped(work, batch.finish, batch.stop, shown.note)[1]

"""`grader review`: what is left for a person, decided in the terminal or on a page of this machine's own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli._review_ask import ask
from grader.cli._review_list import print_count, print_list, still_open
from grader.cli._review_wish import parsed, who_decides
from grader.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from grader.course.stored.review import Wish
    from grader.course.stored.runs import StoredRun


@click.command(short_help="Decide what only a person can.")
@click.argument("place", type=click.Path(path_type=Path), default=Path("reports"))
@click.option(
    "--spec", "spec_id", default="", metavar="ID", help="Only runs of this assignment, such as eva8_s4."
)
@click.option("--every-run", is_flag=True, help="Also the earlier runs of a submission, not only the latest.")
@click.option("--list", "only_list", is_flag=True, help="List what is open, and ask nothing.")
@click.option(
    "--set",
    "decisions",
    multiple=True,
    metavar="ID=POINTS|yes|no",
    help="Decide without being asked, or override what the grader decided; several are several --set. PLACE is one "
    "run then.",
)
@click.option(
    "--override",
    is_flag=True,
    help="With --set: points beyond those that are open, from 0 to all of the check's.",
)
@click.option("--reason", default="", help="With --set: why. The student reads it.")
@click.option(
    "--by",
    "names",
    multiple=True,
    metavar="NAME",
    help="Who decides. Default: GIT_AUTHOR_NAME, else your user name. With --page once for each person.",
)
@click.option("--page", is_flag=True, help="Decide in the browser: a page that this machine alone can open.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="With --page. Default: a free one."
)
@click.option("--no-browser", is_flag=True, help="With --page: print the link and open nothing.")
def command(
    place: Path,
    spec_id: str,
    every_run: bool,
    only_list: bool,
    decisions: tuple[str, ...],
    override: bool,
    reason: str,
    names: tuple[str, ...],
    page: bool,
    port: int,
    no_browser: bool,
) -> int:
    """Decide what only a person can, in the stored runs at PLACE: a run's folder, or a folder of runs (default:
    reports).

    Each open check is shown with its evidence; points and a reason are asked for. What was decided is kept in the run
    with name and time, the run is judged again, and its reports are written anew. A decision can be taken anew with
    --set or on the page; the earlier one stays in the run. So can what the grader has decided by itself.

    Exit codes: 0 nothing is open any more, 6 something is, 2 a mistake in the command, 5 a run could not be read or
    written.
    """
    from rich.console import Console

    _together(page, bool(decisions) or only_list, bool(port) or no_browser, names)
    console = Console(highlight=False)
    runs, unreadable = _runs(place, spec_id, every_run, console)
    who = who_decides(names[0] if names else "")
    if page:
        from grader.cli._review_page import serve

        serve(place, spec_id, every_run, names or (who,), port, not no_browser, console)
        runs, unreadable = _runs(place, spec_id, every_run, console)
        print_count(runs, console)
    elif decisions:
        runs = [_set(runs, [parsed(text, override) for text in decisions], reason, who)]
        print_list(runs, console)
    elif only_list or not sys.stdin.isatty():
        print_list(runs, console)
    else:
        runs = ask(runs, who, console)
    if unreadable:
        return ExitCode.FAULT
    return ExitCode.NEEDS_REVIEW if any(still_open(run) for run in runs) else ExitCode.PASSED


def _together(page: bool, asks_nothing: bool, of_the_page: bool, names: tuple[str, ...]) -> None:
    """Options that say nothing together are refused: what was meant cannot be told."""
    if page and asks_nothing:
        raise UsageError("--page goes with neither --set nor --list.", "Leave one of them out.")
    if of_the_page and not page:
        raise UsageError("--port and --no-browser are about --page.", "Give --page, too.")
    if len(names) > 1 and not page:
        raise UsageError("In the terminal one person decides.", "Give --by once, or --page.")


def _runs(place: Path, spec_id: str, every: bool, console: Console) -> tuple[list[StoredRun], int]:
    """(the runs that were asked for, how many could not be read)."""
    from rich.text import Text

    from grader.course.stored.runs import StoredRun, stored_runs
    from grader.text import clean

    found = list(stored_runs(place, every=every))
    runs = [one for one in found if isinstance(one, StoredRun)]
    for one in found:
        if not isinstance(one, StoredRun):
            console.print(Text(f"! {clean(one.reason, 400)}", "bright_red"), soft_wrap=True)
    kept = [run for run in runs if not spec_id or run.record.provenance.spec_id == spec_id]
    if runs and not kept:
        known = sorted({run.record.provenance.spec_id for run in runs})
        raise UsageError(
            f'{place} holds no run of "{clean(spec_id)}".', f"There are runs of {', '.join(known)}."
        )
    return kept, len(found) - len(runs)


def _set(runs: list[StoredRun], wishes: list[Wish], reason: str, who: str) -> StoredRun:
    from dataclasses import replace

    from grader.course.stored.review import decide

    if len(runs) != 1:
        raise UsageError(
            f"--set decides in one run, and there are {len(runs)} here.", "Give the folder of one run."
        )
    record = decide(runs[0].folder, wishes, reason=reason, who=who)
    return replace(runs[0], record=record)

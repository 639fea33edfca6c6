"""`grader review`: what is left for a person, decided in the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from grader.course.review import Wish
    from grader.course.runs import StoredRun
    from grader.decisions import OpenItem
    from grader.records import RunRecord

_YES, _NO = ("yes", "y", "counts"), ("no", "n")


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
    help="Decide without being asked; several are several --set. PLACE is one run then.",
)
@click.option("--reason", default="", help="With --set: why. The student reads it.")
@click.option(
    "--by",
    "who",
    default="",
    metavar="NAME",
    help="Who decides. Default: GIT_AUTHOR_NAME, else your user name.",
)
def command(
    place: Path,
    spec_id: str,
    every_run: bool,
    only_list: bool,
    decisions: tuple[str, ...],
    reason: str,
    who: str,
) -> int:
    """Decide what only a person can, in the stored runs at PLACE: a run's folder, or a folder of runs (default:
    reports).

    Each open check is shown with its evidence; points and a reason are asked for. What was decided is kept in the run
    with name and time, the run is judged again, and its reports are written anew. A decision can be taken anew with
    --set; the earlier one stays in the run.

    Exit codes: 0 nothing is open any more, 6 something is, 2 a mistake in the command, 5 a run could not be read or
    written.
    """
    from rich.console import Console

    console = Console(highlight=False)
    runs, unreadable = _runs(place, spec_id, every_run, console)
    if decisions:
        runs = [_set(runs, decisions, reason, who)]
        _print_list(runs, console)
    elif only_list or not sys.stdin.isatty():
        _print_list(runs, console)
    else:
        runs = _ask(runs, who, console)
    still_open = any(_open(run) for run in runs)
    if unreadable:
        return ExitCode.FAULT
    return ExitCode.NEEDS_REVIEW if still_open else ExitCode.PASSED


def _runs(place: Path, spec_id: str, every: bool, console: Console) -> tuple[list[StoredRun], int]:
    """(the runs that were asked for, how many could not be read)."""
    from rich.text import Text

    from grader.course.runs import StoredRun, stored_runs
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


def _open(run: StoredRun) -> tuple[OpenItem, ...]:
    from grader.decisions import open_items

    return open_items(run.record)


# --- listing --------------------------------------------------------------------------------------------------


def _print_list(runs: list[StoredRun], console: Console) -> None:
    from grader.report.terminal import printable

    waiting = [run for run in runs if _open(run)]
    for run in waiting:
        for part in _listed(run):
            console.print(printable(part, console), soft_wrap=True)
    count = sum(len(_open(run)) for run in waiting)
    if count:
        things = f"{count} open {'decision' if count == 1 else 'decisions'}"
        where = f"{len(waiting)} of {len(runs)} {'run' if len(runs) == 1 else 'runs'}"
        console.print(f"{things} in {where}.", soft_wrap=True)
    else:
        shown = "the run" if len(runs) == 1 else f"{len(runs)} runs"
        console.print(f"Nothing is open in {shown}.", soft_wrap=True)


def _listed(run: StoredRun) -> Iterator[RenderableType]:
    from rich.text import Text

    from grader.report import words
    from grader.report.inert import inert

    shown = inert(run.record)
    verdict = words.verdict(shown)
    name = f"{shown.evidence.submission.name}, {shown.provenance.spec_id}: {verdict.headline}"
    yield Text(name, "bold")
    yield Text(f"  {run.folder}", "dim")
    for item in _open(run):
        yield Text(f"  {item.id}: {_span(item)}. {item.outcome.requirement}")
    yield Text("")


def _span(item: OpenItem) -> str:
    """What can be decided: `0 to 50 points`, `bonus of 500`."""
    if item.takes_points:
        return f"{item.lowest:g} to {item.highest:g} points"
    size = f"{100 * item.amount:g} %" if item.kind == "percentage" else f"{item.amount:g}"
    return f"{'penalty' if item.kind == 'percentage' else item.kind} of {size}, yes or no"


# --- deciding without being asked -------------------------------------------------------------------------------


def _set(runs: list[StoredRun], decisions: tuple[str, ...], reason: str, who: str) -> StoredRun:
    from dataclasses import replace

    from grader.course.review import decide

    if len(runs) != 1:
        raise UsageError(
            f"--set decides in one run, and there are {len(runs)} here.", "Give the folder of one run."
        )
    wishes = [_parsed(text) for text in decisions]
    record = decide(runs[0].folder, wishes, reason=reason, who=_name(who))
    return replace(runs[0], record=record)


def _parsed(text: str) -> Wish:
    """`targets=40` and `bonus=yes` as what they wish for."""
    from grader.course.review import Wish
    from grader.text import clean

    name, equals, value = text.partition("=")
    said = value.strip().lower()
    if equals and said in (*_YES, *_NO):
        return Wish(name.strip(), counts=said in _YES)
    try:
        return Wish(name.strip(), points=float(said))
    except ValueError:
        raise UsageError(
            f'"{clean(text, 80)}" is no decision.', "Write --set ID=POINTS, --set ID=yes or --set ID=no."
        ) from None


def _name(given: str) -> str:
    """Who decides: as it was given, else as git is told in the environment, else the user's name here."""
    import getpass

    try:
        return given.strip() or os.environ.get("GIT_AUTHOR_NAME", "").strip() or getpass.getuser()
    except (OSError, KeyError):  # a user without a name
        return ""


# --- deciding one by one ----------------------------------------------------------------------------------------


def _ask(runs: list[StoredRun], who: str, console: Console) -> list[StoredRun]:
    """One open item after the other. What was decided is stored at once: leaving early loses nothing."""
    from dataclasses import replace

    from grader.errors import StoreError

    name = _name(who)
    left = sum(len(_open(run)) for run in runs)
    console.print(f"{left} open, decided by {name or 'nobody yet'}. Enter skips, q ends.", soft_wrap=True)
    done: list[StoredRun] = []
    for index, run in enumerate(runs):
        for item in _open(run):
            _show(run, item, console)
            try:
                record = _decided_at_prompt(run, item, name, console)
            except StoreError as error:
                console.print(f"! {error.message} {error.hint}", style="bright_red", soft_wrap=True)
                continue
            if record is None:
                return [*done, run, *runs[index + 1 :]]
            run = replace(run, record=record)
        done.append(run)
    _print_list(done, console)
    return done


def _decided_at_prompt(run: StoredRun, item: OpenItem, who: str, console: Console) -> RunRecord | None:
    """The new record; the same one where this item was skipped; None to end."""
    from grader.course.review import decide

    while True:
        answer = click.prompt(_span(item), default="", show_default=False).strip()
        if answer.lower() in ("q", "quit"):
            return None
        if not answer:
            return run.record
        try:
            wish = _parsed(f"{item.id}={answer}")
            reason = click.prompt("Reason", default="", show_default=False)
            record = decide(run.folder, [wish], reason=reason, who=who)
        except UsageError as error:
            console.print(f"! {error.message} {error.hint}", style="red", soft_wrap=True)
            continue
        console.print(f"  kept: {record.grade.points:g} of {record.grade.max_points:g} now\n", style="green")
        return record


def _show(run: StoredRun, item: OpenItem, console: Console) -> None:
    """The item with the evidence that it is decided by."""
    from grader.report.terminal import printable

    console.rule(style="dim")
    for part in _evidence(run, item):
        console.print(printable(part, console), soft_wrap=False)


def _evidence(run: StoredRun, item: OpenItem) -> Iterator[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    from grader.report.inert import inert
    from grader.report.terminal import advice

    shown = inert(run.record)
    outcome = next(
        one
        for one in (*shown.outcomes, *(other.outcome for other in shown.grade.adjustments))
        if one.id == item.id
    )
    yield Text(f"{shown.evidence.submission.name} · {shown.title}", "dim")
    yield Text(f"{outcome.id}: {outcome.requirement}", "bold")
    yield Text(f"Measured: {outcome.finding.measured or 'not measured'}")
    for line in advice(outcome):
        yield Padding(line, (0, 0, 0, 2))
    yield Text(f"All of it: {(run.folder / 'report.html').resolve().as_uri()}{_anchor(run, item)}", "dim")
    yield Text("")


def _anchor(run: StoredRun, item: OpenItem) -> str:
    """The item's place in report.html."""
    ids = [one.id for one in run.record.outcomes]
    return f"#check-{ids.index(item.id) + 1}" if item.takes_points else "#adjustments"

"""`grader bench run`: models × specs × seeds."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli._run_options import (
    also_option,
    data_options,
    device_option,
    execution,
    isolation_option,
    lane_option,
    no_zygote_option,
)
from grader.errors import ExitCode

if TYPE_CHECKING:
    from grader.bench.wanted import Wanted


@click.command(short_help="Train models over seeds.")
@click.argument("specs", nargs=-1, metavar="[SPEC[:SEEDS]]...")
@click.option(
    "--seeds", type=click.IntRange(1, 1000), default=3, show_default=True, help="Seeds of each model: 1 to N."
)
@click.option(
    "--models",
    multiple=True,
    metavar="[NAME=]FOLDER|URL",
    help="A submission to measure beside the reference model; several are several --models.",
)
@click.option("--no-reference", is_flag=True, help="Leave the assignments' own reference models out.")
@also_option
@data_options
@device_option
@lane_option
@isolation_option
@no_zygote_option
@click.option(
    "--slots", type=click.IntRange(1, 64), help="Trainings at once. Default: one to a core, at most 8."
)
@click.option(
    "--threads", type=click.IntRange(1, 256), default=1, show_default=True, help="Of each training."
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="reports/bench",
    show_default=True,
    help="Where results and runs go.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be measured, and measure nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output.")
def command(specs: tuple[str, ...], dry_run: bool, as_json: bool, **options: Any) -> int:
    """Train the reference model of each SPEC, and the --models, over seeds; s4:5 is s4 with five seeds.

    Without a SPEC: all that train and have a reference model, which takes hours.

    Each trial is kept at once. Stop it with Ctrl-C (what runs is finished; a second Ctrl-C ends it), start it again,
    and it goes on. What was measured under the same conditions is not measured again.

    Exit codes: 0 everything is measured, 5 a trial is missing through the machine's fault, 2 a mistake in the command
    or a spec, 130 interrupted.
    """
    from grader.bench.assigned import assigned
    from grader.bench.study import Study
    from grader.bench.wanted import alone
    from grader.bench.write import write_pages
    from grader.cli._bench_view import view
    from grader.cli._stopping import until_stopped
    from grader.course.batch.executors.local import Local

    wanted = _wanted(specs, options)
    with alone(wanted), view(as_json=as_json) as shown:
        study = Study(wanted, Local(wanted.slots), shown.changed)
        shown.note("Looking at this machine and fetching the models")
        study.plan(assigned(wanted))
        shown.planned(study)
        if dry_run:
            return ExitCode.PASSED
        made, interrupted = until_stopped(study.run, study.finish, study.stop, shown.note)
        write_pages(made, wanted.out)
        shown.over(made, wanted.out)
    if interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.FAULT if made.missing else ExitCode.PASSED


def _wanted(specs: tuple[str, ...], options: dict[str, Any]) -> Wanted:
    from grader.bench.wanted import Wanted, specs_asked
    from grader.course.batch.setup import slots

    return Wanted(
        specs=specs_asked(specs, options["seeds"]),
        models=options["models"],
        reference=not options["no_reference"],
        out=options["out"],
        command=_again(specs, options),
        also=options["also"],
        slots=options["slots"] or max(1, slots(None) // options["threads"]),
        threads=options["threads"],
        **execution(options),
    )


def _again(specs: tuple[str, ...], options: dict[str, Any]) -> str:
    """The command, as somebody else would type it: without the places of this machine."""
    from grader.text import without_credentials

    words = ["grader", "bench", *specs, "--seeds", str(options["seeds"])]
    for name in ("models", "also"):
        words += [word for one in options[name] for word in (f"--{name}", without_credentials(one))]
    for choice, usual in (
        ("device", "cpu"),
        ("lane", "auto"),
        ("isolation", "auto"),
        ("threads", 1),
        ("slots", None),
    ):
        words += [f"--{choice}", str(options[choice])] if options[choice] != usual else []
    for flag in ("no_reference", "stand_in", "unofficial_data", "no_zygote"):
        words += [f"--{flag.replace('_', '-')}"] if options[flag] else []
    return shlex.join(words)

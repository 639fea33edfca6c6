"""`grader check`: a student's own check before handing in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from grader.cli._run_options import (
    access_options,
    also_option,
    data_options,
    no_zygote_option,
    one_output,
    parse_seeds,
    progress_options,
    web_option,
)
from grader.errors import ExitCode
from grader.records import Grade


@click.command(short_help="Check your own work before handing it in.")
@click.argument("spec", default="s4")
@click.argument("path", default=".")
@click.option("--model", default="", metavar="FILE:CLASS", help="The model, where there are several.")
@also_option
@access_options
@data_options
@click.option("--train", is_flag=True, help="Train to the end, as the grader does, and forecast its verdict.")
@click.option("--seeds", callback=parse_seeds, metavar="N,N,...", help="With --train: exactly these seeds.")
@click.option(
    "--out", type=click.Path(file_okay=False), help="Write report.html, README.md and result.json below this."
)
@click.option("--threads", type=click.IntRange(1, 256), help="Threads. Default: a core each, at most 8.")
@no_zygote_option
@web_option
@progress_options
def command(spec: str, path: str, as_json: bool, as_events: bool, quiet: bool, **options: Any) -> int:
    """Check the folder PATH against SPEC: everything that is quick, and how long the training would take.

    Without arguments this folder is checked against s4, with one folder that one. The stages and the messages are
    the grader's, without the training: not a grade. --train trains, too, and says how often the grader's verdict
    would come out which way with other seeds. Your code runs in the sandbox where this machine has one, else as a
    plain process, and the result says which.
    """
    if options["seeds"] and not options["train"]:
        raise click.UsageError("--seeds is for a training: give --train, too.")
    one_output(quiet=quiet, as_events=as_events, as_json=as_json)
    if path == "." and Path(spec).is_dir():
        spec, path = "s4", spec
    from grader.cli._show import downloads, session
    from grader.fetch.access import read_access
    from grader.judge import exit_code
    from grader.pipeline import Request, check_submission
    from grader.spec.load import load_spec

    request = Request(
        loaded=load_spec(spec),
        source=path,
        command=f"grader check {spec} {path}{' --train' if options['train'] else ''}",
        full=options["train"],
        also=options["also"],
        access=read_access(options["git_token_env"], ssh=options["git_ssh"]),
        model=options["model"],
        data_dir=Path(options["data_dir"]) if options["data_dir"] else None,
        stand_in=options["stand_in"],
        seeds=options["seeds"],
        out=Path(options["out"] or "reports"),
        unofficial_data=options["unofficial_data"],
        threads=options["threads"],
        plain_if_needed=True,
        zygote=not options["no_zygote"],
        web=options["web"],
        download_progress=downloads(silent=quiet or as_events),
    )
    with session(quiet=quiet or as_json, as_events=as_events) as shown:
        graded = check_submission(request, shown.events, keep=bool(options["out"]))
    shown.result(graded.record, graded.folder, as_json=as_json)
    code = exit_code(graded.record.grade)
    return _without_review(graded.record.grade) if code == ExitCode.NEEDS_REVIEW else code


def _without_review(grade: Grade) -> ExitCode:
    """What a person would have to look at later is neither won nor lost in a self-check."""
    reached = grade.highest >= grade.pass_mark * grade.max_points
    return ExitCode.PASSED if reached else ExitCode.BELOW_PASS_MARK

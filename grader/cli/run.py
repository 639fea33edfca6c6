"""`grader run`: grade one submission."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from grader.cli._run_options import (
    access_options,
    access_words,
    data_options,
    device_option,
    isolation_option,
    lane_option,
    no_zygote_option,
    one_output,
    parse_seeds,
    progress_options,
    source_options,
    web_option,
)


@click.command(short_help="Grade one submission.")
@click.argument("spec")
@click.option(
    "--repo",
    required=True,
    metavar="URL|FOLDER|FILE",
    help="Repository, link to its README, a folder, a zip or tar.",
)
@source_options
@access_options
@click.option("--model", default="", metavar="FILE:CLASS", help="The model, where several were handed in.")
@data_options
@click.option("--seeds", callback=parse_seeds, metavar="N,N,...", help="Train with exactly these seeds.")
@click.option("--secret", type=click.IntRange(0), help="With --seeds: repeat a run's numbers exactly.")
@click.option(
    "--threads",
    type=click.IntRange(1, 256),
    help="Threads of the training. Default: one for each core that no other run has, at most 8; waits for one.",
)
@click.option(
    "--out", type=click.Path(file_okay=False), default="reports", show_default=True, help="Where runs go."
)
@click.option(
    "--trust-this-code",
    is_flag=True,
    help="For your own code: run without isolation where none is to be had. Not a grade.",
)
@device_option
@isolation_option
@lane_option
@no_zygote_option
@web_option
@click.option("--strict", is_flag=True, help="Exit with 3 for anything below full marks.")
@progress_options
def command(spec: str, as_json: bool, as_events: bool, quiet: bool, strict: bool, **options: Any) -> int:
    """Grade the submission at --repo under SPEC (a file, or the name of a shipped spec such as s4).

    Exit codes: 0 at or above the pass mark, 3 below it, 4 ungradable, 6 a person must look, 5 the grader's or the
    machine's fault, 2 a mistake in the spec or the command, 130 interrupted.
    """
    one_output(quiet=quiet, as_events=as_events, as_json=as_json)
    from grader.cli._show import downloads, session
    from grader.judge import exit_code
    from grader.pipeline import Request, grade_submission
    from grader.spec.load import load_spec

    request = Request(loaded=load_spec(spec), command=_again(spec, options), **_request(options))
    request = replace(request, download_progress=downloads(silent=quiet or as_events))
    with session(quiet=quiet or as_json, as_events=as_events) as shown:
        graded = grade_submission(request, shown.events)
    shown.result(graded.record, graded.folder, as_json=as_json)
    return exit_code(graded.record.grade, strict=strict)


def _request(options: dict[str, Any]) -> dict[str, Any]:
    from grader.fetch.access import read_access

    return {
        "source": options["repo"],
        "ref": options["ref"],
        "before": options["before"],
        "also": options["also"],
        "access": read_access(options["git_token_env"], ssh=options["git_ssh"]),
        "model": options["model"],
        "data_dir": Path(options["data_dir"]) if options["data_dir"] else None,
        "stand_in": options["stand_in"],
        "unofficial_data": options["unofficial_data"],
        "seeds": options["seeds"],
        "secret": options["secret"],
        "threads": options["threads"],
        "out": Path(options["out"]),
        "trust_code": options["trust_this_code"],
        "level": options["isolation"],
        "lane": options["lane"],
        "device": options["device"],
        "zygote": not options["no_zygote"],
        "web": options["web"],
    }


def _again(spec: str, options: dict[str, Any]) -> str:
    """The command line in its short form; seeds and secret are added by the report."""
    import shlex

    from grader.text import without_credentials

    words = ["grader", "run", spec, "--repo", without_credentials(options["repo"])]
    for name in ("ref", "before", "model"):
        words += [f"--{name}", options[name]] if options[name] else []
    for second in options["also"]:
        words += ["--also", without_credentials(second)]
    words += access_words(options)
    for choice in ("isolation", "lane"):
        words += [f"--{choice}", options[choice]] if options[choice] != "auto" else []
    words += ["--device", options["device"]] if options["device"] != "cpu" else []
    for flag in ("stand_in", "unofficial_data", "trust_this_code", "no_zygote"):
        words += [f"--{flag.replace('_', '-')}"] if options[flag] else []
    words += [] if options["web"] else ["--no-web"]
    return shlex.join(words)

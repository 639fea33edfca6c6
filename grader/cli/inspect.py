"""`grader inspect`: what the grader sees of a submission's model."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import click

from grader.cli._run_options import access_options, source_options
from grader.errors import ExitCode
from grader.records import Absent, Inspection

MAX_AXES = 4
MAX_ELEMENTS = 2**26


def parse_shape(_: click.Context, __: click.Parameter, value: str) -> tuple[int, ...]:
    """`3x32x32` → (3, 32, 32)."""
    text = value.strip().lower()
    sizes = tuple(map(int, text.split("x"))) if re.fullmatch(r"[0-9]{1,9}(x[0-9]{1,9})*", text) else ()
    if len(sizes) == 2:
        raise click.BadParameter(f"channels are missing: 1x{text} or 3x{text}")
    if not sizes or len(sizes) > MAX_AXES or min(sizes) < 1 or math.prod(sizes) > MAX_ELEMENTS:
        raise click.BadParameter("give channels, height and width of one picture, such as 1x28x28 or 3x32x32")
    return sizes


@click.command(short_help="Show what the grader sees of a model.")
@click.argument("path", default=".", metavar="FOLDER|URL")
@source_options
@access_options
@click.option("--model", default="", metavar="FILE:CLASS", help="The model, where there are several.")
@click.option(
    "--input",
    "input_shape",
    default="1x28x28",
    show_default=True,
    callback=parse_shape,
    metavar="CxHxW",
    help="Shape of one picture.",
)
@click.option(
    "--classes", type=click.IntRange(1, 1_000_000), default=10, show_default=True, help="Scores per picture."
)
@click.option(
    "--trust-this-code",
    is_flag=True,
    help="For your own code: run without isolation where none is to be had.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON on standard output.")
def command(path: str, as_json: bool, **options: Any) -> int:
    """Show what the grader sees in a folder or a repository: which class it takes for the model, its parameters, its
    layers and what each of them sees of the picture. Nothing is trained and nothing is stored.

    The code runs in the sandbox. Where this machine has none, a folder of this machine runs as a plain process, and
    the result says so; a link needs --trust-this-code.

    Exit codes: 0 a model was measured, 4 none could be, 5 the grader's or the machine's fault, 2 a mistake in the
    command, 130 interrupted.
    """
    from rich.console import Console

    from grader.cli._show import session
    from grader.fetch.access import read_access
    from grader.isolation.cores import free_cores
    from grader.report.inspection import print_inspection, to_json
    from grader.stages.inspect import InspectionRequest, inspect_submission

    request = InspectionRequest(
        source=path,
        input_shape=options["input_shape"],
        classes=options["classes"],
        ref=options["ref"],
        before=options["before"],
        also=options["also"],
        access=read_access(options["git_token_env"], ssh=options["git_ssh"]),
        model=options["model"],
        trust_code=options["trust_this_code"],
    )
    with session(quiet=as_json) as shown, free_cores() as cores:
        found = inspect_submission(replace(request, threads=cores.threads), shown.events)
    if as_json:
        click.echo(to_json(found), nl=False)
    else:
        print_inspection(found, Console())
    return exit_code(found)


def exit_code(found: Inspection) -> ExitCode:
    """0 where a model was measured; else by whose doing it is that none was."""
    if not isinstance(found.model, Absent):
        return ExitCode.PASSED
    by_cause = {"errored": ExitCode.FAULT, "review": ExitCode.NEEDS_REVIEW}
    return by_cause.get(found.model.cause, ExitCode.UNGRADABLE)

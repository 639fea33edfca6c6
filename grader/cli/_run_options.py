"""Options that several verbs share."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click


def parse_seeds(_: click.Context, __: click.Parameter, value: str | None) -> tuple[int, ...]:
    if not value:
        return ()
    try:
        seeds = tuple(int(part) for part in value.split(","))
    except ValueError as error:
        raise click.BadParameter("give whole numbers with commas between them, such as 11,12,13") from error
    if any(not 0 <= seed < 2**31 for seed in seeds) or len(set(seeds)) != len(seeds):
        raise click.BadParameter("each seed is a number from 0 to 2147483647, and no two are the same")
    return seeds


def parse_before(_: click.Context, __: click.Parameter, value: str | None) -> str:
    """An empty deadline is a mistake, such as a variable without a value: it must not grade late work."""
    if value is None:
        return ""
    if not value.strip():
        raise click.BadParameter(
            "it is empty; give a moment such as 2026-03-01T23:59:00+05:30, or leave the option out"
        )
    return value


def data_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--data-dir, --stand-in, --unofficial-data."""
    folder = click.Path(exists=True, file_okay=False)
    for option in (
        click.option(
            "--unofficial-data",
            is_flag=True,
            help="Accept a copy of the data set that is not the official one.",
        ),
        click.option(
            "--stand-in", is_flag=True, help="Use generated stand-in data: works anywhere, never a grade."
        ),
        click.option(
            "--data-dir",
            type=folder,
            help="Folder that holds the data set (before GRADER_DATA and the cache).",
        ),
    ):
        function = option(function)
    return function


def progress_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--quiet, --json-events, --json."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output."),
        click.option(
            "--json-events",
            "as_events",
            is_flag=True,
            help="Print each event as a line of JSON on standard output; the last one is the result.",
        ),
        click.option(
            "-q", "--quiet", is_flag=True, help="No progress: the result alone, and what goes wrong."
        ),
    ):
        function = option(function)
    return function


def one_output(*, quiet: bool, as_events: bool, as_json: bool) -> None:
    """
    Raises:
        click.UsageError: two of them want the same output for something else.
    """
    if as_events and (quiet or as_json):
        raise click.UsageError(
            f"--json-events cannot be had with {'--quiet' if quiet else '--json'}: choose one."
        )


no_zygote_option = click.option(
    "--no-zygote",
    is_flag=True,
    help="Start each worker by itself instead of forking it: slower, for appeals and doubt.",
)


def parse_device(_: click.Context, __: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"auto|cpu|cuda(:[0-9]{1,2})?", value):
        raise click.BadParameter("give cpu, cuda, cuda:N with the number of nvidia-smi, or auto")
    return value


device_option = click.option(
    "--device",
    callback=parse_device,
    default="cpu",
    show_default=True,
    metavar="cpu|cuda[:N]|auto",
    help="Where it trains and predicts; auto: a GPU where one is free, else the CPU. See docs/gpu.md.",
)

lane_option = click.option(
    "--lane",
    type=click.Choice(["auto", "fast", "faithful"]),
    default="auto",
    show_default=True,
    help="Who trains: the grader's loop (fast), the student's own (faithful), or the fast one where it is exact.",
)

isolation_option = click.option(
    "--isolation",
    type=click.Choice(["auto", "3", "3c", "2"]),
    default="auto",
    show_default=True,
    help="Take this isolation level or none: see docs/threat-model.md.",
)


web_option = click.option(
    "--web/--no-web",
    default=True,
    show_default=True,
    help="Ask the addresses that the student gives, where the assignment wants one that answers.",
)

also_option = click.option(
    "--also",
    multiple=True,
    metavar="[NAME=]URL|FOLDER",
    help="A second repository that the work imports; several are several --also.",
)


def access_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--git-token-env, --git-ssh."""
    for option in (
        click.option(
            "--git-ssh",
            is_flag=True,
            help="Follow ssh addresses (git@host:owner/name), with the keys of your ssh agent.",
        ),
        click.option(
            "--git-token-env",
            multiple=True,
            metavar="[HOST=]NAME",
            help="For private repositories: the environment variable that holds a token for HOST, or for the host "
            "of the link. Git alone gets it.",
        ),
    ):
        function = option(function)
    return function


def access_words(options: dict[str, Any]) -> list[str]:
    """The same options as they stand on a command line: the names of variables, no token."""
    named = [word for name in options["git_token_env"] for word in ("--git-token-env", name)]
    return [*named, *(["--git-ssh"] if options["git_ssh"] else [])]


def source_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--ref, --before, --also."""
    for option in (
        also_option,
        click.option(
            "--before",
            callback=parse_before,
            metavar="DEADLINE",
            help="The last commit up to this moment: 2026-03-01T23:59:00+05:30.",
        ),
        click.option("--ref", default="", help="Branch, tag or commit instead of the default branch."),
    ):
        function = option(function)
    return function


def execution(options: dict[str, Any]) -> dict[str, Any]:
    """What the shared options say of where and how attempts run, as `grader.course.batch.job.Execution` names it."""
    folder = options["data_dir"]
    return {
        "device": options["device"],
        "data_dir": str(Path(folder).resolve()) if folder else "",
        "stand_in": options["stand_in"],
        "unofficial_data": options["unofficial_data"],
        "level": options["isolation"],
        "lane": options["lane"],
        "zygote": not options["no_zygote"],
    }

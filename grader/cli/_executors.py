"""Where the attempts of a batch run: the options, and the executor that they ask for."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.course.batch.executors.interface import Executor
    from grader.spec.schema import Spec

JOBS_AT_ONCE = 20


def executor_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--executor, --slots, --sbatch."""
    for option in (
        click.option(
            "--sbatch",
            multiple=True,
            metavar="WORDS",
            help="With slurm: words for sbatch, such as '--partition=gpu --account=ml --time=60'.",
        ),
        click.option(
            "--slots",
            type=click.IntRange(1, 512),
            help="Attempts at once. Default: here a core each, at most 8; on a cluster 20.",
        ),
        click.option(
            "--executor",
            type=click.Choice(["local", "slurm"]),
            default="local",
            show_default=True,
            help="Where attempts run: on this machine, or as jobs of Slurm. See docs/scaling.md.",
        ),
    ):
        function = option(function)
    return function


def elsewhere(options: dict[str, Any], spec: Spec) -> Executor | None:
    """What runs the attempts on other machines; None where they run on this one.

    Raises:
        UsageError: it cannot be had from here, or an option is for another one.
    """
    if options["executor"] == "slurm":
        return _slurm(options, spec)
    if options["sbatch"]:
        raise UsageError("--sbatch is for --executor slurm alone.", "Give both, or neither.")
    return None


def here(options: dict[str, Any], hidden: tuple[str, ...]) -> Executor:
    """What runs the attempts on this machine.

    Args:
        hidden: variables of the environment that no attempt gets.
    """
    from grader.course.batch.executors.local import Local
    from grader.course.batch.setup import slots

    return Local(slots(options["slots"]), hidden)


def _slurm(options: dict[str, Any], spec: Spec) -> Executor:
    from grader.course.batch.executors.shared import Shared
    from grader.course.batch.executors.slurm import Slurm, job_minutes, needed

    needed()
    try:
        more = [word for words in options["sbatch"] for word in shlex.split(words)]
    except ValueError as error:
        raise UsageError(f"--sbatch: {error}.", "Close the quotation mark.") from None
    gpus = 0 if options["device"] == "cpu" else 1
    return Shared(options["slots"] or JOBS_AT_ONCE, Slurm(job_minutes(spec), gpus=gpus, more=more))

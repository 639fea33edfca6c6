"""Where the attempts of a batch run: the options, and the executor that they ask for."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.course.batch.executors.interface import Executor
    from grader.spec.schema import Spec

JOBS_AT_ONCE = 20
THREADS = 64
"""At most so many attempts at once where nobody says how many: one of our threads waits for each."""


def executor_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--executor, --slots, and what one executor alone takes."""
    for option in (
        click.option(
            "--gpus-each",
            type=click.FloatRange(0, 8),
            help="With ray: the share of a GPU that an attempt gets, such as 0.25. Default: with --device cuda, 1.",
        ),
        click.option(
            "--ray-address",
            default="",
            metavar="HOST:PORT",
            help="With ray: the head of the cluster. Default: RAY_ADDRESS.",
        ),
        click.option(
            "--sbatch",
            multiple=True,
            metavar="WORDS",
            help="With slurm: words for sbatch, such as '--partition=gpu --account=ml --time=60'.",
        ),
        click.option(
            "--slots",
            type=click.IntRange(1, 512),
            help="Attempts at once. Default: here a core each, at most 8; with slurm 20, with ray what fits.",
        ),
        click.option(
            "--executor",
            type=click.Choice(["local", "slurm", "ray"]),
            default="local",
            show_default=True,
            help="Where attempts run: on this machine, as jobs of Slurm, or on a Ray cluster (experimental). "
            "See docs/scaling.md.",
        ),
    ):
        function = option(function)
    return function


def elsewhere(options: dict[str, Any], spec: Spec) -> Executor | None:
    """What runs the attempts on other machines; None where they run on this one.

    Raises:
        UsageError: it cannot be had from here, or an option is for another one.
    """
    chosen = options["executor"]
    for name, given, only in (
        ("--sbatch", options["sbatch"], "slurm"),
        ("--ray-address", options["ray_address"], "ray"),
        ("--gpus-each", options["gpus_each"] is not None, "ray"),
    ):
        if given and chosen != only:
            raise UsageError(f"{name} is for --executor {only} alone.", "Give both, or neither.")
    if chosen == "slurm":
        return _slurm(options, spec)
    return _ray(options) if chosen == "ray" else None


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


def _ray(options: dict[str, Any]) -> Executor:
    """Connected until the command is over."""
    from grader.course.batch.executors.ray import Needs, connected
    from grader.course.batch.executors.shared import Shared

    gpus = options["gpus_each"]
    if gpus is None:
        gpus = 0 if options["device"] == "cpu" else 1
    address = options["ray_address"] or os.environ.get("RAY_ADDRESS", "")
    engine = click.get_current_context().with_resource(connected(address, Needs(gpus=gpus)))
    return Shared(options["slots"] or min(engine.slots, THREADS), engine)

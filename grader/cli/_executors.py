"""Where the attempts of a batch run, as options."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from grader.course.batch.executors.interface import Executor

MOST_SLOTS = 64
"""As many threads of the batch wait for attempts; each also writes what its attempt says."""


def executor_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--executor, and what each of them needs."""
    for option in (
        click.option(
            "--gpus-each",
            type=click.FloatRange(0, 8),
            default=0.0,
            show_default=True,
            help="With --executor ray: the share of a GPU that one attempt gets, such as 0.25.",
        ),
        click.option(
            "--ray-address",
            envvar="RAY_ADDRESS",
            default="",
            metavar="HOST:PORT",
            help="With --executor ray: the head of the cluster, which has to ask for a token.",
        ),
        click.option(
            "--executor",
            type=click.Choice(["local", "ray"]),
            default="local",
            show_default=True,
            help="Where attempts run: on this machine, or on a cluster that shares this folder: docs/scaling.md.",
        ),
    ):
        function = option(function)
    return function


@contextmanager
def executor_of(options: dict[str, Any]) -> Iterator[Executor]:
    """The executor that was chosen, as long as the context lasts."""
    from grader.course.batch.executors.local import Local
    from grader.course.batch.setup import slots

    if options["executor"] == "ray":
        from grader.course.batch.executors import ray
        from grader.course.batch.executors.shared import Shared

        with ray.connected(options["ray_address"], ray.Needs(gpus=options["gpus_each"])) as engine:
            yield Shared(options["slots"] or min(engine.slots, MOST_SLOTS), engine)
    else:
        tokens = tuple(word.rpartition("=")[2] for word in options["git_token_env"])
        yield Local(slots(options["slots"]), hidden=(*tokens, "SSH_AUTH_SOCK"))

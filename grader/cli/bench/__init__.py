"""`grader bench`: the reference models over seeds, comparisons of two results, leaderboards."""

from __future__ import annotations

import click

from grader.cli._verbs import Verbs


class _OrMeasure(Verbs):
    """`grader bench s4` is `grader bench run s4`: what is no command of the group is for `run`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = (*self.list_commands(ctx), *ctx.help_option_names)
        return super().parse_args(ctx, args if args and args[0] in own else ["run", *args])


@click.group(
    cls=_OrMeasure,
    package=__name__,
    path=__path__,
    short_help="Train the reference models over seeds; compare, rank.",
)
def command() -> None:
    """Measure models over seeds, with the machinery that grades: accuracy, time, and how sure both are.

    `grader bench s4 --seeds 5` is short for `grader bench run s4 --seeds 5`.
    """

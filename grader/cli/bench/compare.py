"""`grader bench compare`: two results, and a gate for CI."""

from __future__ import annotations

import re
from pathlib import Path

import click

from grader.errors import ExitCode


def _share(_: click.Context, __: click.Parameter, value: str | None) -> float:
    if value is None:
        return -1.0
    found = re.fullmatch(r"([0-9]{1,4}(?:\.[0-9]{1,4})?) ?%", value.strip())
    if not found:
        raise click.BadParameter("give a share such as 10%")
    return float(found[1]) / 100


@click.command(short_help="Hold two results against each other.")
@click.argument("first", type=click.Path(exists=True, path_type=Path))
@click.argument("second", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--fail-if-slower",
    "slower_by",
    callback=_share,
    metavar="10%",
    help="Exit with 3 where trainings take more than so much longer.",
)
@click.option("--fail-if-worse", "worse", is_flag=True, help="Exit with 3 where an accuracy is lower.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the page here: .md or .html."
)
def command(first: Path, second: Path, slower_by: float, worse: bool, out: Path | None) -> int:
    """Differences of SECOND from FIRST with their intervals, by model and spec.

    Both are folders of `grader bench run`, or their bench.json. "No evidence of a difference" is an answer.

    Exit codes: 0; with a --fail option 3 where one is found, and 6 where that cannot be told (too few seeds, other data,
    a model is missing); 2 a mistake in the command, 5 a result cannot be read.
    """
    from rich.console import Console

    from grader.bench.compare import compare, regressions, undecided
    from grader.bench.compare_page import compare_page
    from grader.bench.render import html, markdown
    from grader.bench.trials import read_bench, write_text
    from grader.cli._bench_view import WIDTH, show
    from grader.report.inert import one_line

    results = read_bench(first), read_bench(second)
    found = compare(*results, slower_by=slower_by)
    page = compare_page(*results, found)
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, WIDTH)
    show(page, console)
    if out is not None:
        write_text(out, html(page) if out.suffix == ".html" else markdown(page))
    if not worse and slower_by < 0:
        return ExitCode.PASSED
    failed, open_ = regressions(found, worse=worse), undecided(found, worse=worse)
    for line in (*failed, *open_):
        console.print(one_line(line), soft_wrap=True, markup=False)
    if failed:
        return ExitCode.BELOW_PASS_MARK
    return ExitCode.NEEDS_REVIEW if open_ else ExitCode.PASSED

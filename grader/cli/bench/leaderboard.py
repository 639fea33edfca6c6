"""`grader bench leaderboard`: models of one spec, ranked."""

from __future__ import annotations

from pathlib import Path

import click

from grader.errors import UsageError


@click.command(short_help="Rank the models of one spec.")
@click.argument("spec")
@click.option(
    "--bench",
    "benches",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="A result of `grader bench run`; several are several --bench. Default: reports/bench, if it is there.",
)
@click.option(
    "--runs",
    type=click.Path(exists=True, path_type=Path),
    help="Folder of graded runs; of students only those in --names are shown.",
)
@click.option(
    "--names",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A table submission,name: who wants to be shown, and under which name.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write leaderboard.md and leaderboard.html into this folder.",
)
def command(
    spec: str, benches: tuple[Path, ...], runs: Path | None, names: Path | None, out: Path | None
) -> None:
    """Models of SPEC by accuracy, with ties, and the front of parameters against accuracy.

    Students stand on it only if they chose a name, from graded runs that are settled, and with nothing but that name.
    """
    from rich.console import Console

    from grader.bench.leaderboard import board, chosen_names
    from grader.bench.leaderboard_page import board_page, front_chart
    from grader.bench.render import html, markdown
    from grader.bench.trials import FILE_NAME, read_bench, write_text
    from grader.cli._bench_view import WIDTH, show
    from grader.report.inert import one_line
    from grader.spec.load import load_spec

    if (runs is None) != (names is None):
        raise UsageError(
            "Students are shown by --runs together with --names.",
            "Give both: who is not in the table is not shown.",
        )
    usual = Path("reports/bench")
    places = benches or ((usual,) if (usual / FILE_NAME).is_file() else ())
    chosen = chosen_names(names) if names else {}
    found = board(load_spec(spec), [read_bench(place) for place in places], runs, chosen)
    page, console = board_page(found), Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, WIDTH)
    show(page, console)
    for line in found.left_out:
        console.print(one_line(f"Left out: {line}"), soft_wrap=True, markup=False)
    if out is not None:
        write_text(out / "leaderboard.md", markdown(page))
        write_text(out / "leaderboard.html", html(page, (front_chart(found),)))
        console.print(f"{out / 'leaderboard.html'}", soft_wrap=True, markup=False)

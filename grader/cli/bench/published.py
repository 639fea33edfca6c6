"""`grader bench published`: a result beside figures that somebody published."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(short_help="Hold a result against published figures.")
@click.argument("figures", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("result", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write published.md and published.html into this folder.",
)
def command(figures: Path, result: Path, out: Path | None) -> None:
    """RESULT, a folder of `grader bench run` or its bench.json, beside the published FIGURES, row by row.

    FIGURES is a file such as reference_models/ladder/published.json. Whether a difference is more than noise is said for
    each row; "no evidence of a difference" is an answer.
    """
    from rich.console import Console

    from grader.bench.figures import read_published
    from grader.bench.published import beside
    from grader.bench.published_page import published_page
    from grader.bench.render import html, markdown
    from grader.bench.trials import read_bench, write_text
    from grader.cli._bench_view import WIDTH, show

    published, bench = read_published(figures), read_bench(result)
    page, console = published_page(published, bench, beside(published, bench)), Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, WIDTH)
    show(page, console)
    if out is not None:
        write_text(out / "published.md", markdown(page))
        write_text(out / "published.html", html(page))
        console.print(f"{out / 'published.html'}", soft_wrap=True, markup=False)

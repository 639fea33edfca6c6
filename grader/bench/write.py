"""The pages of a benchmark beside its result."""

from __future__ import annotations

from pathlib import Path

from grader.bench.page import bench_page
from grader.bench.records import Bench
from grader.bench.render import html, markdown
from grader.bench.trials import write_text


def write_pages(bench: Bench, out: Path) -> None:
    """`README.md` and `bench.html`.

    Raises:
        StoreError: the disk is full, or the folder cannot be written.
    """
    page = bench_page(bench)
    write_text(out / "README.md", markdown(page))
    write_text(out / "bench.html", html(page))

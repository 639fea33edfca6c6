"""The pictures of the README, made anew from stored runs.

    python docs/pictures/make.py RUN RUNS [PICTURE ...]

RUN is the folder of one stored run, such as the reference's after `make demo`; RUNS is the folder of an assignment's
runs with its batch.html and something left to decide, such as `reports/s4` after `python benchmarks/batch.py --keep
FOLDER`. PICTURE is a file's name, such as review.png; without one, all are made. Chromium is needed.
"""

from __future__ import annotations

import io
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from rich.console import Console

from grader.course.stored.results import read_run
from grader.report.terminal import print_report
from grader.review_page.desk import Desk
from grader.review_page.server import Server
from grader.review_page.sessions import Sessions

HERE = Path(__file__).parent
COLUMNS = 100
WIDE, HIGH = 1200, 900
FONTS = re.compile(r"@font-face\s*\{[^}]*\}\s*")
"""A picture asks nobody for a font."""


def main() -> None:
    run, runs = (Path(one) for one in sys.argv[1:3])
    wanted = sys.argv[3:]
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        try:
            makers = pictures(chromium, run, runs)
            for name in wanted or makers:
                makers[name](HERE / name)
        finally:
            chromium.close()


def pictures(browser: Browser, run: Path, runs: Path) -> dict[str, Callable[[Path], object]]:
    """How each picture is made, by its file's name."""
    report, batch = (place.resolve().as_uri() for place in (run / "report.html", runs / "batch.html"))
    return {
        "terminal.svg": lambda to: to.write_text(terminal(run), "utf-8"),
        "report.png": lambda to: shoot(browser, report, to),
        "batch-light.png": lambda to: shoot(browser, batch, to),
        "batch-dark.png": lambda to: shoot(browser, batch, to, scheme="dark"),
        "receptive-field.png": lambda to: shoot(browser, report, to, part=".growth"),
        "review.png": lambda to: review(browser, runs, to),
    }


def review(browser: Browser, runs: Path, to: Path) -> None:
    """The first open decision, on the page of `grader review --page`; nothing is decided."""
    with Server(Desk(runs, spec_id="", every=False), Sessions(), 0) as server:
        shoot(browser, server.link("Ada Lovelace"), to)


def terminal(run: Path) -> str:
    """What `grader run` prints at its end, as it looks there."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), highlight=False)
    print_report(read_run(run), console, Path("reports/s4/ada/20260301-101500-k7q2/report.html"))
    return FONTS.sub("", console.export_svg(title="grader run s4 --repo https://github.com/ada/s4"))


def shoot(browser: Browser, address: str, to: Path, *, scheme: str = "light", part: str = "") -> None:
    """The first screen of a page, or one part of it."""
    context = browser.new_context(
        viewport={"width": WIDE, "height": HIGH},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    shown = context.new_page()
    shown.goto(address, wait_until="networkidle")
    if part:
        shown.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        shown.locator(part).first.screenshot(path=to)
    else:
        shown.screenshot(path=to)
    context.close()


if __name__ == "__main__":
    main()

"""The pictures of the README, made anew from stored runs.

    python docs/pictures/make.py RUN RUNS

RUN is the folder of one stored run, such as the reference's after `make demo`; RUNS is the folder of an assignment's
runs with its batch.html, such as `reports/s4` after `python benchmarks/batch.py --keep FOLDER`. Chromium is needed.
"""

from __future__ import annotations

import io
import re
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from rich.console import Console

from grader.course.stored.results import read_run
from grader.report.terminal import print_report

HERE = Path(__file__).parent
COLUMNS = 100
WIDE, HIGH = 1200, 900
FONTS = re.compile(r"@font-face\s*\{[^}]*\}\s*")
"""A picture asks nobody for a font."""


def main() -> None:
    run, runs = (Path(one) for one in sys.argv[1:3])
    (HERE / "terminal.svg").write_text(terminal(run), "utf-8")
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        try:
            shoot(chromium, run / "report.html", HERE / "report.png", HIGH)
            shoot(chromium, runs / "batch.html", HERE / "batch-light.png", HIGH)
            shoot(chromium, runs / "batch.html", HERE / "batch-dark.png", HIGH, scheme="dark")
            shoot(chromium, run / "report.html", HERE / "receptive-field.png", HIGH, part=".growth")
        finally:
            chromium.close()


def terminal(run: Path) -> str:
    """What `grader run` prints at its end, as it looks there."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), highlight=False)
    print_report(read_run(run), console, Path("reports/s4/ada/20260301-101500-k7q2/report.html"))
    return FONTS.sub("", console.export_svg(title="grader run s4 --repo https://github.com/ada/s4"))


def shoot(
    browser: Browser, page: Path, to: Path, height: int, *, scheme: str = "light", part: str = ""
) -> None:
    """The first screen of a page, or one part of it."""
    context = browser.new_context(
        viewport={"width": WIDE, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    shown = context.new_page()
    shown.goto(page.resolve().as_uri())
    if part:
        shown.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        shown.locator(part).first.screenshot(path=to)
    else:
        shown.screenshot(path=to)
    context.close()


if __name__ == "__main__":
    main()

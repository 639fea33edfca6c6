"""A page that links a report for every way in which a run can end, to look at: python tests/report_gallery.py FOLDER

Writes index.html and, for each sample of `tests/fixtures/endings.py`, the student's and the staff's page and the Markdown.
"""

from __future__ import annotations

import sys
from collections import Counter
from html import escape
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
_WHOSE = {
    "nobody": "Nothing is anybody's fault",
    "student": "The student's work falls short",
    "person": "A person decides",
    "machine": "The grader's or its machine's fault",
}


def all_samples() -> dict[str, Any]:
    """Those of the fixture, which is found by its path: `tests` is no package."""
    sys.path[:0] = [str(HERE), str(HERE.parent)]
    from conftest import load_fixture

    found: dict[str, Any] = load_fixture("endings").endings()
    return found


def write(folder: Path, samples: dict[str, Any]) -> Path:
    """Write a page of these samples; returns the one to open."""
    from grader.report.interface import formats

    folder.mkdir(parents=True, exist_ok=True)
    for name, sample in samples.items():
        for format_name, suffix in (("html", "html"), ("staff", "staff.html"), ("markdown", "md")):
            text = formats()[format_name].render(sample.record)
            (folder / f"{name}.{suffix}").write_text(text, encoding="utf-8")
    index = folder / "index.html"
    index.write_text(page(samples), encoding="utf-8")
    return index


def page(samples: dict[str, Any]) -> str:
    """The index: a table for each answer to the question whose fault it is."""
    from grader.report.html import template

    parts = []
    for whose, title in _WHOSE.items():
        rows = "".join(_row(name, one) for name, one in samples.items() if one.whose == whose)
        head = "<tr><th>Sample</th><th>What the report says</th><th>Checks</th><th>Staff</th></tr>"
        parts.append(
            f"<section><h2>{title}</h2><table><thead>{head}</thead><tbody>{rows}</tbody></table></section>"
        )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Every ending</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<style>{template('style.css')}</style></head><body><header><h1>Every ending and its report</h1></header>"
        f"<main>{''.join(parts)}</main></body></html>\n"
    )


def _row(name: str, sample: Any) -> str:
    from grader.report import words

    verdict = words.verdict(sample.record)
    counts = Counter(words.STATUS[one.status].text for one in sample.record.outcomes)
    checks = ", ".join(f"{count} {text.lower()}" for text, count in counts.items()) or "none"
    said = f"{verdict.icon} {verdict.headline}"
    return (
        f'<tr><th scope="row"><a href="{name}.html">{name.replace("_", " ")}</a></th><td><b>{escape(said)}</b><br>'
        f'{escape(verdict.reason)}</td><td>{escape(checks)}</td><td><a href="{name}.staff.html">staff</a></td></tr>'
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Usage: python tests/report_gallery.py FOLDER")
    print(write(Path(sys.argv[1]), all_samples()))

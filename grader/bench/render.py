"""A page of tables as Markdown, and as one HTML file that needs nothing else. No text in it can become markup."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from importlib.resources import files

from grader.bench.page import Grid, Page
from grader.report.inert import one_line
from grader.report.markdown import plain

_OWN_STYLE = """
body { max-width: 92rem; } main { padding-block: 2rem; } h2 { margin-top: 2.25rem; }
main > ul { color: var(--soft); padding-left: 1.25rem; }
main > p, main > ul { max-width: 60rem; } h2 + .scroll { margin-top: .5rem; } .bench table { width: auto; }
.bench td, .bench th { white-space: nowrap; padding: .375rem .625rem; }
.bench td.number, .bench th.number { text-align: right; font-variant-numeric: tabular-nums; }
.bench td.long { white-space: normal; min-width: 14rem; overflow-wrap: anywhere; }
figure { max-width: 52rem; margin-top: 1.25rem; } figure svg { width: 100%; height: auto; }
@media print { @page { size: A4 landscape; } }
"""
_HEAD = """<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
"""
_LONG = 36


def markdown(page: Page) -> str:
    parts = [f"# {_text(page.title)}", *map(_text, page.lines)]
    for grid in page.grids:
        parts += [f"## {_text(grid.title)}", _grid(grid), *map(_text, grid.notes)]
    parts += ["\n".join(f"- {_text(note)}" for note in page.notes)] if page.notes else []
    return "\n\n".join(parts) + "\n"


def html(page: Page, pictures: tuple[str, ...] = ()) -> str:
    """The page; `pictures` are our own SVG and stand below the tables of the same number.

    Args:
        pictures: one for each table, "" for none; fewer are enough.
    """
    style = (files("grader.report") / "templates" / "style.css").read_text(encoding="utf-8")
    title = escape(one_line(page.title))
    body = [f"<h1>{title}</h1>", *(f"<p>{escape(one_line(line))}</p>" for line in page.lines)]
    for index, grid in enumerate(page.grids):
        body += [*_section(grid), pictures[index] if index < len(pictures) else ""]
    if page.notes:
        body.append(f"<ul>{''.join(f'<li>{escape(one_line(note))}</li>' for note in page.notes)}</ul>")
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n{_HEAD}<title>{title}</title>\n'
        f"<style>\n{style}{_OWN_STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in body if part)
        + "\n</main>\n</body>\n</html>\n"
    )


def _text(text: str) -> str:
    return plain(one_line(text))


def _grid(grid: Grid) -> str:
    lines = [grid.heads, tuple("---:" if i in grid.numbers else "---" for i in range(len(grid.heads)))]
    heads = [" | ".join(map(_text, lines[0])), " | ".join(lines[1])]
    rows = [" | ".join(map(_text, row)) for row in grid.rows]
    return "\n".join(f"| {line} |" for line in [*heads, *rows])


def _section(grid: Grid) -> Iterator[str]:
    title = escape(one_line(grid.title))
    yield f"<h2>{title}</h2>"
    yield f'<div class="bench scroll" role="region" tabindex="0" aria-label="{title}">'
    yield f'<table><caption class="unseen">{title}</caption><thead><tr>'
    yield "".join(
        f'<th scope="col"{_class(grid, i, "")}>{escape(one_line(head))}</th>'
        for i, head in enumerate(grid.heads)
    )
    yield "</tr></thead><tbody>"
    for row in grid.rows:
        cells = (f"<td{_class(grid, i, cell)}>{escape(one_line(cell))}</td>" for i, cell in enumerate(row))
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody></table></div>"
    yield from (f"<p>{escape(one_line(note))}</p>" for note in grid.notes)


def _class(grid: Grid, column: int, cell: str) -> str:
    if column in grid.numbers:
        return ' class="number"'
    return ' class="long"' if len(cell) > _LONG else ""

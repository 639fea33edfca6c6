"""The README as a person would see it: sections, links, logs and claims, each with its line."""

from __future__ import annotations

import posixpath
import re

from grader.reading import claims as claim_reader
from grader.reading import logs as log_reader
from grader.reading.links import Targets, fault, is_absolute, own_path, plain_anchor
from grader.reading.logs import Line
from grader.reading.loose import is_loose
from grader.reading.markdown import Block
from grader.records import Claim, Link, LogLine, Readme, Section
from grader.text import clean, clean_block

LIMIT_BYTES = 300_000
"""Room for the longest honest log. Markdown of a hostile kind takes seconds to parse at this size, not minutes."""
LIMIT_LINKS = 2_000
LIMIT_SECTIONS = 2_000

Rows = list[tuple[Line, tuple[str, ...]]]


def readme_of(page: list[Block], path: str, size_bytes: int, known: Targets) -> Readme:
    """The record of a page. `path` is relative to the root; `logs` are those of the page itself."""
    headings = [block for block in page if block.kind == "heading"]
    return Readme(
        path=path,
        size_bytes=size_bytes,
        title=next((clean(block.text) for block in headings if block.level == 1), ""),
        sections=_sections(page),
        links=_links(page, path, known),
        logs=_logs(page, path),
        log_pictures=_log_pictures(page),
        claims=_claims(page, path),
        loose_lines=_loose_lines(page),
    )


def linked_notebooks(page: list[Block], path: str, known: Targets, source: str) -> tuple[str, ...]:
    """Notebooks of the submission that the README links, in order; Colab links to them count too."""
    found: dict[str, None] = {}
    for block in page:
        if block.kind != "link":
            continue
        target = block.target
        inside = (
            own_path(target, source)
            if is_absolute(target)
            else known.path_of(target, posixpath.dirname(path))
        )
        if inside.lower().endswith(".ipynb") and inside in known.files:
            found[inside] = None
    return tuple(found)


# --- sections -----------------------------------------------------------------------------------------------


def _sections(page: list[Block]) -> tuple[Section, ...]:
    starts = [0, *(index for index, block in enumerate(page) if block.kind == "heading")][:LIMIT_SECTIONS]
    ends = [*starts[1:], len(page)]
    found = [_section(page[start:end]) for start, end in zip(starts, ends, strict=True) if start < end]
    return tuple(
        section for section in found if section.level or section.prose or section.table_rows or section.code
    )


def _section(part: list[Block]) -> Section:
    heading = part[0] if part[0].kind == "heading" else None
    return Section(
        title=clean(heading.text) if heading else "",
        level=heading.level if heading else 0,
        line=part[0].line,
        prose=tuple(clean_block(block.text) for block in part if block.kind == "prose"),
        table_rows=tuple(tuple(clean(cell) for cell in block.cells) for block in part if block.kind == "row"),
        code=tuple(clean_block(block.text) for block in part if block.kind == "code"),
    )


# --- links and pictures -------------------------------------------------------------------------------------

_SPACED = re.compile(
    r"(!?)\[[^\]\n]{0,200}\]\(([^()\s][^()\n]{0,200}? [^()\n]{0,200}?\.(?:png|jpe?g|gif|svg|ipynb|py|md))\)"
)
_LOG_WORD = re.compile(
    r"(?<![a-z])(?:logs?|training|train|epochs?|output|console|terminal)(?![a-z])", re.IGNORECASE
)
_NO_LOG_WORD = re.compile(
    r"loss|curve|graph|plot|chart|badge|architecture|diagram|augment|sample|confusion", re.IGNORECASE
)


def _links(page: list[Block], path: str, known: Targets) -> tuple[Link, ...]:
    folder = posixpath.dirname(path)
    anchors = _anchors(page)
    found: list[Link] = []
    for block in page:
        if block.kind == "picture" or (block.kind == "link" and not is_absolute(block.target)):
            wrong = fault(block.target, folder, known, anchors)
            found.append(Link(clean(block.target), block.line, block.kind, clean(wrong)))
        elif block.kind == "prose":
            found += _with_spaces(block)
    return tuple(found[:LIMIT_LINKS])


def _with_spaces(block: Block) -> list[Link]:
    """A target with a space in it is no link at all: the page shows its brackets."""
    wrong = "has a space in it, so the page shows its brackets; write %20 for the space"
    return [
        Link(clean(match[2]), block.line + offset, "picture" if match[1] else "link", wrong)
        for offset, line in enumerate(block.lines)
        for match in _SPACED.finditer(line[:2_000])
    ]


def _anchors(page: list[Block]) -> frozenset[str]:
    """Headings, also with the number that a repeated one gets, and the anchors of raw HTML."""
    slugs = [plain_anchor(block.text) for block in page if block.kind == "heading"]
    numbered = [f"{slug}{number}" for slug in set(slugs) for number in range(1, slugs.count(slug))]
    return frozenset(
        [*slugs, *numbered, *(plain_anchor(block.target) for block in page if block.kind == "anchor")]
    )


def _log_pictures(page: list[Block]) -> tuple[str, ...]:
    """Pictures that by their name, their text or their section's heading show a log."""
    found = []
    heading = ""
    for block in page:
        if block.kind == "heading":
            heading = block.text
        elif block.kind == "picture":
            name = f"{posixpath.basename(block.target)} {block.text}".replace("_", " ").replace("-", " ")
            is_log = _LOG_WORD.search(name) or _LOG_WORD.search(heading)
            if is_log and not _NO_LOG_WORD.search(name) and "shields.io" not in block.target:
                found.append(f"{clean(block.target, 120)} (line {block.line})")
    return tuple(found[:LIMIT_LINKS])


# --- logs, claims, loose lines ------------------------------------------------------------------------------


def _lines(block: Block, path: str) -> list[Line]:
    return [Line(f"{path}:{block.line + offset}", text) for offset, text in enumerate(block.lines)]


def text_lines(page: list[Block], path: str) -> list[Line]:
    """The lines of code blocks, of running text and of tables, in their order."""
    found: list[Line] = []
    for block in page:
        if block.kind in ("code", "prose"):
            found += _lines(block, path)
        elif block.kind == "row":
            found.append(Line(f"{path}:{block.line}", " | ".join(block.cells)))
    return found


def _tables(page: list[Block], path: str) -> list[Rows]:
    tables: dict[int, Rows] = {}
    for block in page:
        if block.kind == "row":
            tables.setdefault(block.table, []).append((Line(f"{path}:{block.line}", block.text), block.cells))
    return list(tables.values())


def _logs(page: list[Block], path: str) -> tuple[LogLine, ...]:
    """In the order of the page within each kind: code blocks, tables, running text."""
    found: list[LogLine] = []
    for block in page:
        if block.kind == "code":
            found += log_reader.log_lines(_lines(block, path))
    for rows in _tables(page, path):
        found += log_reader.table_log_lines(rows)
    prose = [line for block in page if block.kind == "prose" for line in _lines(block, path)]
    found += log_reader.log_lines(prose, strict=True)
    return tuple(found[: log_reader.LIMIT_LINES])


def _claims(page: list[Block], path: str) -> tuple[Claim, ...]:
    found: list[Claim] = []
    for block in page:
        if block.kind in ("prose", "code"):
            stated = claim_reader.claims(_lines(block, path))
            found += claim_reader.last_fields(stated) if block.kind == "code" else stated
        elif block.kind in ("heading", "row"):
            found += claim_reader.claims([Line(f"{path}:{block.line}", block.text)])
    for rows in _tables(page, path):
        found += [claim for claim in claim_reader.table_claims(rows) if claim not in found]
    return tuple(found[: claim_reader.LIMIT_CLAIMS])


def _loose_lines(page: list[Block]) -> tuple[int, ...]:
    return tuple(
        block.line + offset
        for block in page
        if block.kind == "prose" and not block.is_marked
        for offset, line in enumerate(block.lines)
        if is_loose(line, block.in_list)
    )

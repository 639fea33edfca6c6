"""The web addresses that a README gives: links, and addresses in its text, tables and code, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.reading.describing import clean_place
from grader.reading.markdown import Block, blocks
from grader.reading.read import readme_path
from grader.reading.readme import LIMIT_BYTES
from grader.reading.staged import staged_text
from grader.records import Submission

LIMIT = 500
LIMIT_LINE = 4_000
_WEB = re.compile(r"https?://[^\s<>\"'`|\]\\]{4,2000}", re.IGNORECASE)
_NAME = re.compile(
    r"(?<![\w@./:-])(?:[a-z0-9][a-z0-9-]{0,61}\.){2,8}[a-z]{2,12}(?:/[^\s<>\"'`|\])]{0,500})?", re.IGNORECASE
)
_BEHIND = ".,;:!?*_~"
"""What ends a sentence or an emphasis, and no address."""


@dataclass(frozen=True)
class WebAddress:
    """An address as the student wrote it: not cleaned."""

    url: str
    place: str  # "README.md:12"
    has_scheme: bool = True  # else it is a name with dots in it, and https:// was put before it


def addresses(root: Path, submission: Submission) -> tuple[WebAddress, ...]:
    """Each address of the README once, in its order; () where there is no README that can be read."""
    path = readme_path(root, submission)
    if not path:
        return ()
    try:
        page = blocks(staged_text(root, path, LIMIT_BYTES))
    except ValueError:
        return ()
    return in_page(page, path)


def in_page(page: Iterable[Block], path: str) -> tuple[WebAddress, ...]:
    """The addresses of a page. A picture's is none: it shows something and answers nothing."""
    found: dict[str, WebAddress] = {}
    for block in page:
        for offset, text in _texts(block):
            for url, has_scheme in _in_line(text[:LIMIT_LINE]):
                place = clean_place(f"{path}:{block.line + offset}")
                found.setdefault(url, WebAddress(url, place, has_scheme))
                if len(found) >= LIMIT:
                    return tuple(found.values())
    return tuple(found.values())


def _texts(block: Block) -> Iterator[tuple[int, str]]:
    if block.kind == "link":
        if _WEB.match(block.target):
            yield 0, block.target
    elif block.kind == "row":
        yield from ((0, cell) for cell in block.cells)
    elif block.kind in ("heading", "prose", "code"):
        yield from enumerate(block.lines or (block.text,))


def _in_line(text: str) -> Iterator[tuple[str, bool]]:
    for found in _WEB.finditer(text):
        yield _ended(found[0]), True
    for found in _NAME.finditer(_WEB.sub(" ", text)):
        yield f"https://{_ended(found[0])}", False


def _ended(url: str) -> str:
    """Without what the sentence around it adds, and without the fragment, which is not sent."""
    kept = url.partition("#")[0].rstrip(_BEHIND)
    while kept.endswith((")", "}")) and kept.count("(") < kept.count(")") + kept.count("}"):
        kept = kept[:-1].rstrip(_BEHIND)
    return kept

"""The link of a row: out of a cell as people fill it in, out of the HTML of an answer, or made by a pattern."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from grader.errors import FetchError, UsageError
from grader.fetch.url import looks_like_link, parse
from grader.text import clean

_MAX_CELL = 20_000
_MAX_CANDIDATES = 20
_HREF = re.compile(r"""href\s*=\s*["']([^"'<>]{1,2000})""", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,4000}>")
_PLAIN = re.compile(
    r"""(?:https?|ssh)://[^\s<>"']{1,2000}|git@[\w.-]{1,100}:[\w./~-]{1,300}""", re.IGNORECASE
)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_NAME_ON_A_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_NOTHING = frozenset("-–—")
"""How exports, and people, fill a cell that is empty."""
_EXAMPLE = "https://github.com/owner/repository"


@dataclass(frozen=True)
class Source:
    """What a row hands in. Two rows with the same `repository` may still hand in different places of it."""

    given: str  # as `grader.fetch` takes it; "" where nothing was handed in
    repository: str = ""  # to compare: the same for all ways of writing it
    place: str = ""  # the rest of the link: branch and path
    remark: str = ""  # what a person should know of how it was read


@dataclass(frozen=True)
class NoSource:
    """Something was written, and it is nothing that could be fetched."""

    fault: str
    next_step: str


def read_source(cell: str, folders: Path) -> Source | NoSource:
    """The link or the path in a cell; a path is taken below `folders` only, links out of it are not followed.

    `folders` is absolute and without symbolic links.
    """
    text = cell[:_MAX_CELL].strip("\ufeff\u200b\xa0 \t\r\n")
    if "<" in text and ">" in text and not text.startswith("<http"):
        return _from_page(text)
    if not text or text in _NOTHING:
        return Source("")
    if looks_like_link(text):
        read = _from_link(text)
        # A blank may stand in a folder's name, never in a repository's: there it ends the link.
        whole = isinstance(read, Source) and "%20" not in read.repository
        return read if whole or not _PLAIN.search(text) or not re.search(r"\s", text) else _from_text(text)
    if _PLAIN.search(text):
        return _from_text(text)
    return _from_path(text, folders)


def read_pattern(pattern: str, titles: Sequence[str]) -> tuple[str, ...]:
    """The columns that a pattern such as `https://github.com/org/{username}-s4` takes.

    Raises:
        UsageError: it takes none, or one that the roster does not have.
    """
    names = tuple(name.strip() for name in _PLACEHOLDER.findall(pattern))
    known = ", ".join(clean(title, 40) for title in titles[:20] if title)
    if not names:
        raise UsageError(
            "The repository pattern names no column, so every row would have the same repository.",
            f"Write it as https://github.com/org/{{username}}-s4. The roster has the columns {known}.",
        )
    for name in names:
        if name not in titles:
            raise UsageError(
                f"The repository pattern names the column {clean(name, 40)}, which the roster does not have.",
                f"Its columns are {known}.",
            )
    return names


def made_link(pattern: str, values: Mapping[str, str]) -> Source | NoSource:
    """The pattern with a row's own values in it."""
    for name, value in values.items():
        if not _NAME_ON_A_HOST.fullmatch(value.strip()):
            what = f'"{clean(value, 60)}" cannot be part of a link' if value.strip() else "is empty"
            return NoSource(
                f"The column {clean(name, 40)} {what}.", "Correct the cell, or give a repository."
            )
    filled = _PLACEHOLDER.sub(lambda one: quote(values[one[1].strip()].strip(), safe=""), pattern)
    return _from_link(filled)


def _from_link(text: str) -> Source | NoSource:
    try:
        link = parse(text)
    except FetchError as error:
        return NoSource(error.message, error.hint)
    same = link.url.casefold().rstrip("/").removesuffix(".git")
    return Source(text, same, "/".join((*link.tail, link.path)).strip("/"))


def _from_page(text: str) -> Source | NoSource:
    """The HTML of an answer that was typed into a form."""
    seen = html.unescape(_TAG.sub(" ", text)).replace("\xa0", " ").strip()
    links = [html.unescape(found) for found in _HREF.findall(text)] + _PLAIN.findall(seen)
    if links:
        return _best(links, "")
    return (
        Source("") if not seen else NoSource("The answer holds no link.", f"Give the repository: {_EXAMPLE}.")
    )


def _from_text(text: str) -> Source | NoSource:
    return _best(_PLAIN.findall(text), "It was taken out of more text.")


def _best(links: Sequence[str], remark: str) -> Source | NoSource:
    """The first link that leads to a repository; others that lead to a different one are pointed out."""
    read = list(_each(links))
    good = [one for one in read if isinstance(one, Source)]
    if not good:
        return read[0]
    others = len({one.repository for one in good}) - 1
    if others:
        remark = f"{remark} It holds links to {others + 1} repositories; the first was taken.".strip()
    return Source(good[0].given, good[0].repository, good[0].place, remark)


def _each(links: Sequence[str]) -> Iterator[Source | NoSource]:
    for link in list(dict.fromkeys(one.rstrip(".,;:!?)") for one in links))[:_MAX_CANDIDATES]:
        yield _from_link(link)


def _from_path(text: str, folders: Path) -> Source | NoSource:
    said = "This" if "@" in text else f'"{clean(text, 60)}"'  # "@": perhaps a secret
    try:
        path = (folders / text).resolve()
        there = path.is_relative_to(folders) and path != folders and path.exists()
    except (OSError, ValueError, RuntimeError):  # too long, a zero byte, links in a circle
        there = False
    if not there:
        fault = f"{said} is no link, and nothing of this name lies in the roster's folder."
        return NoSource(fault, _next_step(text))
    return Source(str(path), str(path))


def _next_step(text: str) -> str:
    short = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}", text)
    return f"Write https://github.com/{text}." if short else f"Give the repository's address: {_EXAMPLE}."

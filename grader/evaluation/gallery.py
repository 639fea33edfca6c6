"""Which pictures count: decoded, large enough, not blank; where the README shows them, and which are alike."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from grader.records import Absent, NotebookFacts, Picture, Pictures, Readme

BLANK_SHARE = 0.995
"""A picture with more of one colour than this shows nothing: a thin line on white has about 0.98."""

ALIKE_PLACES = 3
"""Of 256 greys, so many may differ by one level in two pictures that are taken for one."""


SHORT = 3
"""Letters of a word that is found as a whole word only."""

_BADGE = re.compile(r"shields\.io|badge", re.IGNORECASE)


@dataclass(frozen=True)
class Shown:
    """A picture with the words that stand with it: its name, and the README's headings above it."""

    picture: Picture
    words: str  # in lower case
    in_readme: bool


def speaks_of(one: Shown, word: str) -> bool:
    """Whether a picture's words have this one; a short one, such as `bn`, must stand alone."""
    pattern = re.escape(word.lower())
    whole = rf"(?<![a-z]){pattern}(?![a-z])" if len(word) <= SHORT else pattern
    return re.search(whole, one.words) is not None


def is_blank(picture: Picture) -> bool:
    return picture.common_share > BLANK_SHARE


def gallery(
    found: Pictures, readme: Readme | Absent, notebooks: tuple[NotebookFacts, ...] = ()
) -> tuple[Shown, ...]:
    """All pictures with their words."""
    in_readme = {} if isinstance(readme, Absent) else _headings(found, readme)
    known = {one.path: one for one in notebooks}
    shown = []
    for one in found.pictures:
        words = f"{one.place} {in_readme.get(one.place, '')} {_above_cell(one.place, known)}"
        shown.append(Shown(one, words.lower(), one.place in in_readme))
    return tuple(shown)


def _above_cell(place: str, notebooks: dict[str, NotebookFacts]) -> str:
    """The last heading above a cell of a notebook; "" for a file."""
    path, _, cell = place.rpartition(", cell ")
    if path not in notebooks or not cell.isdecimal():
        return ""
    above = [title for number, title in notebooks[path].headings if number < int(cell)]
    return above[-1] if above else ""


def elsewhere(found: Pictures, readme: Readme | Absent) -> tuple[str, ...]:
    """Targets of the README's pictures that are no files of the submission."""
    if isinstance(readme, Absent):
        return ()
    known = {one.place for one in found.pictures}
    pictures = (link.target for link in readme.links if link.kind == "picture" and not link.fault)
    return tuple(one for one in pictures if not _BADGE.search(one) and not _place_of(one, readme, known))


def _headings(found: Pictures, readme: Readme) -> dict[str, str]:
    """Place of a picture that the README shows → the headings above it, of all levels."""
    known = {one.place for one in found.pictures}
    shown: dict[str, str] = {}
    for link in readme.links:
        place = _place_of(link.target, readme, known)
        if place:
            shown[place] = f"{shown.get(place, '')} {_above(readme, link.line)}"
    return shown


def _above(readme: Readme, line: int) -> str:
    """The heading that a line stands under, and those that this one stands under.

    The title of the whole page is none of them: it stands above every picture and tells none from another.
    """
    level, titles = 7, list[str]()
    first = [one for one in readme.sections if one.level == 1]
    for section in reversed([one for one in readme.sections if one.line <= line]):
        if 0 < section.level < level and [section] != first:
            level = section.level
            titles.append(section.title)
    return " ".join(titles)


def _place_of(target: str, readme: Readme, known: set[str]) -> str:
    """The picture that a link leads to, "" where it is none of the submission's."""
    parts = urlsplit(target) if "://" in target else None
    path = unquote((parts.path if parts else target).partition("?")[0]).replace("\\", "/")
    if parts is None:
        whole = (
            path.lstrip("/") if path.startswith("/") else posixpath.join(posixpath.dirname(readme.path), path)
        )
        return next((one for one in (posixpath.normpath(whole),) if one in known), "")
    ends = ["/".join(path.split("/")[start:]) for start in range(1, min(path.count("/") + 1, 20))]
    return next((end for end in ends if end in known), "")


def distinct(pictures: list[Picture]) -> list[Picture]:
    """Each picture once: of those that look the same, the first."""
    kept: list[Picture] = []
    for one in pictures:
        if not any(alike(one, other) for other in kept):
            kept.append(one)
    return kept


def alike(one: Picture, other: Picture) -> bool:
    """The same picture, possibly saved anew: equal proportions and greys."""
    if abs(one.width * other.height - other.width * one.height) > 0.02 * one.width * other.height:
        return False
    steps = [
        abs(int(a, 16) - int(b, 16)) for a, b in zip(one.thumbnail, other.thumbnail, strict=False) if a != b
    ]
    return len(steps) <= ALIKE_PLACES and max(steps, default=0) <= 1

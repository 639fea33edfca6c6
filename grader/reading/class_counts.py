"""The class distribution that a submission states: a row with a class's name and its count, its share, or both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from grader.reading.pages import Page, Piece
from grader.records import StatedClass
from grader.text import clean

LIMIT_ROWS = 5_000
_COUNT = re.compile(r"[\s*`]*(\d{1,3}(?:[,_ ]\d{3})+|\d{1,9})(?:\.0+)?[\s*`]*")
_SHARE = re.compile(r"[\s*`]*(\d{1,3}(?:\.\d{1,20})?|\.\d{1,20})\s*(%?)[\s*`]*")
_OF_SHARE = re.compile(r"share|percent|%|ratio|fraction|frequency \(|proportion", re.IGNORECASE)
_OF_NAME = re.compile(r"class|categor|name|label|object", re.IGNORECASE)
_OF_COUNT = re.compile(
    r"count|box|number|annotation|instance|object|frequency|total|share|percent|%|occurrence", re.IGNORECASE
)
_OF_ID = re.compile(r"\bids?\b|index|^\W*#\W*$", re.IGNORECASE)
_LINE = re.compile(
    r"[\W\d]{0,40}([^\W\d][\w \-/&'.()]{0,80}?)['\"`*]{0,3}\s{0,60}(?:[:=|,>-]{1,3}\s{0,60}|\s)"
    r"(\d{1,3}(?:,\d{3})+|\d{1,9})"
    r"(?:\.0+)?(?![\d.])(?:[\s|(,]{1,20}(\d{1,3}(?:\.\d{1,20})?)\s{0,2}%)?"
)
_IN_DICT = re.compile(r"['\"]([^'\"\n]{1,80})['\"]\s{0,3}[:,]\s{0,3}(?:np\.int\d\d\()?(\d{1,9})(?![\d.])")


def stated_classes(found: Iterable[Page], names: Iterable[str]) -> tuple[StatedClass, ...]:
    """The rows of the first page that has some; of any table that is headed like one where `names` are not known."""
    known = {_plain(name): name for name in names}
    for page in found:
        rows: dict[tuple[str, bool], StatedClass] = {}
        for row in _rows(page.pieces, known):
            rows.setdefault((row.name, row.is_share), row)
            if len(rows) >= LIMIT_ROWS:
                break
        if len({name for name, _ in rows}) >= min(2, len(known) or 2):
            return tuple(rows.values())
    return ()


def _plain(name: str) -> str:
    return " ".join(re.sub(r"[*`_]", " ", name).split()).casefold()


def _rows(pieces: Iterable[Piece], known: dict[str, str]) -> Iterator[StatedClass]:
    table = 0
    head: tuple[str, ...] = ()
    for piece in pieces:
        if piece.kind == "row":
            if piece.table != table:
                table, head = piece.table, piece.cells
            else:
                yield from _of_row(piece, head, known)
        elif piece.kind == "line" and known:
            yield from _of_line(piece, known)


def _of_row(piece: Piece, head: tuple[str, ...], known: dict[str, str]) -> Iterator[StatedClass]:
    at = _name_column(piece.cells, head, known)
    if at < 0:
        return
    name = known.get(_plain(piece.cells[at]), clean(piece.cells[at].strip(" *`"), 100))
    others = [index for index in range(len(piece.cells)) if index != at]
    for index in sorted(others, key=lambda one: (one < at, one)):
        title = head[index] if index < len(head) else ""
        if _OF_ID.search(title) or (index < at and not _OF_COUNT.search(title)):
            continue
        value, is_share = _value(piece.cells[index], title)
        if value >= 0:
            yield StatedClass(name, value, is_share, clean(piece.place))


def _name_column(cells: tuple[str, ...], head: tuple[str, ...], known: dict[str, str]) -> int:
    """The column with the class's name; -1 where a row has none."""
    if known:
        return next((index for index, cell in enumerate(cells) if _plain(cell[:200]) in known), -1)
    named = [index for index, title in enumerate(head[: len(cells)]) if _OF_NAME.search(title)]
    counted = [
        index for index, title in enumerate(head) if _OF_COUNT.search(title) and index not in named[:1]
    ]
    return named[0] if named and counted and re.search(r"[^\W\d]", cells[named[0]]) else -1


def _value(cell: str, title: str) -> tuple[float, bool]:
    """(value, whether it is a share); (-1, ...) where the cell is no number."""
    count = _COUNT.fullmatch(cell[:60])
    if count and not _OF_SHARE.search(title):
        return float(re.sub(r"\D", "", count[1])), False
    found = _SHARE.fullmatch(cell[:60])
    if not found:
        return -1.0, False
    value = float(found[1])
    in_percent = found[2] or "%" in title or "percent" in title.lower() or value > 1
    is_share = bool(found[2]) or bool(_OF_SHARE.search(title)) or value <= 1
    return (value / 100 if in_percent else value, True) if is_share else (-1.0, False)


def _of_line(piece: Piece, known: dict[str, str]) -> Iterator[StatedClass]:
    place = clean(piece.place)
    pairs = _IN_DICT.findall(piece.text)
    for name, count in pairs:
        if _plain(name) in known:
            yield StatedClass(known[_plain(name)], float(count), False, place)
    found = None if pairs else _LINE.match(piece.text)
    if found and _plain(found[1]) in known:
        name = known[_plain(found[1])]
        yield StatedClass(name, float(found[2].replace(",", "")), False, place)
        if found[3]:
            yield StatedClass(name, float(found[3]) / 100, True, place)

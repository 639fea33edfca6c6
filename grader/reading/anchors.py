"""The anchor boxes that a submission states: for each k its widths and heights, and the mean IoU.

Read in READMEs and in notebooks: a table with a row per k or per anchor, pairs below a heading `k = 3`, a printed
array, a line `mean IoU: 0.61`. What is read is a claim.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from grader.reading.pages import Page, Piece
from grader.records import StatedAnchors
from grader.text import clean

LARGEST_K = 30
LIMIT_STATED = 200
_N = r"(?:\d{1,5}(?:\.\d{0,20})?|\.\d{1,20})(?:e[-+]?\d{1,3})?"
_PAIR = re.compile(
    rf"[\[(]\s{{0,8}}({_N})(?:\s{{0,8}}[,;x×]\s{{0,8}}|\s{{1,8}})({_N})\s{{0,8}}[\])]", re.IGNORECASE
)
_CROSS = re.compile(rf"(?<![\w.])({_N})\s{{0,3}}[x×]\s{{0,3}}({_N})(?![\w.]*\d)", re.IGNORECASE)
_NAMED = re.compile(
    rf"\bw(?:idth)?\s{{0,3}}[:=]\s{{0,3}}({_N})[^\d\n]{{1,12}}\bh(?:eight)?\s{{0,3}}[:=]\s{{0,3}}({_N})",
    re.IGNORECASE,
)
_NUMPY = re.compile(r"np\.float\d{2}\(([^()\n]{1,40})\)")
_K = re.compile(
    r"\bk\s{0,3}(?:=|==|:|is|-|_)?\s{0,3}(\d{1,2})(?![\w.]*\d)\b"
    r"|(?<![\w.])(\d{1,2})\s{1,3}(?:clusters?|anchors?|anchor[ -]boxes|centroids?|centers|centres)\b"
    r"|\b(?:n_clusters|num_anchors|num_clusters|clusters|anchors|anchor boxes|centroids)\s{0,3}[=:]\s{0,3}"
    r"(\d{1,2})(?![\w.]*\d)\b",
    re.IGNORECASE,
)
_MORE_KS = re.compile(
    r"\bk\s{0,3}(?:=|:|in|from|of)?\s{0,3}[\[({]?\d{1,2}\s{0,3}(?:,|to\b|-|–|and\b|\.\.)\s{0,3}\d",
    re.IGNORECASE,
)
_IOU = re.compile(
    r"\biou\b[^\d\n]{0,60}?((?:\d{1,3}(?:\.\d{1,20})?|\.\d{1,20})\s{0,2}%?)(?![\w.]*\d)", re.IGNORECASE
)
_SIZE = re.compile(
    r"\b(?:pixels?|px|images?|inputs?|pictures?|sizes?|scaled|resized|grid)\b[^.\d\n]{0,40}?(\d{2,4})(?:\s{0,2}[x×]\s{0,2}(\d{2,4}))?"
    r"|(?<![\w.])(\d{2,4})\s{0,2}[x×]\s{0,2}(\d{2,4})\s{0,3}(?:px|pixels?|images?|inputs?|pictures?|grid)\b",
    re.IGNORECASE,
)
_K_HEAD = re.compile(
    r"\W{0,4}(?:k|n_clusters|(?:number of |no\.? of |# ?)?(?:clusters|anchors|anchor boxes))\W{0,4}",
    re.IGNORECASE,
)
_WIDTH = re.compile(r"\W{0,4}(?:anchor |box |mean |norm\w* )?(?:w|width)\b.{0,30}", re.IGNORECASE)
_HEIGHT = re.compile(r"\W{0,4}(?:anchor |box |mean |norm\w* )?(?:h|height)\b.{0,30}", re.IGNORECASE)
_WORDS = re.compile(r"(?<![^\W\d_])(?!array\b)[^\W\d_]{2}", re.IGNORECASE)
_NORMALISED_UP_TO = 1.5

Pair = tuple[float, float]


@dataclass
class _Entry:
    """What one page states for one k."""

    k: int
    place: str = ""
    pairs: list[Pair] = field(default_factory=list)
    scale: Pair | None = None
    is_guess: bool = False
    iou: float = -1.0
    iou_place: str = ""


@dataclass
class _Reader:
    """One pass over a page."""

    entries: dict[int, _Entry] = field(default_factory=dict)
    scale: Pair | None = None
    first_scale: Pair | None = None
    k: int = 0
    is_guess: bool = False  # `k` is only how many pairs stood together
    level: int = 0  # of the heading that named k
    group: list[Pair] = field(default_factory=list)
    group_place: str = ""
    has_words: bool = False  # beside the pairs of the group: then they are no printed array
    head: tuple[str, ...] = ()
    table: int = 0
    is_index: bool | None = None  # whether the table's column of k only counts; None before its first row
    loose_iou: str = ""  # where an IoU stands that belongs to no k

    def read(self, pieces: Iterable[Piece]) -> None:
        for piece in pieces:
            if piece.kind != "row":
                self.table = min(self.table, 0)  # a table that is set with spaces goes on, line by line
            if piece.kind == "heading":
                self._heading(piece)
            elif piece.kind == "row":
                self._row(piece)
            elif piece.kind == "line":
                self._line(piece)
            else:
                self._flush()
        self._flush()

    # --- pieces ---------------------------------------------------------------------------------------------

    def _heading(self, piece: Piece) -> None:
        self._flush()
        ks = _ks(piece.text)
        if len(ks) == 1:
            self._named(ks[0], piece.level)
        elif piece.level <= self.level or self.is_guess:
            self.k, self.is_guess = 0, False
        self._sized(piece.text)
        self._iou(piece.text, piece.place, self.k if len(ks) == 1 else 0)

    def _line(self, piece: Piece) -> None:
        text = _NUMPY.sub(r"\1", piece.text)
        if not text.strip():
            return
        if header := _columns(text):
            self._flush()
            self.head, self.table, self.is_index = header, -1, None
            return
        if self.table == -1 and (cells := _as_row(text, self.head)):
            self._cells(cells, piece.place)
            return
        self.table = 0
        ks = _ks(text)
        pairs = _pairs(text, with_cross=bool(self.k or ks) and not _SIZE.search(text))
        if "[[" in text or "[(" in text or not pairs or ks:
            self._flush()
            if pairs and self.is_guess:
                self.k, self.is_guess = 0, False
        if len(ks) == 1:
            self._named(ks[0])
        self._sized(text)
        self._add(pairs, piece.place, has_words=bool(_WORDS.search(text)))
        self._iou(text, piece.place, self.k if len(ks) < 2 else 0)

    def _row(self, piece: Piece) -> None:
        if piece.table != self.table:
            self._flush()
            self.table, self.head, self.is_index = piece.table, piece.cells, None
            self._sized(piece.text)
            return
        self._cells(piece.cells, piece.place)

    def _cells(self, cells: tuple[str, ...], place: str) -> None:
        head = dict(enumerate(self.head))
        by_column = {index: ks[0] for index, text in head.items() if len(ks := _ks(text)) == 1}
        if len(by_column) > 1:
            return self._transposed(cells, by_column, place)
        k = self._k_of(cells, head)
        if k and k != self.k:
            self._flush()
            self._named(k)
            self.is_guess = True  # the table names it, and not what comes behind
        pairs = [pair for cell in cells for pair in _pairs(_NUMPY.sub(r"\1", cell), with_cross=True)]
        self._add(pairs or _by_columns(cells, head), place)
        for index, text in head.items():
            if index < len(cells) and re.search(r"\biou\b", text, re.IGNORECASE):
                self._iou(
                    f"IoU {cells[index]}{' %' if '%' in text and '%' not in cells[index] else ''}",
                    place,
                    self.k,
                )
        return None

    def _transposed(self, cells: tuple[str, ...], by_column: dict[int, int], place: str) -> None:
        """A table with a column for each k."""
        self._flush()
        for index, k in by_column.items():
            if index >= len(cells):
                continue
            self.k, self.is_guess = k, False
            self._add(_pairs(cells[index], with_cross=True), place)
            self._flush()
            if "iou" in cells[0].lower():
                self._iou(f"IoU {cells[index]}", place, k)
        self.k = 0

    def _k_of(self, cells: tuple[str, ...], head: dict[int, str]) -> int:
        for index, cell in enumerate(cells):
            if index in head and _K_HEAD.fullmatch(head[index]):
                found = re.fullmatch(r"\W{0,4}(?:k\s{0,2}=?\s{0,2})?(\d{1,2})\W{0,4}", cell, re.IGNORECASE)
                if self.is_index is None:  # a column that begins with 0 or 1 counts the anchors of one k
                    self.is_index = bool(found and int(found[1]) < 2)
                if found and int(found[1]) <= LARGEST_K and not self.is_index:
                    return int(found[1])
        ks = _ks(cells[0]) if cells else []
        return ks[0] if len(ks) == 1 else 0

    # --- what they hold -------------------------------------------------------------------------------------

    def _named(self, k: int, level: int = 99) -> None:
        """What follows is about k: up to the next heading, or in the section of a heading of this level."""
        self.k, self.level, self.is_guess = k, level, False

    def _sized(self, text: str) -> None:
        if found := _SIZE.search(text):
            width = float(found[1] or found[3])
            self.scale = width, float(found[2] or found[4] or width)
            self.first_scale = self.first_scale or self.scale

    def _add(self, pairs: list[Pair], place: str, *, has_words: bool = False) -> None:
        if pairs and not self.group:
            self.group_place, self.has_words = place, False
        self.has_words |= has_words
        self.group += pairs[: max(0, 2 * LARGEST_K - len(self.group))]

    def _flush(self) -> None:
        """Give the pairs that stood together to their k: without one that is named, it is how many they are."""
        group, self.group = self.group, []
        if not group:
            return
        if not self.k:
            if not 2 <= len(group) <= LARGEST_K or self.has_words:
                return
            self.k, self.is_guess = len(group), True
        entry = self.entries.setdefault(self.k, _Entry(self.k))
        if entry.is_guess and not self.is_guess:
            entry.pairs, entry.place, entry.scale = [], "", None
        entry.is_guess = self.is_guess
        if not entry.pairs or len(entry.pairs) + len(group) <= self.k:
            entry.place = entry.place or self.group_place
            entry.pairs += group
            entry.scale = entry.scale or self.scale

    def _iou(self, text: str, place: str, k: int) -> None:
        found = _IOU.search(_K.sub(" ", text))
        value = _share(found[1]) if found else -1.0
        if value < 0:
            return
        if not k:
            self.loose_iou = self.loose_iou or place
            return
        self._flush()
        entry = self.entries.setdefault(k, _Entry(k))
        if entry.iou < 0:
            entry.iou, entry.iou_place = value, place


@dataclass(frozen=True)
class Stated:
    """What all pages state: for each k one set, and the place of an IoU that belongs to no k ("" where none does)."""

    anchors: tuple[StatedAnchors, ...]
    loose_iou: str


def stated_anchors(found: Iterable[Page]) -> Stated:
    """For each k what the first page says that lists its anchors. Where that page has no mean IoU, the first other one
    that has it completes it."""
    readers = [_read(page) for page in found]
    ks = sorted({k for reader in readers for k in reader.entries})[:LIMIT_STATED]
    loose = next((reader.loose_iou for reader in readers if reader.loose_iou), "")
    return Stated(tuple(_merged(k, readers) for k in ks), clean(loose))


def _read(page: Page) -> _Reader:
    reader = _Reader()
    reader.read(page.pieces)
    return reader


def _merged(k: int, readers: list[_Reader]) -> StatedAnchors:
    held = [(reader, reader.entries[k]) for reader in readers if k in reader.entries]
    whole = [one for one in held if len(one[1].pairs) == k] or [one for one in held if one[1].pairs]
    with_iou = next((entry for _, entry in held if entry.iou >= 0), None)
    reader, entry = whole[0] if whole else held[0]
    if entry.iou >= 0:
        with_iou = entry
    pairs = tuple(entry.pairs[: 2 * LARGEST_K])
    return StatedAnchors(
        k=k,
        place=clean(entry.place or entry.iou_place),
        anchors=pairs,
        scale=_scale(pairs, entry.scale or reader.first_scale),
        mean_iou=with_iou.iou if with_iou else -1.0,
        iou_place=clean(with_iou.iou_place) if with_iou else "",
    )


def _scale(pairs: tuple[Pair, ...], size: Pair | None) -> Pair:
    """What the pairs are divided by. Shares of the image are written as they are; pixels need the picture's size."""
    if all(max(pair) <= _NORMALISED_UP_TO for pair in pairs):
        return 1.0, 1.0
    return size or (0.0, 0.0)


def _ks(text: str) -> list[int]:
    """The different k that a text names; two of them where it names a range."""
    if _MORE_KS.search(text):
        return [0, 0]
    found = [int(one[1] or one[2] or one[3]) for one in _K.finditer(text)]
    return [k for k in dict.fromkeys(found) if 1 <= k <= LARGEST_K]


def _pairs(text: str, *, with_cross: bool) -> list[Pair]:
    patterns = (_PAIR, _NAMED, _CROSS) if with_cross else (_PAIR, _NAMED)
    for pattern in patterns:
        pairs = [(float(one[1]), float(one[2])) for one in pattern.finditer(text)]
        if good := [pair for pair in pairs if min(pair) > 0 and max(pair) < 1e5]:
            return good
    return []


def _by_columns(cells: tuple[str, ...], head: dict[int, str]) -> list[Pair]:
    """The pair in the columns *width* and *height* of a row."""
    width, height = (
        next(
            (
                _number(cells[index])
                for index, text in head.items()
                if index < len(cells) and named.fullmatch(text)
            ),
            0.0,
        )
        for named in (_WIDTH, _HEIGHT)
    )
    return [(width, height)] if width > 0 and height > 0 else []


def _columns(text: str) -> tuple[str, ...]:
    """The head of a table that is set with spaces, as a data frame prints it; () where a line is none."""
    words = tuple(text.replace("|", " ").split())
    has = [any(named.fullmatch(word) for word in words) for named in (_WIDTH, _HEIGHT)]
    return words if all(has) and len(words) <= 12 and not re.search(r"\d", text) else ()


def _as_row(text: str, head: tuple[str, ...]) -> tuple[str, ...]:
    """The cells of a line below such a head, without the index that a data frame prints."""
    words = tuple(text.replace("|", " ").split())
    return (
        words[len(words) - len(head) :]
        if len(head) <= len(words) <= len(head) + 1 and any(map(_number, words))
        else ()
    )


def _number(cell: str) -> float:
    found = re.fullmatch(rf"[\s*`]*({_N})[\s*`]*(?:px|pixels?)?", cell[:60], re.IGNORECASE)
    return float(found[1]) if found else 0.0


def _share(text: str) -> float:
    """0 to 1; -1 where it is no share."""
    value = float(text.rstrip("% ")) / (100 if "%" in text else 1)
    return value if 0 <= value <= 1 else -1.0

"""The stretches of code that two submissions both have, as each of them wrote it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from grader.course.similarity.winnow import SPAN
from grader.course.similarity.works import Document, Work
from grader.records.similarity import Excerpt, SourceLine
from grader.text import clean, clean_path

MOST_EXCERPTS = 3
MOST_LINES = 36
"""Of one side of an excerpt."""
_AROUND = 1
"""Lines before and after."""
_GAP = 3 * SPAN
"""Tokens that may lie between two shared fingerprints of one stretch: a statement was put in or changed."""
_MOST_PLACES = 3
"""Places of one fingerprint in one submission that are looked at."""
_MOST_OPEN = 12
_EMPTY = SourceLine(0, "", False)


@dataclass
class _Stretch:
    """Fingerprints that follow one another on both sides: (token on the left, token on the right)."""

    left: Document
    right: Document
    pairs: list[tuple[int, int]]

    @property
    def end(self) -> tuple[int, int]:
        return self.pairs[-1]

    def takes(self, left: int, right: int) -> bool:
        return 0 <= left - self.end[0] <= _GAP and 0 < right - self.end[1] <= _GAP


def shared_hashes(left: Work, right: Work, weights: Mapping[int, float]) -> frozenset[int]:
    """What both have and what is not common code."""
    return frozenset(one for one in left.hashes & right.hashes if weights.get(one))


def shared_lines(work: Work, shared: frozenset[int]) -> int:
    """Lines of the work that are part of what both have."""
    return sum(len(_rows(document, shared)) for document in work.documents)


def excerpts(left: Work, right: Work, shared: frozenset[int]) -> tuple[Excerpt, ...]:
    """The longest stretches that both have, none of which repeats another."""
    found = sorted(
        _stretches(left, right, shared), key=lambda one: (-len(one.pairs), one.left.path, one.pairs[0])
    )
    kept: list[_Stretch] = []
    for one in found:
        if len(kept) < MOST_EXCERPTS and not any(_overlap(one, other) for other in kept):
            kept.append(one)
    return tuple(_excerpt(one, shared) for one in kept)


def _stretches(left: Work, right: Work, shared: frozenset[int]) -> Iterator[_Stretch]:
    there = _places(right, shared)
    for document in left.documents:
        open_: dict[int, list[_Stretch]] = defaultdict(list)
        for mark in document.marks:
            for place, token in there.get(mark.hash, ()):
                waiting = open_[place]
                fits = next((one for one in reversed(waiting) if one.takes(mark.token, token)), None)
                if fits is not None:
                    fits.pairs.append((mark.token, token))
                else:
                    waiting.append(_Stretch(document, right.documents[place], [(mark.token, token)]))
                    if len(waiting) > _MOST_OPEN:
                        yield waiting.pop(0)
        yield from (one for waiting in open_.values() for one in waiting)


def _places(work: Work, shared: frozenset[int]) -> dict[int, list[tuple[int, int]]]:
    """(index of the document, token) of each shared fingerprint."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for index, document in enumerate(work.documents):
        for mark in document.marks:
            if mark.hash in shared and len(found[mark.hash]) < _MOST_PLACES:
                found[mark.hash].append((index, mark.token))
    return found


def _overlap(one: _Stretch, other: _Stretch) -> bool:
    return any(
        mine is its and mine_begin <= its_end + SPAN and its_begin <= mine_end + SPAN
        for mine, its, mine_begin, mine_end, its_begin, its_end in (
            (one.left, other.left, one.pairs[0][0], one.end[0], other.pairs[0][0], other.end[0]),
            (one.right, other.right, one.pairs[0][1], one.end[1], other.pairs[0][1], other.end[1]),
        )
    )


def _excerpt(one: _Stretch, shared: frozenset[int]) -> Excerpt:
    left = _Side(one.left, [pair[0] for pair in one.pairs], shared)
    right = _Side(one.right, [pair[1] for pair in one.pairs], shared)
    aligned = list(_aligned(left, right))[:MOST_LINES]
    return Excerpt(
        left.place, right.place, tuple(line for line, _ in aligned), tuple(line for _, line in aligned)
    )


class _Side:
    """The rows of one document that a stretch covers, and one more at each end."""

    def __init__(self, document: Document, tokens: Sequence[int], shared: frozenset[int]) -> None:
        last = min(tokens[-1] + SPAN, len(document.token_rows)) - 1
        self.anchors = [document.token_rows[token] for token in tokens]
        self.begin = max(0, self.anchors[0] - _AROUND)
        end = min(document.token_rows[last] + 1 + _AROUND, self.begin + MOST_LINES, len(document.rows))
        matched = _rows(document, shared)
        self.lines = [
            SourceLine(document.place(row)[1], _shown(document.rows[row]), row in matched)
            for row in range(self.begin, end)
        ]
        cell, number = document.place(self.anchors[0])
        path = clean_path(document.path)
        self.place = f"{path}, cell {cell}, line {number}" if cell else f"{path}:{number}"


def _aligned(left: _Side, right: _Side) -> Iterator[tuple[SourceLine, SourceLine]]:
    """Both sides line by line, with empty lines where one has more, so that what is alike stands side by side."""
    here = there = 0
    ends = (len(left.lines), len(right.lines))
    anchors = [
        (one - left.begin, two - right.begin) for one, two in zip(left.anchors, right.anchors, strict=True)
    ]
    for one, two in [*anchors, ends]:
        one, two = min(max(one, here), ends[0]), min(max(two, there), ends[1])
        yield from zip_longest(left.lines[here:one], right.lines[there:two], fillvalue=_EMPTY)
        here, there = one, two


def _rows(document: Document, shared: frozenset[int]) -> set[int]:
    """Rows that hold a token of a shared fingerprint."""
    found: set[int] = set()
    for mark in document.marks:
        if mark.hash in shared:
            found.update(document.token_rows[mark.token : mark.token + SPAN])
    return found


def _shown(row: str) -> str:
    return clean(row[:400].expandtabs(4).rstrip(), 160)

"""The stretches of code that two submissions both have, as each of them wrote it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

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
    left_place, left = _side(one.left, [pair[0] for pair in one.pairs], shared)
    right_place, right = _side(one.right, [pair[1] for pair in one.pairs], shared)
    return Excerpt(left_place, right_place, left, right)


def _side(
    document: Document, tokens: Sequence[int], shared: frozenset[int]
) -> tuple[str, tuple[SourceLine, ...]]:
    last = min(tokens[-1] + SPAN, len(document.token_rows)) - 1
    first_row = document.token_rows[tokens[0]]
    begin = max(0, first_row - _AROUND)
    end = min(document.token_rows[last] + 1 + _AROUND, begin + MOST_LINES, len(document.rows))
    cell, number = document.place(first_row)
    path = clean_path(document.path)
    matched = _rows(document, shared)
    lines = tuple(
        SourceLine(document.place(row)[1], _shown(document.rows[row]), row in matched)
        for row in range(begin, end)
    )
    return f"{path}, cell {cell}, line {number}" if cell else f"{path}:{number}", lines


def _rows(document: Document, shared: frozenset[int]) -> set[int]:
    """Rows that hold a token of a shared fingerprint."""
    found: set[int] = set()
    for mark in document.marks:
        if mark.hash in shared:
            found.update(document.token_rows[mark.token : mark.token + SPAN])
    return found


def _shown(row: str) -> str:
    return clean(row[:400].expandtabs(4).rstrip(), 160)


def hashes_of(documents: Iterable[Document]) -> frozenset[int]:
    """All fingerprints of these documents."""
    return frozenset(mark.hash for document in documents for mark in document.marks)

"""All submissions with one another: which pairs a person should look at, the most alike first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

from grader.course.similarity.excerpts import excerpts, shared_hashes, shared_lines
from grader.course.similarity.scores import Scores, scored, spread
from grader.course.similarity.signs import Signs, signs_among
from grader.course.similarity.works import Work, is_same_place
from grader.records.similarity import SIMILARITY_SCHEMA, Sign, Similarity, SimilarPair, SimilarWork

MARGIN = 0.3
"""How far above the median a pair has to lie. Honest pairs of a class reach 0.20, copies with new names, numbers and
another order 0.88 (`benchmarks/similarity.py`, twelve classes of 48 to 154)."""
SPREADS = 4.0
"""And less than so many spreads of all pairs: where a course hands out much, honest pairs lie far apart, too."""
LEAST_RARE = 30
"""Rare fingerprints, about a dozen lines, that list a pair whatever share of its code they are: one class was taken.
Honest pairs reach 14, a copied class of some fifteen statements has 39."""
SURE_RARE = 150
STRONG = 0.5
"""A sign of this strength lists a pair whatever its code is."""
NOTHING = Work("")


@dataclass(frozen=True)
class _Found:
    """A pair on its way to the list."""

    left: int
    right: int
    score: float
    rank: float
    signs: tuple[Sign, ...]


def compared(
    works: Sequence[Work], *, starter: Work = NOTHING, place: str = "", most: int = 30
) -> Similarity:
    """Compare all works of the batch with one another and with those of earlier batches.

    Not compared are works of the same repository or the same person, and earlier works with one another.

    Args:
        starter: what was handed out: its code, notebooks, weights and logs are left out.
        most: pairs that are given with their excerpts.
    """
    works = _without_shared_repositories(works)
    scores = scored([work.hashes for work in works], starter.hashes)
    pairs, skipped = _pairs(works)
    values = [float(scores.table[one]) for one in pairs]
    middle = median(values) if values else 0.0
    margin = max(MARGIN, SPREADS * spread(values, middle)) if values else MARGIN
    signs = signs_among(works, starter)
    found = sorted(_found(works, scores, pairs, signs, middle, margin), key=lambda one: _order(works, one))
    return Similarity(
        schema=SIMILARITY_SCHEMA,
        place=place,
        works=sum(not work.batch for work in works),
        earlier_works=sum(bool(work.batch) for work in works),
        compared=len(pairs),
        not_compared=skipped,
        median=round(middle, 4),
        margin=round(margin, 4),
        above=len(found),
        pairs=tuple(_pair(works, scores, one, middle) for one in found[:most]),
        common=scores.common,
        notes=tuple(f"{_shown(work)}: {note}" for work in works for note in work.notes),
    )


def _pairs(works: Sequence[Work]) -> tuple[list[tuple[int, int]], int]:
    """(pairs that are compared, how many are not because they are the same repository or person)."""
    found: list[tuple[int, int]] = []
    skipped = 0
    for left, one in enumerate(works):
        for right in range(left + 1, len(works)):
            other = works[right]
            if one.batch and other.batch:
                continue
            if is_same_place(one, other) or _is_same_person(one, other):
                skipped += 1
            else:
                found.append((left, right))
    return found, skipped


def _is_same_person(one: Work, other: Work) -> bool:
    return one.batch != other.batch and one.name.casefold() == other.name.casefold()


def _without_shared_repositories(works: Sequence[Work]) -> list[Work]:
    """A second repository that several works import is not the own code of any of them."""
    used = Counter(source for work in works for source in work.seconds)
    made = []
    for work in works:
        dropped = {one for source, hashes in work.seconds.items() if used[source] > 1 for one in hashes}
        made.append(replace(work, hashes=work.hashes - dropped) if dropped else work)
    return made


def _found(
    works: Sequence[Work],
    scores: Scores,
    pairs: Sequence[tuple[int, int]],
    signs: Signs,
    middle: float,
    margin: float,
) -> Iterator[_Found]:
    """The pairs to look at: clearly above the median, or a stretch of code that is rare, or another strong sign."""
    for left, right in pairs:
        score = float(scores.table[left, right])
        seen = signs.of(works[left], works[right])
        strongest = max((one.strength for one in seen), default=0.0)
        above = score - middle
        rare = float(scores.rare[left, right])
        if above >= margin or strongest >= STRONG or rare >= LEAST_RARE:
            rank = max(above / (1 - middle) if middle < 1 else 0.0, strongest, min(1.0, rare / SURE_RARE) / 2)
            yield _Found(left, right, score, round(rank, 4), seen)


def _order(works: Sequence[Work], one: _Found) -> tuple[float, float, int, str, str, str]:
    left, right = works[one.left], works[one.right]
    return -one.rank, -one.score, -len(one.signs), left.name, right.name, right.batch


def _pair(works: Sequence[Work], scores: Scores, one: _Found, middle: float) -> SimilarPair:
    left, right = works[one.left], works[one.right]
    shared = shared_hashes(left, right, scores.weights)
    return SimilarPair(
        left=SimilarWork(left.name, left.batch),
        right=SimilarWork(right.name, right.batch),
        score=round(one.score, 4),
        above_median=round(one.score - middle, 4),
        rank=one.rank,
        shared_lines=shared_lines(left, shared),
        signs=one.signs,
        excerpts=excerpts(left, right, shared),
    )


def _shown(work: Work) -> str:
    return f"{work.name} ({work.batch})" if work.batch else work.name

"""What is alike between submissions, as it is shown to a person. It is no finding, and no points hang on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SIMILARITY_SCHEMA = "grader/similarity/1"

SignKind = Literal["files", "notebook", "weights", "log", "network"]


@dataclass(frozen=True)
class SourceLine:
    """One line of an excerpt."""

    number: (
        int  # in the file, or in the cell; 0 for an empty line that was put in, where the other side has more
    )
    source_line: str
    matched: bool  # it is part of code that both have


@dataclass(frozen=True)
class Excerpt:
    """A stretch of code that both submissions have, as each of them wrote it."""

    left_place: str  # "model.py:12" or "train.ipynb, cell 3"
    right_place: str
    left: tuple[SourceLine, ...]  # as many lines as `right` has
    right: tuple[SourceLine, ...]


@dataclass(frozen=True)
class Sign:
    """Something else than code that two submissions have in common."""

    kind: SignKind
    text: str  # a sentence
    works: int  # submissions that have it
    strength: float  # 0 to 1: the fewer have it, the stronger


@dataclass(frozen=True)
class SimilarWork:
    """One submission of a pair."""

    name: str
    batch: str  # an earlier year's batch that it is of; "" for the one that is looked at


@dataclass(frozen=True)
class SimilarPair:
    """Two submissions that a person should look at."""

    left: SimilarWork
    right: SimilarWork
    score: float  # 0 to 1: share of the smaller one's own code that the other one has, common code left out
    above_median: float  # how far the score lies above the median of all pairs
    rank: float  # 0 to 1: what the list is ordered by
    shared_lines: int  # lines of `left` that are part of code that both have
    signs: tuple[Sign, ...]
    excerpts: tuple[Excerpt, ...]


@dataclass(frozen=True)
class Similarity:
    """All of one comparison."""

    schema: str
    place: str
    works: int  # submissions that were compared with one another
    earlier_works: int  # of earlier batches
    compared: int  # pairs
    not_compared: int  # pairs of the same repository or the same person
    median: float  # score of a pair in the middle
    margin: float  # how far above the median a score has to lie
    above: int  # pairs that are to be looked at; `pairs` may hold only the first of them
    pairs: tuple[SimilarPair, ...]  # the most alike first
    common: int  # fingerprints that were left out: starter code, and what most have
    notes: tuple[str, ...] = ()  # submissions and files that could not be compared, and why

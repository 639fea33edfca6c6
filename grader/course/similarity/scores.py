"""How much of what is left of each submission, when what many have is taken away, each other one has, too."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COMMON_SHARE = 0.5
"""What more than half of all submissions have is common code, and counts for nothing."""
LEAST_COMMON = 4
"""What so few have is never common, however small the class is."""
SMALL_CLASS = 12
"""A class counts as having at least so many: three of three can have copied from one another."""
FLOOR = 40.0
"""Fingerprints that a submission counts as having at least, some fifteen lines: of one that has nothing but common code,
two equal lines are not everything."""
RARE = 3
"""Rare is what at most so many have."""
_CHUNK = 4096


@dataclass(frozen=True)
class Scores:
    """`table[i][j]` is the score of works i and j, 0 to 1; `common` fingerprints were left out."""

    table: NDArray[np.float64]
    rare: NDArray[np.float64]  # how many rare fingerprints they share
    weights: Mapping[int, float]  # of each fingerprint that two or more have; 0 for common code
    common: int


def rarity(having: int, works: int) -> float:
    """What it says that so many of the works have the same thing: 1 for two of them, 0 for more than half.

    In between it falls with the square of the logarithm, as in the search of texts, where the weight of a word stands
    in both of what is compared.
    """
    if having <= 2:
        return 1.0
    if having > max(LEAST_COMMON, COMMON_SHARE * works):
        return 0.0
    of = max(works, SMALL_CLASS)
    return (math.log(of / having) / math.log(of / 2)) ** 2


def scored(hashes: Sequence[AbstractSet[int]], left_out: AbstractSet[int]) -> Scores:
    """The scores of all works with one another.

    Args:
        hashes: the fingerprints of each work.
        left_out: starter code.
    """
    import numpy as np

    count = len(hashes)
    having = Counter(one for work in hashes for one in work)
    weights = {
        one: 0.0 if one in left_out else rarity(number, count)
        for one, number in having.items()
        if number > 1 or one in left_out
    }
    totals = np.array([sum(weights.get(one, 1.0) for one in sorted(work)) for work in hashes])
    shared = _shared(hashes, {one: weight for one, weight in weights.items() if weight})
    smaller = np.maximum(np.minimum.outer(totals, totals), FLOOR)
    table = np.round(np.minimum(shared / smaller, 1.0), 6)
    rare = _shared(hashes, {one: 1.0 for one, weight in weights.items() if weight and having[one] <= RARE})
    return Scores(table, rare, weights, sum(not weight for weight in weights.values()))


def _shared(hashes: Sequence[AbstractSet[int]], weights: Mapping[int, float]) -> NDArray[np.float64]:
    """The weight of what each two works share, column by column of the inverted index."""
    import numpy as np

    column = {one: index for index, one in enumerate(sorted(weights))}
    found = np.zeros((len(hashes), len(hashes)))
    weight = np.array([weights[one] for one in column])
    owned = [sorted(column[one] for one in work if one in column) for work in hashes]
    for begin in range(0, len(column), _CHUNK):
        end = min(begin + _CHUNK, len(column))
        block = np.zeros((len(hashes), end - begin))
        for index, columns in enumerate(owned):
            block[index, [one - begin for one in columns if begin <= one < end]] = 1.0
        found += (block * weight[begin:end]) @ block.T
    return found


def spread(values: Iterable[float], middle: float) -> float:
    """The standard deviation as the median absolute deviation gives it: copies do not widen it."""
    from statistics import median

    return 1.4826 * median(abs(value - middle) for value in values)

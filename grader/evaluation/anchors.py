"""Anchor boxes worked out again: k-means on the widths and heights of boxes, and what a set of anchors is worth.

Sizes are shares of their image, float64, (N, 2): width, height. Two boxes are compared at one centre, so that their
IoU depends on their sizes alone; the mean IoU of a set is the mean over all boxes of the IoU with the anchor that fits
best (Redmon and Farhadi, "YOLO9000: Better, Faster, Stronger", 2016, section 2). The clusters are Euclidean, as in
scikit-learn's KMeans; anchors that were found with the distance 1 - IoU reach a mean IoU that is no lower.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from grader.records import Clustering

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Sizes = NDArray[np.float64]

KS = range(2, 10)
RESTARTS = 8
ITERATIONS = 100
LARGEST_SAMPLE = 10_000
"""Boxes that k-means looks at; of more, as many are drawn. The mean IoU is always that of all boxes."""
_SEED = 2023
_ROWS = 1 << 17


def mean_iou(sizes: Sizes, anchors: Sizes) -> float:
    """The mean over the boxes of their best IoU with one of the anchors (k, 2); all at one centre."""
    total = 0.0
    for start in range(0, len(sizes), _ROWS):
        part = sizes[start : start + _ROWS]
        shared = np.minimum(part[:, None], anchors[None]).prod(axis=2)
        union = part.prod(axis=1)[:, None] + anchors.prod(axis=1)[None] - shared
        total += float((shared / union).max(axis=1).sum())
    return total / len(sizes)


def clusterings(sizes: Sizes) -> tuple[Clustering, ...]:
    """k-means for each k of `KS` that there are enough different boxes for. The same sizes give the same anchors."""
    # RandomState's numbers are frozen by NumPy's policy; those of a Generator may change with a release
    random = np.random.RandomState(_SEED)
    sample = sizes
    if len(sizes) > LARGEST_SAMPLE:
        sample = sizes[np.sort(random.permutation(len(sizes))[:LARGEST_SAMPLE])]
    different = len(np.unique(sample, axis=0))
    return tuple(_clustering(sizes, sample, k, random) for k in KS if k <= different)


def _clustering(sizes: Sizes, sample: Sizes, k: int, random: Any) -> Clustering:
    centres = kmeans(sample, k, random)
    ordered = centres[np.lexsort((centres[:, 0], centres.prod(axis=1)))]
    anchors = tuple((round(float(w), 6), round(float(h), 6)) for w, h in ordered)
    return Clustering(k, round(mean_iou(sizes, ordered), 6), anchors)


def kmeans(sizes: Sizes, k: int, random: Any) -> Sizes:
    """The centres (k, 2) with the smallest sum of squared distances among `RESTARTS` runs."""
    runs = [_lloyd(sizes, _spread_out(sizes, k, random)) for _ in range(RESTARTS)]
    _, centres = min(runs, key=lambda run: run[0])
    return centres


def _squares(sizes: Sizes, centres: Sizes) -> Sizes:
    """Squared distances, (N, k)."""
    distances: Sizes = ((sizes[:, None] - centres[None]) ** 2).sum(axis=2)
    return distances


def _spread_out(sizes: Sizes, k: int, random: Any) -> Sizes:
    """The start of k-means++: each further centre is drawn in proportion to its squared distance from the others."""
    centres: Sizes = sizes[random.randint(len(sizes))][None]
    while len(centres) < k:
        weight = _squares(sizes, centres).min(axis=1)
        total = weight.sum()  # 0 where sizes differ by so little that no square is left of it
        drawn = random.choice(len(sizes), p=weight / total if total > 0 else None)
        centres = np.concatenate((centres, sizes[drawn][None]))
    return centres


def _lloyd(sizes: Sizes, centres: Sizes) -> tuple[float, Sizes]:
    """(sum of squared distances, centres) where no box changes its centre any more."""
    nearest = np.full(len(sizes), -1)
    for _ in range(ITERATIONS):
        found = _squares(sizes, centres).argmin(axis=1)
        if (found == nearest).all():
            break
        nearest = found
        count = np.bincount(nearest, minlength=len(centres))
        sums = np.stack([np.bincount(nearest, sizes[:, axis], len(centres)) for axis in (0, 1)], axis=1)
        centres = np.where(count[:, None] > 0, sums / np.maximum(count, 1)[:, None], centres)
    return float(_squares(sizes, centres).min(axis=1).sum()), centres

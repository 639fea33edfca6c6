"""Which test images the probes use, how they are perturbed and batched, and how two sets of scores compare."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]
Images = npt.NDArray[np.uint8]

BATCH_SIZES = (1, 1, 3, 7, 32, 64)
NOISE_SD = 0.02
"""Of the noise on a perturbed image, on the scale 0 to 1: five grey levels, which no person sees."""

MOVED = 0.01
"""Scores have moved where one differs by more than this share of the scores' usual range."""

SCRAMBLES = 5
"""A shuffled network is a random one, and now and then a random one is lucky: only what stays above chance under
every one of so many shuffles is said to."""

_STREAM = 3  # the secret's streams 1 and 2 are the class ids and the order of the test images
_SHARES = (0.1, 0.2, 0.2)  # of the test images: untrained, other order, perturbed
_SCRAMBLED_SHARE = 0.04  # for each of the shuffles


@dataclass(frozen=True)
class Chosen:
    """Test images of each probe, no image twice: what a worker has seen in one probe helps it in no other."""

    untrained: Indices
    ordered: Indices
    perturbed: Indices
    scrambled: tuple[Indices, ...]
    whole: Indices  # all of them, in an order of its own

    @classmethod
    def draw(cls, test_images: int, secret: int, seed: int) -> tuple[Chosen, np.random.Generator]:
        """From a run's secret and a trial's seed; the generator makes the noise and the shuffles."""
        generator = np.random.default_rng([secret, seed, _STREAM])
        order = generator.permutation(test_images)
        counts = [max(1, int(share * test_images)) for share in _SHARES]
        counts += [max(1, int(_SCRAMBLED_SHARE * test_images))] * SCRAMBLES
        pieces = np.split(order, np.cumsum(counts))
        whole = generator.permutation(test_images)
        return cls(pieces[0], pieces[1], pieces[2], tuple(pieces[3 : 3 + SCRAMBLES]), whole), generator


def perturbed_columns(
    rows: npt.NDArray[np.float32], deviations: tuple[float, ...], generator: np.random.Generator
) -> npt.NDArray[np.float32]:
    """Rows (N, columns) with Gaussian noise, as small beside each column's own deviation."""
    noise = generator.normal(0, NOISE_SD, rows.shape) * np.asarray(deviations)
    return np.asarray(rows + noise, dtype=np.float32)


def perturbed(images: Images, generator: np.random.Generator) -> Images:
    """The images with Gaussian noise, in whole grey levels."""
    noise = generator.normal(0, 255 * NOISE_SD, images.shape)
    found: Images = np.rint(images + noise).clip(0, 255).astype(np.uint8)
    return found


def sizes(images: int, left_out: frozenset[int] = frozenset(), instead: int = 64) -> tuple[int, ...]:
    """Batch sizes that add up to `images`, in turn; those in `left_out` become `instead`."""
    found: list[int] = []
    for size in cycle(BATCH_SIZES):
        if images <= 0:
            break
        found.append(min(instead if size in left_out else size, images))
        images -= found[-1]
    return tuple(found)


@dataclass(frozen=True)
class Difference:
    images: int  # that both passes answered
    moved: float  # share of images with other scores
    changed: float  # share of images with another answer
    largest: float  # difference of a score, as a share of the scores' usual range


def difference(first: Scores, second: Scores, answered: npt.NDArray[np.bool_]) -> Difference:
    """Scores (N, classes) of the same images from two passes; only rows that are `answered` count.

    Scores that are not finite in both are the same.
    """
    one, other = np.nan_to_num(first[answered]), np.nan_to_num(second[answered])
    if not len(one):
        return Difference(0, 0.0, 0.0, 0.0)
    usual = max(float(np.median(one.max(axis=1) - one.min(axis=1))), 1e-12)
    with np.errstate(over="ignore"):
        distance = np.abs(one - other).max(axis=1) / usual
    moved, changed = distance > MOVED, one.argmax(axis=1) != other.argmax(axis=1)
    return Difference(len(one), float(moved.mean()), float(changed.mean()), float(distance.max()))


def best_naming(scores: Scores, labels: npt.NDArray[np.integer]) -> float:
    """Accuracy if every answer is given the name of the class that it meets most often: what it can tell apart,
    whatever the ids of its classes."""
    classes = scores.shape[1]
    answers = np.nan_to_num(scores).argmax(axis=1)
    met = np.bincount(answers * classes + labels.astype(np.int64), minlength=classes * classes)
    return float(met.reshape(classes, classes).max(axis=1).sum() / len(labels))


def chance(labels: npt.NDArray[np.integer], classes: int) -> float:
    """What the best constant answer reaches."""
    return float(max(np.bincount(labels).max() / len(labels), 1 / classes))

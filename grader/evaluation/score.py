"""Score predictions against labels that never left this process."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Secret:
    """What a worker must not know: how class ids are permuted for it, and the order of the test images.

    A worker that trains can find out how the ids are permuted, by comparing with labels that it knows; the
    order of the test images it cannot.
    """

    class_ids: npt.NDArray[np.int64]  # true class → the id the worker sees
    test_order: npt.NDArray[np.int64]

    @classmethod
    def draw(cls, classes: int, test_images: int, secret: int, seed: int, *, permuted: bool = True) -> Secret:
        """From a run's secret and a trial's seed, in two streams: a worker sees what the permuted ids are, and
        must not get from there to the order.

        Args:
            permuted: without it, class ids stay as they are: for code that may go by the classes' names.
        """
        ids, order = (np.random.default_rng([secret, seed, stream]) for stream in (1, 2))
        class_ids = ids.permutation(classes) if permuted else np.arange(classes)
        return cls(class_ids, order.permutation(test_images))

    def hide(self, labels: Labels) -> npt.NDArray[np.int64]:
        """Labels as the worker may see them, int64."""
        return self.class_ids[labels]

    def true_order(self, scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Scores (N, classes) of images in `test_order` → in the test set's order, columns in true class ids.

        Columns behind those of the classes are left out.
        """
        return self.in_order(scores)[:, self.class_ids]

    def in_order(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Rows for images in `test_order` → in the test set's order."""
        found = np.empty_like(rows)
        found[self.test_order] = rows
        return found


@dataclass(frozen=True)
class Score:
    correct: int
    images: int
    not_finite: int
    confusion: tuple[tuple[int, ...], ...]  # rows: true class, columns: predicted class

    @property
    def accuracy(self) -> float:
        return self.correct / self.images


def score(scores: npt.NDArray[np.float32], labels: Labels) -> Score:
    """Accuracy and confusion matrix. An image with a score that is not finite counts as wrong.

    Args:
        scores: float32, (N, classes), in the order of `labels` and with true class ids.
        labels: (N,).
    """
    classes = scores.shape[1]
    finite = np.asarray(np.isfinite(scores).all(axis=1))
    predicted = np.where(finite[:, None], scores, 0).argmax(axis=1)
    pairs = labels[finite].astype(np.int64) * classes + predicted[finite]
    matrix = np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)
    rows = tuple(tuple(int(n) for n in row) for row in matrix)
    return Score(int(np.trace(matrix)), len(labels), int((~finite).sum()), rows)

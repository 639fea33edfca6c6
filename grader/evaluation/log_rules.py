"""What the student's own log says about the method: what was counted, and which epoch became the result."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator

from grader.evaluation.rounding import as_stated, last_digit
from grader.records import Absent, Claim, LogLine, Reading, Remark, Session

TRAINING_IMAGES = {
    "MNIST": 60_000,
    "FashionMNIST": 60_000,
    "KMNIST": 60_000,
    "CIFAR10": 50_000,
    "CIFAR100": 50_000,
}
"""Sizes of training sets that no test set of these data sets has."""

FEWEST_EPOCHS = 3
"""In a shorter log the best epoch and the last one are the same too easily."""


def logs_of(reading: Reading) -> tuple[LogLine, ...]:
    """Log lines with a test accuracy."""
    if isinstance(reading.readme, Absent):
        return ()
    return tuple(line for line in reading.readme.logs if line.test_accuracy >= 0)


def logged_epochs(lines: Iterable[LogLine]) -> int:
    """The last epoch that a log names; 0 where it names none."""
    return max((line.epoch for line in lines), default=0)


def counts_training_images(reading: Reading, session: Session | None) -> tuple[LogLine, ...]:
    """Lines whose test accuracy counts as many images as the training set has."""
    sizes = _training_sizes(session)
    return tuple(line for line in logs_of(reading) if line.test_images in sizes)


def _training_sizes(session: Session | None) -> frozenset[int]:
    """MNIST's and CIFAR's where the data set is not known; none where it is another one."""
    if session is None or isinstance(session.training, Absent):
        return frozenset(TRAINING_IMAGES.values())
    size = TRAINING_IMAGES.get(session.training.data_set, 0)
    return frozenset({size} - {0})


def training_images_in_log(reading: Reading, session: Session | None) -> Iterator[Remark]:
    found = counts_training_images(reading, session)
    if found:
        first, more = found[0], len(found) - 1
        others = f"; {more} more line{'s' if more > 1 else ''} like it" if more else ""
        why = (
            f"What the line calls test counts {first.test_images:,} images, as many as the training set has"
            f"{others}: the accuracy on images that the model was trained on."
        )
        yield Remark("measured on the training set", first.place, first.text, why, "log")


def tests_were_counted(reading: Reading, session: Session | None) -> bool:
    """The log shows at least one result over images that are not as many as the training set has."""
    return any(
        line.test_images > 0 and line.test_images not in _training_sizes(session) for line in logs_of(reading)
    )


def best_epoch_as_result(reading: Reading) -> Iterator[Remark]:
    """The stated accuracy is the best epoch's and not the last one's, in a log of one training."""
    lines = logs_of(reading)
    epochs = [line.epoch for line in lines]
    if len(lines) < FEWEST_EPOCHS or 0 in epochs or any(b <= a for a, b in itertools.pairwise(epochs)):
        return
    best, last = max(lines, key=lambda line: line.test_accuracy), lines[-1]
    claims = [claim for claim in _stated(reading) if not _is_of_log(claim, lines)]
    if any(as_stated(claim, last.test_accuracy) for claim in claims):
        return
    for claim in claims:
        if as_stated(claim, best.test_accuracy) and best.test_accuracy - last.test_accuracy > last_digit(
            claim
        ):
            yield _best(claim, best, last)
            return


def _best(claim: Claim, best: LogLine, last: LogLine) -> Remark:
    highest, final = (f"{100 * line.test_accuracy:.2f} %" for line in (best, last))
    shown = f"{highest} is epoch {best.epoch} of {last.epoch}; the last one has {final}"
    if re.search(r"best|highest|max|peak|top", claim.text, re.IGNORECASE):
        why = f"{shown}. It is named as the best one; what the trained model reaches is the last one's."
        return Remark("best test epoch named as such", claim.place, claim.text, why, "log", harmless=True)
    why = f"{shown}: picking an epoch by its test accuracy makes the number a little too high."
    return Remark("best test epoch as the result", claim.place, claim.text, why, "log")


def _stated(reading: Reading) -> tuple[Claim, ...]:
    """Accuracies that the README itself states; saved outputs are the log."""
    if isinstance(reading.readme, Absent):
        return ()
    return tuple(claim for claim in reading.readme.claims if claim.name == "test_accuracy")


def _is_of_log(claim: Claim, lines: tuple[LogLine, ...]) -> bool:
    return any(claim.place == line.place for line in lines)

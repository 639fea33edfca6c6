"""Stated test accuracies, against the log that the student shows beside them.

A log is the student's own word: it measures nothing, and it can still say another number than the one stated.
"""

from __future__ import annotations

import re

from grader.evaluation.log_rules import logged_epochs
from grader.evaluation.rounding import as_stated, last_digit
from grader.evaluation.stated import LIMIT_TEXT, Stated
from grader.records import Absent, Claim, LogLine
from grader.text import clean

_OF_TRAINING = re.compile(r"(?<![a-z])train", re.IGNORECASE)


def contradiction(claim: Claim, stated: Stated) -> str:
    """A sentence where the log has the number as a training accuracy and all its test accuracies lie below it.

    "" where the line may mean its training accuracy or another model, or the log shows a part of the training.
    """
    lines = _lines(claim, stated)
    tested = [line for line in lines if line.test_accuracy >= 0]
    trained = [line for line in lines if line.train_accuracy >= 0 and as_stated(claim, line.train_accuracy)]
    if not tested or not trained or _is_doubtful(claim, stated, lines):
        return ""
    if any(claim.value - line.test_accuracy <= max(last_digit(claim), _digit(line)) for line in tested):
        return ""
    best = max(tested, key=lambda line: line.test_accuracy)
    return (
        f"The log has this number as the accuracy on training images ({_where(trained[-1])}); its "
        f"highest one on test images is {100 * best.test_accuracy:.2f} % ({_where(best)})."
    )


def highest(claim: Claim, stated: Stated) -> str:
    """The log's highest test accuracy as people read it."""
    best = max((line.test_accuracy for line in _lines(claim, stated)), default=-1.0)
    return f"{100 * best:.2f} % in the log" if best >= 0 else ""


def agreement(claim: Claim, stated: Stated) -> str:
    """A sentence where the number is the log's best or last test accuracy; "" where it is not."""
    tested = [line for line in _lines(claim, stated) if line.test_accuracy >= 0]
    if not tested:
        return ""
    best = max(tested, key=lambda line: line.test_accuracy)
    for line in (tested[-1], best):
        if as_stated(claim, line.test_accuracy):
            return f"The number agrees with the student's own log ({_where(line)})."
    return ""


def _lines(claim: Claim, stated: Stated) -> tuple[LogLine, ...]:
    """The log without the line that states the number itself."""
    readme = stated.reading.readme
    if isinstance(readme, Absent):
        return ()
    return tuple(line for line in readme.logs if (line.place, line.text) != (claim.place, claim.text))


def _is_doubtful(claim: Claim, stated: Stated, lines: tuple[LogLine, ...]) -> bool:
    if _OF_TRAINING.search(claim.text[:LIMIT_TEXT]) or stated.line_names_other(claim):
        return True
    logged = logged_epochs(lines)
    return stated.session is not None and 0 < logged < stated.session.epochs


def _where(line: LogLine) -> str:
    """A cell holds many lines: the epoch tells them apart."""
    epoch = f"epoch {line.epoch}, " if line.epoch > 0 else ""
    return epoch + clean(line.place, 120)


def _digit(line: LogLine) -> float:
    """The weight of the last digit of a line's test accuracy."""
    return last_digit(Claim("test_accuracy", line.test_accuracy, line.place, line.text))

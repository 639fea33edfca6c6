"""The logs that a submission shows, cut into one log for each training."""

from __future__ import annotations

import re
from dataclasses import dataclass

from grader.records import LogLine

LONGEST = 5_000
"""Epochs of one log that are looked at."""


@dataclass(frozen=True)
class Run:
    """The log of one training: its lines in their order, each with its epoch, counted from 1."""

    lines: tuple[tuple[int, LogLine], ...]

    @property
    def epochs(self) -> tuple[int, ...]:
        """Those that a line shows, in order and once each."""
        return tuple(sorted({epoch for epoch, _ in self.lines}))

    @property
    def tested(self) -> tuple[int, ...]:
        """Those that a line shows an accuracy or a loss of test or validation images for."""
        return tuple(sorted({epoch for epoch, line in self.lines if _is_tested(line)}))

    @property
    def has_losses_alone(self) -> bool:
        """A line shows no accuracy: a validation's loss may stand in a line of its own, which is not read."""
        return any(line.test_accuracy < 0 and line.train_accuracy < 0 for _, line in self.lines)

    @property
    def is_named(self) -> bool:
        """Whether each line names its epoch."""
        return all(line.epoch for _, line in self.lines)

    @property
    def place(self) -> str:
        first, last = self.lines[0][1].place, self.lines[-1][1].place
        return first if first == last else f"{first} to {last}"

    @property
    def tail(self) -> int:
        """How many epochs without a gap the log ends with."""
        last, count = self.epochs[-1], 0
        known = set(self.epochs)
        while last - count in known:
            count += 1
        return count


_TEST_LOSS = re.compile(
    r"(?<![a-z])(?:test|val|valid|validation|eval)(?:ing|uation)?[\s_]{1,3}loss\W{0,6}\d", re.IGNORECASE
)


def _is_tested(line: LogLine) -> bool:
    return line.test_accuracy >= 0 or bool(_TEST_LOSS.search(line.text[:1_000]))


def runs_of(lines: tuple[LogLine, ...]) -> tuple[Run, ...]:
    """A new log begins in another file, or where the epochs begin again; lines without an epoch are counted on.

    A log that is shown a second time, as in the notebook and in the README, is left out.
    """
    runs: list[list[tuple[int, LogLine]]] = []
    for line in lines[:LONGEST]:
        last = runs[-1][-1] if runs else None
        if last is None or _file(line) != _file(last[1]) or _begins_again(line, last):
            runs.append([(line.epoch or 1, line)])
        else:
            runs[-1].append((line.epoch or last[0] + 1, line))
    shown: dict[object, Run] = {}
    for one in runs:
        results = tuple(
            (epoch, round(line.test_accuracy, 3) if line.test_accuracy >= 0 else line.text)
            for epoch, line in one
        )
        key = results if len(one) > 1 else id(one)
        shown.setdefault(key, Run(tuple(one)))
    return tuple(shown.values())


def _begins_again(line: LogLine, last: tuple[int, LogLine]) -> bool:
    """An epoch that was shown already, in a line of the same kind; without epochs, another cell."""
    epoch, before = last
    if line.epoch == 0:
        return line.place != before.place and "cell" in line.place
    if line.epoch == epoch:
        return (line.test_accuracy >= 0) == (before.test_accuracy >= 0) and line.place != before.place
    return line.epoch < epoch


def _file(line: LogLine) -> str:
    """`README.md:41` and `train.ipynb, cell 12` without line and cell."""
    return re.sub(r"(?::\d{1,9}|, cell \d{1,9})$", "", line.place)

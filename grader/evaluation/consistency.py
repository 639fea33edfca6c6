"""Is the line held, and not only touched? "Consistently in the last k epochs", judged on each epoch's mean.

Each of the last k epochs of the training is held against the line by the same sequential test as a single
accuracy (`grader.evaluation.verdict`). All have to pass, so the weakest one decides. Which k they are is fixed
beforehand: an epoch is never chosen by its accuracy on the test images.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from grader.evaluation.verdict import Decision, decide, weight
from grader.records import Absent, Trial


@dataclass(frozen=True)
class Line:
    """What an accuracy is held against."""

    target: float  # 0 to 1
    last_epochs: int = 1  # 1: after the training; k: in each of its last k epochs
    of: Literal["test", "training"] = "test"  # which images


@dataclass(frozen=True)
class EpochValues:
    """One of the last epochs, over all trials."""

    name: str  # "epoch 14"; "1 epoch before the end" where the trials' lengths differ
    values: tuple[float, ...]  # accuracies, 0 to 1, one per trial

    @property
    def mean(self) -> float:
        return sum(self.values) / len(self.values)


@dataclass(frozen=True)
class Held:
    """The verdict over several epochs; it is that of the weakest."""

    decision: Decision
    weakest: EpochValues
    epochs: tuple[EpochValues, ...]


def last_epochs(trials: Sequence[Trial], count: int) -> tuple[EpochValues, ...] | Absent:
    """The last `count` epochs of the trials, the last one last; fewer where fewer were trained.

    The last one's accuracy is the trial's own. A trial that diverged has the accuracy of its broken state in
    all of them: it is a trial like any other.
    """
    scored = [trial for trial in trials if not isinstance(trial.accuracy, Absent)]
    if not scored:
        return Absent("review", "No trial has an accuracy.")
    rows = [_of_trial(trial, count) for trial in scored]
    for trial, row in zip(scored, rows, strict=True):
        gap = next((epoch for epoch, accuracy in row if accuracy < 0), 0)
        if gap:
            return Absent(
                "review", f"The accuracy after epoch {gap} with seed {trial.seed} was not measured."
            )
    length = min(len(row) for row in rows)
    return tuple(_column(rows, before_end) for before_end in reversed(range(length)))


def held(epochs: Sequence[EpochValues], target: float, tabulated_sd: float) -> Held:
    """The verdict over these epochs, at least one; the other arguments are those of `verdict.weight`."""
    weakest = min(epochs, key=lambda one: (weight(one.values, target, tabulated_sd), one.mean))
    one = decide(weakest.values, target, tabulated_sd)
    if len(epochs) > 1:
        text = f"The weakest of the last {len(epochs)} epochs decides, {weakest.name}: {_lower(one.sentence)}"
        one = Decision(one.outcome, text)
    return Held(one, weakest, tuple(epochs))


def another_trial_helps(trials: Sequence[Trial], line: Line, tabulated_sd: float) -> bool:
    """Whether the verdict on this line is still open after these trials."""
    epochs = last_epochs(trials, line.last_epochs)
    if isinstance(epochs, Absent):
        return not trials
    return held(epochs, line.target, tabulated_sd).decision.outcome == "borderline"


def _of_trial(trial: Trial, count: int) -> list[tuple[int, float]]:
    """(epoch, accuracy) of a trial's last epochs; epoch 0 where the record does not say which it was."""
    assert not isinstance(trial.accuracy, Absent)
    final = trial.accuracy.value
    if trial.status == "stopped":
        return [(0, final)] * count
    points = sorted(trial.epochs, key=lambda point: point.epoch)[-count:]
    before = [(point.epoch, point.accuracy) for point in points[:-1]]
    return [*before, (points[-1].epoch if points else 0, final)]


def _column(rows: list[list[tuple[int, float]]], before_end: int) -> EpochValues:
    cells = [row[-1 - before_end] for row in rows]
    numbers = {epoch for epoch, _ in cells if epoch}
    if len(numbers) == 1:
        name = f"epoch {numbers.pop()}"
    else:
        name = f"{before_end} before the last epoch" if before_end else "the last epoch"
    return EpochValues(name, tuple(accuracy for _, accuracy in cells))


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]

"""What the trials of one model say together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from grader.bench.records import Series, TrialResult
from grader.bench.stats import Spread, median_of, spread
from grader.records import Absent


@dataclass(frozen=True)
class Reached:
    """When a trial reached the target first. Infinite where it never did."""

    epoch: float
    samples: float
    seconds: float  # counted
    at_most: bool = False  # an epoch before it was not scored: it may have been reached there


NEVER = Reached(math.inf, math.inf, math.inf)


@dataclass(frozen=True)
class ToTarget:
    """How soon the target is reached: medians over all trials, those that never reach it among them."""

    target: float
    reached: int  # trials
    trials: int
    epoch: float  # infinite where half of the trials or more never reach it
    samples: float
    seconds: float
    at_most: bool

    @property
    def share(self) -> float:
        return self.reached / self.trials


@dataclass(frozen=True)
class Summary:
    """Of one series. `accuracy` and `to_target` are absent where nothing was scored, or there is no line."""

    accuracy: Spread | Absent
    to_target: ToTarget | Absent
    counted_seconds: Spread | Absent  # of whole trainings
    overhead_seconds: float  # mean, scoring and probing among it; 0 without a trial
    energy_joules: Spread | Absent


NOTHING = Absent("skipped", "No trial was scored.")


def summary(series: Series) -> Summary:
    scored = scored_trials(series)
    return Summary(
        accuracy=spread(accuracies(series)) if scored else NOTHING,
        to_target=_to_target(series.assignment.target, scored),
        counted_seconds=spread(seconds(series)) if scored else NOTHING,
        overhead_seconds=_mean(scored, lambda one: one.overhead_seconds + one.evaluate_seconds),
        energy_joules=_energy(scored),
    )


def scored_trials(series: Series) -> tuple[TrialResult, ...]:
    return tuple(one for one in series.trials if not isinstance(one.accuracy, Absent))


def accuracies(series: Series) -> tuple[float, ...]:
    return tuple(one.accuracy for one in series.trials if not isinstance(one.accuracy, Absent))


def seconds(series: Series) -> tuple[float, ...]:
    """Counted seconds of each training that was scored."""
    return tuple(one.counted_seconds for one in scored_trials(series))


def reached(trial: TrialResult, target: float) -> Reached:
    """The first epoch whose end has the target. Epochs are equally long, so its time is its share of the whole.

    Args:
        target: 0 to 1, positive.
    """
    skipped = False
    for point in trial.epochs:
        if point.accuracy >= target:
            share = point.samples / max(trial.samples, 1)
            return Reached(point.epoch, point.samples, share * trial.counted_seconds, skipped)
        skipped = point.accuracy < 0
    return NEVER


def _to_target(target: float, trials: Sequence[TrialResult]) -> ToTarget | Absent:
    if not trials:
        return NOTHING
    if target <= 0:
        return Absent("skipped", "No check of the assignment has a line for the test accuracy.")
    found = [reached(trial, target) for trial in trials]
    return ToTarget(
        target=target,
        reached=sum(math.isfinite(one.epoch) for one in found),
        trials=len(found),
        epoch=median_of([one.epoch for one in found]),
        samples=median_of([one.samples for one in found]),
        seconds=median_of([one.seconds for one in found]),
        at_most=any(one.at_most for one in found),
    )


def _energy(trials: Sequence[TrialResult]) -> Spread | Absent:
    for one in trials:
        if isinstance(one.energy_joules, Absent):
            return one.energy_joules
    found = [one.energy_joules for one in trials if not isinstance(one.energy_joules, Absent)]
    return spread(found) if found else NOTHING


def _mean(trials: Sequence[TrialResult], of: Callable[[TrialResult], float]) -> float:
    return sum(of(one) for one in trials) / len(trials) if trials else 0.0

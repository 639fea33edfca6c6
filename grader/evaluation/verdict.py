"""Is the mean accuracy above the line? A sequential test over the grader's seeds.

Wald's sequential probability ratio test (A. Wald, "Sequential Tests of Statistical Hypotheses", Annals of
Mathematical Statistics 16, 1945) of the means target - 0.75 sd against target + 0.75 sd with 2 % errors of
both kinds. With z the sum of (value - target) / sd, the log likelihood ratio is 1.5 z, so the test stops at
|z| >= ln(0.98 / 0.02) / 1.5 = 2.59.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import Literal

INDIFFERENCE_SD = 0.75
ERROR_RATE = 0.02
REPEAT_WITHIN_SD = 6.0
"""A first trial closer to the line than this is always repeated."""

BOUND = math.log((1 - ERROR_RATE) / ERROR_RATE) / (2 * INDIFFERENCE_SD)


@dataclass(frozen=True)
class Decision:
    outcome: Literal["passed", "failed", "borderline"]
    sentence: str


def spread_of(values: tuple[float, ...], tabulated_sd: float) -> tuple[float, str]:
    """The standard deviation to judge with, and its source: the larger of the table's and the observed one.

    Args:
        values: accuracies, 0 to 1, one per seed, at least one.
        tabulated_sd: run-to-run standard deviation of this task, 0 to 1, positive.
    """
    observed = statistics.stdev(values) if len(values) > 1 else 0.0
    if observed > tabulated_sd:
        return observed, f"observed over {len(values)} seeds"
    return tabulated_sd, "tabulated for this task"


def another_trial_helps(values: tuple[float, ...], target: float, tabulated_sd: float) -> bool:
    """Whether the verdict is still open after these trials."""
    if not values:
        return True
    sd, _ = spread_of(values, tabulated_sd)
    if len(values) == 1 and abs(values[0] - target) < REPEAT_WITHIN_SD * sd:
        return True
    return abs(_z(values, target, sd)) < BOUND


def decide(values: tuple[float, ...], target: float, sd: float) -> Decision:
    """The verdict after the last trial.

    Args:
        values: accuracies, 0 to 1, one per seed, at least one.
        target: the line, 0 to 1.
        sd: from `spread_of`, 0 to 1, positive.
    """
    mean, n = sum(values) / len(values), len(values)
    # One trial decides only where it is far from the line, also when no second one was allowed.
    lone_and_close = n == 1 and abs(mean - target) < REPEAT_WITHIN_SD * sd
    z = 0.0 if lone_and_close else _z(values, target, sd)
    distance = f"the mean over {n} seed{'s' if n > 1 else ''} is {abs(mean - target) / sd:.1f} sd"
    line = f"the line of {100 * target:.4g} % (sd {100 * sd:.2f} points)"
    if z >= BOUND:
        return Decision("passed", f"{_upper(distance)} above {line}.")
    if z <= -BOUND:
        return Decision("failed", f"{_upper(distance)} below {line}.")
    return Decision("borderline", f"{_upper(distance)} from {line}: the seeds cannot tell, a person decides.")


def _z(values: tuple[float, ...], target: float, sd: float) -> float:
    return sum(value - target for value in values) / sd


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]

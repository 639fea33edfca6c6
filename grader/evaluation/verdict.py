"""Is the mean accuracy above the line? A sequential test over the grader's seeds.

Wald's sequential probability ratio test (A. Wald, "Sequential Tests of Statistical Hypotheses", Annals of
Mathematical Statistics 16, 1945) of the means target - 0.75 sd against target + 0.75 sd with 2 % errors of
both kinds. With z the sum of (value - target) / sd, the log likelihood ratio is 1.5 z, so the test stops at
|z| >= ln(0.98 / 0.02) / 1.5 = 2.59. In plain words: docs/verdicts.md; how often it errs: benchmarks/verdicts.py.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from grader.evaluation.noise import spread_of

INDIFFERENCE_SD = 0.75
ERROR_RATE = 0.02
REPEAT_WITHIN_SD = 6.0
"""A first trial closer to the line than this is always repeated."""

BOUND = math.log((1 - ERROR_RATE) / ERROR_RATE) / (2 * INDIFFERENCE_SD)

RULE = (
    "The mean over the grader's seeds is held against the line by a sequential test "
    f"(indifference ±{INDIFFERENCE_SD:g} sd, {100 * ERROR_RATE:g} % errors): seeds are added until it decides "
    "or there are no more, and then a person does."
)


@dataclass(frozen=True)
class Decision:
    outcome: Literal["passed", "failed", "borderline"]
    sentence: str


def weight(values: tuple[float, ...], target: float, tabulated_sd: float) -> float:
    """The evidence for a mean above the line, or below it if negative: z, the sum of (value - target) / sd.

    The deviation is the larger of the table's and the observed one. A result far out on the winning side would
    make that larger and the verdict weaker: a trial that diverges would save a submission which is below the
    line with every seed. So results on the winning side count up to the height at which z is largest. With
    that, no result can do harm by being better.

    Args:
        values: accuracies, 0 to 1, one per seed, at least one; their order does not matter.
        target: the line, 0 to 1.
        tabulated_sd: run-to-run standard deviation of this task, 0 to 1, positive.
    """
    gains = [(value - target) / tabulated_sd for value in values]
    side = 1 if math.fsum(gains) >= 0 else -1
    ranked = sorted(side * gain for gain in gains)
    best = max(_z([min(gain, cap) for gain in ranked]) for cap in (ranked[-1], *_caps(ranked)))
    return side * best


def another_trial_helps(values: tuple[float, ...], target: float, tabulated_sd: float) -> bool:
    """Whether the verdict is still open after these trials."""
    return not values or _outcome(values, target, tabulated_sd) == "borderline"


def decide(values: tuple[float, ...], target: float, tabulated_sd: float) -> Decision:
    """The verdict after the last trial; the arguments are those of `weight`."""
    n, sd = len(values), spread_of(values, tabulated_sd)[0]
    outcome = _outcome(values, target, tabulated_sd)
    away = statistics.fmean(values) - target
    side = {"passed": "above", "failed": "below", "borderline": "from"}[outcome]
    sentence = (
        f"The mean over {n} seed{'s' if n > 1 else ''} is {abs(away) / sd:.1f} sd {side} "
        f"the line of {100 * target:.4g} % (sd {100 * sd:.2f} points)"
    )
    end = ": the seeds cannot tell, a person decides." if outcome == "borderline" else "."
    return Decision(outcome, sentence + end)


def _outcome(
    values: tuple[float, ...], target: float, tabulated_sd: float
) -> Literal["passed", "failed", "borderline"]:
    # One trial decides only where it is far from the line, also when no second one was allowed.
    if len(values) == 1 and abs(values[0] - target) < REPEAT_WITHIN_SD * tabulated_sd:
        return "borderline"
    z = weight(values, target, tabulated_sd)
    return "passed" if z >= BOUND else "failed" if z <= -BOUND else "borderline"


def _z(gains: list[float]) -> float:
    """z of results given as their distance from the line in deviations of the table."""
    return math.fsum(gains) / max(1.0, _deviation(gains))


def _deviation(gains: list[float]) -> float:
    """The sample standard deviation; 0 for one result. (`statistics.stdev` is exact, and too slow to simulate.)"""
    mean = math.fsum(gains) / len(gains)
    return math.sqrt(math.fsum((gain - mean) ** 2 for gain in gains) / max(1, len(gains) - 1))


def _caps(ranked: list[float]) -> Iterator[float]:
    """Heights between two neighbours at which z can be largest, for rising gains with a sum of 0 or more.

    With `low` gains of sum A and sum of squares Q left as they are and the others at height c, sum / observed
    deviation is largest at c = Q / A, and the observed deviation reaches the table's at the root of a
    quadratic. Where it never exceeds the table's, all count in full.
    """
    n = len(ranked)
    if _deviation(ranked) <= 1:
        return
    for low in range(1, n):
        total, squares = math.fsum(ranked[:low]), math.fsum(gain * gain for gain in ranked[:low])
        top = squares / total if total > 0 else math.inf
        for cap in (top, _as_the_table(total, squares, n - low, n)):
            yield min(max(cap, ranked[low - 1]), ranked[low])


def _as_the_table(total: float, squares: float, capped: int, n: int) -> float:
    """The larger height at which the observed deviation is 1; the mean of the others where there is none."""
    a = capped - capped * capped / n
    half_b = -total * capped / n
    c = squares - total * total / n - (n - 1)
    return (-half_b + math.sqrt(max(0.0, half_b * half_b - a * c))) / a

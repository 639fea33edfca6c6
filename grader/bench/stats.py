"""Means, intervals and tests for small samples. Written out here: the grader needs no statistics package for it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Spread:
    """A sample's mean with its spread. `sd`, `low`, `high` are 0.0 where `n` is 1: `is_known` says so."""

    n: int
    mean: float
    sd: float = 0.0
    low: float = 0.0  # of the 95 % interval of the mean
    high: float = 0.0

    @property
    def is_known(self) -> bool:
        return self.n > 1


@dataclass(frozen=True)
class Difference:
    """Of two means, the second minus the first, by Welch's test (B. L. Welch, Biometrika 34, 1947)."""

    mean: float
    low: float  # of its 95 % interval
    high: float
    p: float  # two-sided


def spread(values: Sequence[float]) -> Spread:
    """Mean, sample standard deviation, and Student's t interval of the mean.

    Args:
        values: at least one, finite.
    """
    mean, n = statistics.fmean(values), len(values)
    if n == 1:
        return Spread(1, mean)
    sd = statistics.stdev(values)
    half = t_quantile(n - 1) * sd / math.sqrt(n)
    return Spread(n, mean, sd, mean - half, mean + half)


def median_of(values: Sequence[float]) -> float:
    """The median; infinite values stand for what was never reached. Of two in the middle the mean, which is infinite
    where one is."""
    ranked = sorted(values)
    return (ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]) / 2


def welch(first: Sequence[float], second: Sequence[float]) -> Difference:
    """Whether two samples have one mean; their deviations need not be the same.

    Args:
        first, second: at least two values each, finite.
    """
    mean = statistics.fmean(second) - statistics.fmean(first)
    parts = [statistics.variance(sample) / len(sample) for sample in (first, second)]
    error = math.sqrt(sum(parts))
    if error <= 1e-12 * max(abs(statistics.fmean(first)), abs(statistics.fmean(second)), 1e-300):
        # No noise at all: equal means are equal, and any difference is one.
        return Difference(mean, mean, mean, 0.0) if abs(mean) > 1e-12 else Difference(0.0, 0.0, 0.0, 1.0)
    shares = [
        part / sum(parts) for part in parts
    ]  # squares of the parts themselves may be too small for a float
    df = 1 / sum(w * w / (len(s) - 1) for w, s in zip(shares, (first, second), strict=True))
    half = t_quantile(df) * error
    return Difference(mean, mean - half, mean + half, two_sided_p(mean / error, df))


def holm(ps: Sequence[float]) -> tuple[float, ...]:
    """p values made larger so that of all of them together at most a given share is wrong (S. Holm, "A Simple
    Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics 6, 1979)."""
    adjusted, highest = [0.0] * len(ps), 0.0
    for rank, index in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[index]))
        adjusted[index] = highest
    return tuple(adjusted)


def two_sided_p(t: float, df: float) -> float:
    """The probability of a t at least this far from 0. Abramowitz and Stegun, 26.7.1 with 26.5.27."""
    return _beta(df / (df + t * t), df / 2, 0.5)


def t_quantile(df: float, confidence: float = CONFIDENCE) -> float:
    """Student's t for a two-sided interval of this confidence. By Newton's method from the normal quantile, which is
    smaller: p falls and is convex, so no step goes too far."""
    t = statistics.NormalDist().inv_cdf((1 + confidence) / 2)
    for _ in range(60):
        step = (two_sided_p(t, df) - (1 - confidence)) / (2 * _density(t, df))
        t += step
        if step <= 1e-12 * t:
            break
    return t


def _density(t: float, df: float) -> float:
    scale = math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2)) / math.sqrt(df * math.pi)
    return scale * math.exp(-(df + 1) / 2 * math.log1p(t * t / df))


def _beta(x: float, a: float, b: float) -> float:
    """The regularized incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22)."""
    if x <= 0.0 or x >= 1.0:
        return min(max(x, 0.0), 1.0)
    if x > (a + 1) / (a + b + 2):  # there the fraction converges slowly, and that of the rest fast
        return 1.0 - _beta(1.0 - x, b, a)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    return front * _fraction(x, a, b) / a


def _fraction(x: float, a: float, b: float) -> float:
    """By Lentz's method. It ends after some ten terms; 400 are a bound."""
    tiny = 1e-300
    c, d = 1.0, 1.0 / (_not_zero(1.0 - (a + b) * x / (a + 1), tiny))
    found = d
    for m in range(1, 400):
        before = found
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 / _not_zero(1.0 + term * d, tiny)
            c = _not_zero(1.0 + term / c, tiny)
            found *= c * d
        if abs(found - before) <= 1e-15 * abs(found):
            break
    return found


def _not_zero(value: float, tiny: float) -> float:
    return value if abs(value) > tiny else tiny

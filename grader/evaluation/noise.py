"""Run-to-run noise of an accuracy: what is known of it, what was observed, and the interval that follows.

Two trainings of one model with two seeds do not end at the same accuracy. How far they lie apart is known for
some tasks; the table (`grader.evaluation.calibration.noise_table`, generated from measurements) is the only place
that says so. A better model is a steadier one: between two of its rows the deviation is interpolated, beyond the ends
it stays as it is at the end. Accuracies and deviations are shares, 0 to 1.
"""

from __future__ import annotations

import math
import re
import statistics
from dataclasses import dataclass
from itertools import pairwise

from grader.evaluation.calibration.noise_table import TABLE
from grader.evaluation.calibration.rows import Known, Source

OBSERVED_FROM = 5
"""Seeds from which on the interval is made of the observed noise alone."""


@dataclass(frozen=True)
class Noise:
    """A run-to-run standard deviation, and where the figure comes from."""

    sd: float
    source: Source
    sentence: str


_T_975 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093,
)  # fmt: skip
"""Student's t for 95 % on both sides, with 1 to 19 degrees of freedom (NIST/SEMATECH e-Handbook, 1.3.6.7.2)."""
_NORMAL_975 = 1.960


def tabulated(task: str, near: float, otherwise: float) -> Noise:
    """What is known of a task's noise where its accuracy is about `near`.

    Args:
        task: a task (`cifar10`) or its data set's name as reports show it (`CIFAR-10, unofficial copy`).
        near: the accuracy that matters: the line that a mean is held against.
        otherwise: the deviation to take where the table does not have the task, positive.
    """
    known = TABLE.get(_key(task))
    if known is None:
        return Noise(otherwise, "data set", f"{_points(otherwise)}, kept with the data set: no table has it")
    if near <= known[0].near:
        return _at(known[0])
    for low, high in pairwise(known):
        if near < high.near:
            return _between(low, high, near)
    return _at(known[-1])


def spread_of(values: tuple[float, ...], tabulated_sd: float) -> tuple[float, str]:
    """The standard deviation to judge with, and its source: the larger of the table's and the observed one.

    Args:
        values: accuracies, one per seed, at least one.
        tabulated_sd: run-to-run standard deviation of this task, positive.
    """
    observed = statistics.stdev(values) if len(values) > 1 else 0.0
    if observed > tabulated_sd:
        return observed, f"observed over {len(values)} seeds"
    return tabulated_sd, "tabulated for this task"


@dataclass(frozen=True)
class Interval:
    """Where the mean over all seeds lies, with 95 % confidence, and how that was worked out."""

    low: float
    high: float
    sentence: str


def interval(values: tuple[float, ...], tabulated_sd: float) -> Interval:
    """A 95 % interval of the mean over the seeds.

    From five seeds on it is Student's t interval with the observed deviation. With fewer seeds an observed
    deviation says little, so the larger of the table's and the observed one is taken for known (normal).
    """
    mean, n = statistics.fmean(values), len(values)
    if n >= OBSERVED_FROM:
        sd = statistics.stdev(values)
        factor = _T_975[n - 2] if n - 2 < len(_T_975) else _NORMAL_975
        how = f"Student's t over {n} seeds with their observed sd of {_points(sd)}"
    else:
        sd, factor = spread_of(values, tabulated_sd)[0], _NORMAL_975
        known = "the larger of the known and the observed one" if n > 1 else "the known one"
        how = f"normal, {n} seed{'s' if n > 1 else ''}, with an sd of {_points(sd)}, {known}"
    half = factor * sd / math.sqrt(n)
    low, high = max(0.0, mean - half), min(1.0, mean + half)
    text = f"95 % interval of the mean: {100 * low:.2f} to {100 * high:.2f} % ({how})."
    return Interval(low, high, text)


def _key(task: str) -> str:
    return re.sub(r"[^a-z0-9]", "", task.partition(",")[0].lower())


def _at(known: Known) -> Noise:
    return Noise(known.sd, known.source, f"{known.what} ({known.source})")


def _between(low: Known, high: Known, near: float) -> Noise:
    """Of the two neighbours' sources, the one that is nearer in accuracy is named."""
    share = (near - low.near) / (high.near - low.near)
    sd = low.sd + share * (high.sd - low.sd)
    source = low.source if share < 0.5 else high.source
    between = f"between {low.what} ({low.source}) and {high.what} ({high.source})"
    return Noise(sd, source, f"{_points(sd)} at {100 * near:.4g} %, {between}")


def _points(sd: float) -> str:
    return f"{100 * sd:.2f} points"

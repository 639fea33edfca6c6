"""How often would the grader's verdict come out each way, trained with other seeds? Simulated with the verdict itself.

What is known are the accuracies of n trainings: their mean, and sd, the larger of the tabulated and the observed
standard deviation (`grader.evaluation.noise.spread_of`). The mean over all seeds is then normal around the measured
one with sd / sqrt(n), and each new training is normal around that with sd: the predictive distribution of a normal
sample with known variance and a flat prior (A. Gelman et al., "Bayesian Data Analysis", 3rd edition, 2.5). From it
whole studies are drawn, which add seeds and end as the grader's own do (`grader.evaluation.verdict`). In plain words:
docs/verdicts.md.
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from grader.evaluation.noise import spread_of
from grader.evaluation.verdict import another_trial_helps, decide
from grader.records import Odds

STUDIES = 2_000
"""Drawn for each answer. The place of the mean, which matters most, is spread evenly over them instead of drawn."""

_STREAM = 0x0DD5
"""The same studies for every answer: a better accuracy has never a smaller chance, and the same one has the same."""


@dataclass(frozen=True)
class Subject:
    """What one line is held against.

    Args:
        values: accuracies that were measured, 0 to 1, one per seed, at least one.
        target: the line, 0 to 1.
        tabulated_sd: run-to-run standard deviation at the line, 0 to 1, positive.
    """

    values: tuple[float, ...]
    target: float
    tabulated_sd: float


def odds(subjects: Sequence[Subject], *, at_least: int, at_most: int) -> tuple[Odds, ...]:
    """For each subject the shares of studies that end in each verdict.

    Args:
        subjects: all lines of one assignment: seeds are added until all of them are decided.
        at_least, at_most: trials of a study, as the spec says.
    """
    counts = [{"passed": 0, "borderline": 0, "failed": 0} for _ in subjects]
    for study in _studies(at_most):
        drawn = [_accuracies(subject, study) for subject in subjects]
        trials = _length(subjects, drawn, at_least, at_most)
        for subject, values, count in zip(subjects, drawn, counts, strict=True):
            count[decide(values[:trials], subject.target, subject.tabulated_sd).outcome] += 1
    return tuple(
        Odds(one["passed"] / STUDIES, one["borderline"] / STUDIES, one["failed"] / STUDIES) for one in counts
    )


def _length(
    subjects: Sequence[Subject], drawn: Sequence[tuple[float, ...]], at_least: int, at_most: int
) -> int:
    """The trials after which the grader would stop, by the rule of `grader.stages.study`."""
    for trials in range(at_least, at_most):
        if not any(
            another_trial_helps(values[:trials], subject.target, subject.tabulated_sd)
            for subject, values in zip(subjects, drawn, strict=True)
        ):
            return trials
    return at_most


def _accuracies(subject: Subject, study: tuple[float, ...]) -> tuple[float, ...]:
    """The accuracies of one study: `study` is the place of the mean, then one deviation per trial."""
    sd = spread_of(subject.values, subject.tabulated_sd)[0]
    mean = statistics.fmean(subject.values) + study[0] * sd / math.sqrt(len(subject.values))
    return tuple(min(1.0, max(0.0, mean + sd * deviation)) for deviation in study[1:])


@cache
def _studies(at_most: int) -> tuple[tuple[float, ...], ...]:
    """Standard normal: the mean's place in even steps of probability, the trials' deviations at random."""
    normal, draw = statistics.NormalDist(), random.Random(_STREAM)
    places = (normal.inv_cdf((index + 0.5) / STUDIES) for index in range(STUDIES))
    return tuple((place, *(draw.gauss(0, 1) for _ in range(at_most))) for place in places)

"""Published figures beside our own: a paper's table, or a course's, run on this harness.

Who publishes a best epoch has one training with one seed and picks the epoch on the test images. Our trainings are held
against that in the same way, each with its best epoch; what counts for a grade, the last epoch, stands beside it.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from grader.bench.figures import Figure, Published
from grader.bench.records import Bench, Series, Subject, TrialResult
from grader.bench.stats import Spread, holm, median_of, spread, two_sided_p
from grader.bench.summary import accuracies, scored_trials
from grader.evaluation.noise import tabulated
from grader.records import Absent

ERROR_RATE = 0.05
"""Of all tables in which nothing differs, at most so many name a difference."""


@dataclass(frozen=True)
class Gap:
    """Ours minus the published one, both of the best epoch."""

    difference: float  # 0 to 1
    sd: float  # of one training, 0 to 1
    observed: bool  # over the seeds; else what is known of the data set's noise
    p: float  # two-sided: that a training of ours is so far from the others, after Holm over the table's rows
    differs: bool

    @property
    def in_sds(self) -> float:
        return self.difference / self.sd


@dataclass(frozen=True)
class Line:
    """One published figure with what was measured of it."""

    figure: Figure
    subject: Subject | Absent
    last: Spread | Absent  # accuracy after the last epoch, 0 to 1
    best: Spread | Absent  # of each training's best epoch
    best_epoch: float  # median; 0 where nothing was scored
    partly: bool  # an epoch of a training was not scored: its best may be better
    training: Spread | Absent  # accuracy on the training images, by the trained model
    gap: Gap | Absent


def beside(published: Published, bench: Bench) -> tuple[Line, ...]:
    """A line for each figure, in their order; the verdicts hold for all of them together."""
    series = {one.subject.model: one for one in bench.series if one.assignment.spec_id == published.spec_id}
    lines = [_line(figure, series.get(figure.model), bench) for figure in published.figures]
    found = [(index, line.gap) for index, line in enumerate(lines) if isinstance(line.gap, Gap)]
    for (index, gap), p in zip(found, holm([gap.p for _, gap in found]), strict=True):
        lines[index] = replace(lines[index], gap=replace(gap, p=p, differs=p < ERROR_RATE))
    return tuple(lines)


def _line(figure: Figure, series: Series | None, bench: Bench) -> Line:
    if series is None or not scored_trials(series):
        why = Absent("skipped", _why_missing(figure, series, bench))
        return Line(figure, why if series is None else series.subject, why, why, 0.0, False, why, why)
    trials = scored_trials(series)
    peaks = [_peak(one) for one in trials]
    best = tuple(accuracy for _, accuracy in peaks)
    return Line(
        figure=figure,
        subject=series.subject,
        last=spread(accuracies(series)),
        best=spread(best),
        best_epoch=median_of([epoch for epoch, _ in peaks]),
        partly=any(point.accuracy < 0 for one in trials for point in one.epochs),
        training=_training(trials),
        gap=_gap(figure, series, best),
    )


def _why_missing(figure: Figure, series: Series | None, bench: Bench) -> str:
    reasons = [one.reason for one in bench.missing if one.model == figure.model]
    if reasons:
        return f"{figure.model}: {reasons[0]}"
    if series is not None and series.trials:
        return f"{figure.model} has no accuracy: {series.trials[0].stop_reason}"
    return f"the result has no model that is called {figure.model}."


def _peak(trial: TrialResult) -> tuple[int, float]:
    """(epoch, accuracy) of the best epoch, the first of equal ones; the last epoch's is the trial's own."""
    assert not isinstance(trial.accuracy, Absent)
    last = (trial.epochs[-1].epoch if trial.epochs else 0, trial.accuracy)
    points = [(point.epoch, point.accuracy) for point in trial.epochs[:-1]]
    return max((*points, last), key=lambda point: point[1])


def _training(trials: Sequence[TrialResult]) -> Spread | Absent:
    found: list[float] = []
    for one in trials:
        if isinstance(one.train_accuracy, Absent):
            return one.train_accuracy
        found.append(one.train_accuracy)
    return spread(found)


def _gap(figure: Figure, series: Series, best: tuple[float, ...]) -> Gap | Absent:
    if series.assignment.stand_in:
        return Absent("skipped", "measured on generated stand-in data, which says nothing of the real one.")
    theirs, mean, n = figure.best_test_percent / 100, statistics.fmean(best), len(best)
    sd, df = spread(best).sd, float(n - 1)
    if not sd:  # one seed, or all alike: what is known of the noise
        kept = scored_trials(series)[0].known_sd
        sd, df = tabulated(series.assignment.data, theirs, kept).sd, math.inf
    if not sd:
        return Absent(
            "skipped", f"{figure.model} has one seed, and nothing is known of the noise of its data."
        )
    # One training of theirs against the mean of ours: both sides have their noise.
    t = (mean - theirs) / (sd * math.sqrt(1 + 1 / n))
    return Gap(mean - theirs, sd, math.isfinite(df), _p(t, df), differs=False)


def _p(t: float, df: float) -> float:
    if math.isinf(df):
        return 2 * statistics.NormalDist().cdf(-abs(t))
    return two_sided_p(t, df)


def differing(lines: Sequence[Line]) -> Iterator[Line]:
    return (line for line in lines if isinstance(line.gap, Gap) and line.gap.differs)

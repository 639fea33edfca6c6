"""What trials say together: time to target above all."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from grader.bench.summary import NEVER, accuracies, reached, summary
from grader.records import Absent, EpochPoint


def with_epochs(trial, *accuracies: float, seconds: float = 40.0):
    points = tuple(EpochPoint(n, 100 * n, value) for n, value in enumerate(accuracies, 1))
    return replace(trial, epochs=points, samples=100 * len(points), counted_seconds=seconds)


def test_the_target_is_reached_at_the_end_of_the_first_epoch_that_has_it(make_trial):
    trial = with_epochs(make_trial(1, 0.99), 0.90, 0.95, 0.94, 0.96)
    found = reached(trial, 0.95)
    assert (found.epoch, found.samples, found.seconds, found.at_most) == (2, 200, 20.0, False)
    assert reached(trial, 0.97) == NEVER


def test_after_an_epoch_that_was_not_scored_it_is_an_upper_bound(make_trial):
    assert reached(with_epochs(make_trial(1, 0.99), -1.0, 0.95), 0.95).at_most
    assert not reached(with_epochs(make_trial(1, 0.99), -1.0, 0.90, 0.95), 0.95).at_most


def test_the_median_counts_those_that_never_reach_it(make_series, make_trial):
    trials = tuple(
        with_epochs(replace(make_trial(n, last), seed=n), 0.9, last, seconds=10.0 * n)
        for n, last in ((1, 0.96), (2, 0.96), (3, 0.90))
    )
    found = summary(replace(make_series(), trials=trials)).to_target
    assert (found.reached, found.trials, found.epoch, found.samples, found.seconds) == (2, 3, 2, 200, 20.0)
    assert found.share == pytest.approx(2 / 3)
    most_never = summary(replace(make_series(), trials=trials[1:])).to_target
    assert math.isinf(most_never.seconds)


def test_a_trial_without_accuracy_counts_nowhere(make_series):
    found = summary(make_series((0.99, Absent("failed", "The loss became NaN."), 0.98)))
    assert found.accuracy.n == 2
    assert found.accuracy.mean == pytest.approx(0.985)
    assert found.to_target.trials == 2


def test_absence_has_a_reason(make_series):
    nothing = summary(make_series((Absent("failed", "The loss became NaN."),)))
    assert nothing.accuracy.reason == "No trial was scored."
    assert nothing.to_target.reason == "No trial was scored."
    assert "no line" not in summary(make_series()).energy_joules.reason
    assert "line for the test accuracy" in summary(make_series(target=0.0)).to_target.reason


def test_counted_time_and_overhead_are_apart(make_series):
    found = summary(make_series((0.99, 0.98), (10.0, 14.0)))
    assert found.counted_seconds.mean == 12.0
    assert found.overhead_seconds == 5.0
    assert accuracies(make_series((0.99, 0.98))) == (0.99, 0.98)

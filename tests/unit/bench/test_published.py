"""Published figures beside our own: what is subtracted, and how often the verdicts err."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from grader.bench.figures import PUBLISHED_SCHEMA, Figure, Published
from grader.bench.published import ERROR_RATE, Gap, beside
from grader.bench.published_page import published_page
from grader.bench.records import Missing
from grader.bench.render import html, markdown
from grader.bench.stats import Spread
from grader.evaluation.noise import tabulated
from grader.records import Absent, EpochPoint


def figure(percent=99.0, model="reference", **changed):
    made = Figure(model, "1 the setup", "14.6k", 14_642, percent, 99.4)
    return replace(made, **changed)


def published(*figures, spec_id="s4"):
    return Published(PUBLISHED_SCHEMA, "A ladder", "A course", spec_id, figures)


def with_epochs(series, *rows):
    """The trials of a series, each with these accuracies after its epochs; the last one is its own."""
    trials = []
    for trial, row in zip(series.trials, rows, strict=True):
        points = tuple(EpochPoint(n, n * 60_000, value) for n, value in enumerate(row, 1))
        trials.append(replace(trial, epochs=points, accuracy=row[-1]))
    return replace(series, trials=tuple(trials))


def test_best_epochs_are_held_against_each_other_and_the_last_stands_beside(make_bench, make_series):
    made = with_epochs(make_series((0.9, 0.9)), (0.97, 0.991, 0.99), (0.97, 0.98, 0.989))
    (line,) = beside(published(figure(99.1)), make_bench(made))
    assert isinstance(line.last, Spread)
    assert isinstance(line.best, Spread)
    assert isinstance(line.gap, Gap)
    assert line.last.mean == pytest.approx(0.9895)
    assert line.best.mean == pytest.approx(0.99)
    assert (line.best.n, line.best_epoch, line.partly) == (2, 2.5, False)
    assert line.gap.difference == pytest.approx(-0.001)
    assert line.gap.sd == pytest.approx(0.001 * math.sqrt(2))
    # t = 0.001 / (sd * sqrt(1.5)) = 0.57735; with one degree of freedom p = 1 - 2/pi * atan(t) = 2/3.
    assert line.gap.p == pytest.approx(2 / 3)
    assert not line.gap.differs


def test_an_epoch_that_was_not_scored_makes_the_best_a_bound(make_bench, make_series):
    made = with_epochs(make_series((0.9,)), (-1.0, 0.99))
    (line,) = beside(published(figure()), make_bench(made))
    assert (line.partly, line.best_epoch) == (True, 2)
    assert "≥ 99.00 %" in markdown(published_page(published(figure()), make_bench(made), (line,)))


def test_one_seed_is_judged_with_the_known_noise_and_says_so(make_bench, make_series):
    made = with_epochs(make_series((0.9,)), (0.98, 0.994))
    (line,) = beside(published(figure(99.3)), make_bench(made))
    assert isinstance(line.gap, Gap)
    assert not line.gap.observed
    assert line.gap.sd == tabulated("MNIST", 0.993, 1.0).sd
    assert line.gap.in_sds == pytest.approx(0.001 / line.gap.sd)
    page = published_page(published(figure(99.3)), make_bench(made), (line,))
    assert page.grids[0].rows[0][8].endswith(" *")
    assert f"{100 * line.gap.sd:.2f} points" in page.grids[0].notes[0]


def test_seeds_that_are_all_alike_say_nothing_of_the_noise(make_bench, make_series):
    (line,) = beside(published(figure()), make_bench(make_series((0.99, 0.99, 0.99))))
    assert isinstance(line.gap, Gap)
    assert not line.gap.observed


def test_where_nothing_is_known_of_the_noise_nothing_is_said(make_bench, make_series):
    made = make_series((0.99,), data="Another data set")
    (trial,) = made.trials
    (line,) = beside(published(figure()), make_bench(made))
    assert isinstance(line.gap, Gap)
    assert line.gap.sd == trial.known_sd
    (line,) = beside(published(figure()), make_bench(replace(made, trials=(replace(trial, known_sd=0.0),))))
    assert isinstance(line.gap, Absent)
    assert "nothing is known of the noise" in line.gap.reason


def test_the_verdicts_err_as_seldom_as_they_say_and_find_a_slip(make_bench, make_series):
    """Tables of ten rows with five seeds each, in which nothing differs; then one row is 1.3 points off, as a slip is."""
    draw, tables, named, slips = random.Random(12), 150, 0, 0
    figures = [figure(model=f"step {n}") for n in range(10)]
    for _ in range(tables):
        found = [make_series([draw.gauss(0.99, 0.001) for _ in range(5)], model=one.model) for one in figures]
        theirs = [replace(one, best_test_percent=100 * draw.gauss(0.99, 0.001)) for one in figures]
        lines = beside(published(*theirs), make_bench(*found))
        named += any(isinstance(line.gap, Gap) and line.gap.differs for line in lines)
        theirs[3] = replace(theirs[3], best_test_percent=97.7)
        gap = beside(published(*theirs), make_bench(*found))[3].gap
        slips += isinstance(gap, Gap) and gap.differs
    expected = ERROR_RATE * tables
    assert abs(named - expected) < 3 * math.sqrt(expected * (1 - ERROR_RATE))
    assert slips > 0.9 * tables


def test_what_was_not_measured_says_why(make_bench, make_series):
    made = make_bench(
        make_series((Absent("failed", "The loss became NaN."),), model="diverged"),
        make_series(spec_id="eva8_s4", model="elsewhere"),
        make_series(model="generated", stand_in=True),
        missing=(Missing("s4", "stopped", 1, "It was stopped."),),
    )
    names = ("diverged", "elsewhere", "generated", "stopped")
    lines = beside(published(*[figure(model=name) for name in names]), made)
    reasons = [line.gap.reason for line in lines if isinstance(line.gap, Absent)]
    assert reasons[0] == "diverged has no accuracy: all epochs were trained"
    assert reasons[1] == "the result has no model that is called elsewhere."
    assert "stand-in data" in reasons[2]
    assert reasons[3] == "stopped: It was stopped."
    page = published_page(published(*[figure(model=name) for name in names]), made, lines)
    assert "Nothing of it was measured" in page.lines[-1]
    assert page.grids[0].notes == tuple(f"Not compared: {reason}" for reason in reasons)
    assert {row[-1] for row in page.grids[0].rows} == {"not compared"}
    assert page.grids[0].rows[1][1:5] == ("0", "–", "–", "–")
    assert page.grids[0].rows[2][1:3] == ("3", "99.00 ± 0.10 %")
    assert page.grids[1].rows[1][1:4] == ("–", "14.6k", "–")


def test_the_page_has_its_source_its_remarks_and_other_counts(make_bench, make_series):
    theirs = published(
        figure(97.0, parameters=14_000, at_epoch=9, remark="A <b>slip</b>, probably."),
        figure(99.0, model="fine", title="2 the skeleton"),
    )
    trained = make_series(model="fine")
    trained = replace(trained, trials=tuple(replace(one, train_accuracy=0.9951) for one in trained.trials))
    made = make_bench(make_series((0.9890, 0.99, 0.991, 0.9905, 0.9895)), trained)
    page = published_page(theirs, made, beside(theirs, made))
    text = markdown(page)
    assert page.lines[-1] == "2 of 2 figures were compared; 1 differ: 1 the setup."
    assert "Published: A course" in text
    assert page.grids[0].rows[0] == (
        "1 the setup", "5", "99.00 ± 0.08 %", "99.00 ± 0.08 %", "epoch 2", "97.00 %", "epoch 9", "+2.00 points", "+25.3",
        "< 0.001", "differs",
    )  # fmt: skip
    assert page.grids[0].rows[1][-2:] == ("1.000", "no evidence of a difference")
    assert page.grids[0].notes == ()
    assert page.grids[1].rows[0] == ("1 the setup", "14,642 (not 14,000)", "14.6k", "–", "99.40 %")
    assert page.grids[1].rows[1][3:] == ("99.51 ± 0.00 %", "99.40 %")
    assert "<b>" not in text
    assert "&lt;b&gt;slip" in html(page)

"""What is known of run-to-run noise, what was observed, and the interval that is shown."""

from __future__ import annotations

import math
import random
import statistics

import pytest

from grader.data.interface import variants
from grader.evaluation.noise import OBSERVED_FROM, TABLE, interval, spread_of, tabulated

SD = 0.0012


# --- the table ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("known_noise")
@pytest.mark.parametrize(
    ("task", "near", "sd", "source"),
    [
        ("mnist", 0.95, 0.0057, "measured"),  # below what was measured: the nearest figure
        ("mnist", 0.983, 0.0046, "measured"),
        ("mnist", 0.99, 0.0016, "measured"),
        ("mnist", 0.992, 0.0011, "measured"),
        ("mnist", 0.994, 0.0006, "measured"),
        ("mnist", 0.999, 0.0006, "measured"),
        ("cifar10", 0.70, 0.0027, "derived"),
        ("cifar10", 0.85, 0.0027, "derived"),
        ("cifar10", 0.88, 0.0023, "derived"),
        ("cifar10", 0.9, 0.0020333, "published"),
        ("cifar10", 0.94, 0.0015, "published"),
        ("cifar10", 0.95, 0.0015, "published"),
    ],
)
def test_the_figure_depends_on_how_good_a_model_is(task, near, sd, source):
    found = tabulated(task, near, 0.5)
    assert math.isclose(found.sd, sd, abs_tol=1e-6)
    assert found.source == source
    assert source in found.sentence


@pytest.mark.usefixtures("known_noise")
def test_the_sentence_says_what_is_known():
    assert tabulated("mnist", 0.994, 0.5).sentence == "MNIST at 99.4 %: about 0.06 points (measured)"
    between = tabulated("cifar10", 0.9, 0.5).sentence
    assert between.startswith("0.20 points at 90 %, between CIFAR-10 at 85 %")
    assert "(derived)" in between
    assert "(published)" in between


@pytest.mark.parametrize("name", ["MNIST", "MNIST, unofficial copy", "mnist"])
def test_a_data_set_is_known_by_the_name_that_reports_show(name):
    assert tabulated(name, 0.994, 0.5) == tabulated("mnist", 0.994, 0.5)
    assert tabulated("CIFAR-10", 0.94, 0.5).sd == 0.0015


@pytest.mark.parametrize("name", ["", "generated stand-in digits", "Iris", "mnist_sum"])
def test_without_an_entry_the_data_sets_own_figure_counts_and_says_so(name):
    found = tabulated(name, 0.9, 0.0025)
    assert (found.sd, found.source) == (0.0025, "data set")
    assert "0.25 points" in found.sentence


def test_the_table_rises_in_accuracy_and_falls_in_noise():
    for known in TABLE.values():
        assert [one.near for one in known] == sorted({one.near for one in known})
        assert [one.sd for one in known] == sorted((one.sd for one in known), reverse=True)
        assert all(0 < one.sd < 0.01 for one in known)


def test_every_entry_is_a_task_and_no_data_set_contradicts_the_table():
    for task, module in variants().items():
        if task in TABLE:
            known = [one.sd for one in TABLE[task]]
            assert min(known) <= module.TABULATED_SD <= max(known)


# --- the spread ---------------------------------------------------------------------------------------------


def test_one_seed_is_judged_with_the_tables_spread():
    assert spread_of((0.97,), SD) == (SD, "tabulated for this task")


def test_the_larger_of_the_tables_and_the_observed_spread_counts():
    sd, source = spread_of((0.90, 0.96), SD)
    assert math.isclose(sd, statistics.stdev((0.90, 0.96)))
    assert source == "observed over 2 seeds"
    assert spread_of((0.9600, 0.9601, 0.9602), SD) == (SD, "tabulated for this task")
    assert spread_of((0.9600, 0.9601, 0.9602, 0.96, 0.96), SD) == (SD, "tabulated for this task")


# --- the interval -------------------------------------------------------------------------------------------


def test_few_seeds_are_shown_with_the_known_noise():
    found = interval((0.96,), SD)
    assert math.isclose(found.low, 0.96 - 1.96 * SD)
    assert math.isclose(found.high, 0.96 + 1.96 * SD)
    assert found.sentence == (
        "95 % interval of the mean: 95.76 to 96.24 % (normal, 1 seed, with an sd of 0.12 points, "
        "the known one)."
    )
    wider = interval((0.95, 0.97), SD)
    assert math.isclose(wider.high - wider.low, 2 * 1.96 * statistics.stdev((0.95, 0.97)) / math.sqrt(2))
    assert "the larger of the known and the observed one" in wider.sentence


def test_five_seeds_are_shown_with_their_own_noise():
    values = (0.9600, 0.9601, 0.9602, 0.9601, 0.9601)
    found = interval(values, SD)
    assert math.isclose(found.high - 0.9601, 2.776 * statistics.stdev(values) / math.sqrt(5))
    assert "Student's t over 5 seeds with their observed sd of 0.01 points" in found.sentence


def test_an_interval_ends_at_nothing_and_at_all():
    assert interval((0.0, 0.9), SD).low == 0.0
    assert interval((0.9999,), SD).high == 1.0


def test_more_seeds_than_the_t_table_has_are_no_error():
    values = tuple(0.96 + 0.0001 * (i % 3) for i in range(25))
    assert math.isclose(
        interval(values, SD).high - statistics.fmean(values), 1.96 * statistics.stdev(values) / 5
    )


@pytest.mark.parametrize("n", [1, 2, 4, OBSERVED_FROM, 20])
@pytest.mark.parametrize("factor", [0.5, 1.0])
def test_the_interval_covers_the_true_mean(n, factor):
    """95 of 100 intervals or more, unless the task is noisier than its table and few seeds were run."""
    rng = random.Random(f"{n} {factor}")
    samples = [tuple(rng.gauss(0.9, factor * SD) for _ in range(n)) for _ in range(2_000)]
    found = [interval(values, SD) for values in samples]
    assert sum(one.low <= 0.9 <= one.high for one in found) / len(found) > 0.935

"""Small-sample statistics: against published tables, and against what they promise."""

from __future__ import annotations

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.bench.stats import Difference, holm, median_of, spread, t_quantile, two_sided_p, welch

TABLE = {1: 12.706, 2: 4.303, 4: 2.776, 8: 2.306, 19: 2.093, 38: 2.024, 100: 1.984}
"""NIST/SEMATECH e-Handbook, 1.3.6.7.2: Student's t, 95 % on both sides."""


@pytest.mark.parametrize("df", sorted(TABLE))
def test_quantiles_are_those_of_the_published_table(df):
    assert t_quantile(df) == pytest.approx(TABLE[df], abs=6e-4)


def test_p_values_where_they_have_a_closed_form():
    for t in (0.1, 1.0, 3.0, 12.706):
        assert two_sided_p(t, 1) == pytest.approx(1 - 2 * math.atan(t) / math.pi, abs=1e-12)
        assert two_sided_p(t, 2) == pytest.approx(1 - t / math.sqrt(2 + t * t), abs=1e-12)
        assert two_sided_p(t, 1e7) == pytest.approx(2 * (1 - statistics.NormalDist().cdf(t)), abs=1e-6)


@given(st.floats(-60, 60), st.floats(1, 1e4))
def test_p_is_a_probability_and_even_in_t(t, df):
    p = two_sided_p(t, df)
    assert 0.0 <= p <= 1.0
    assert p == two_sided_p(-t, df)
    assert two_sided_p(1.1 * t, df) <= p + 1e-12


def test_welch_against_a_published_example():
    """Unequal variances, worked out by hand: variances 1 and 10, means 2 and 6."""
    found = welch((1, 2, 3), (2, 4, 6, 8, 10))
    error = math.sqrt(1 / 3 + 10 / 5)
    df = error**4 / ((1 / 3) ** 2 / 2 + 2.0**2 / 4)
    assert found.mean == 4
    assert found.p == pytest.approx(two_sided_p(4 / error, df))
    assert (found.low, found.high) == pytest.approx((4 - t_quantile(df) * error, 4 + t_quantile(df) * error))


def test_samples_without_noise_are_equal_or_differ_for_certain():
    assert welch((1.0, 1.0), (1.0, 1.0)).p == 1.0
    assert welch((1.0, 1.0), (1.5, 1.5)).p == 0.0
    assert welch((0.0, 0.0), (0.0, 0.0)).p == 1.0
    assert welch((0.0, 0.0), (0.0, 1e-308)) == Difference(0.0, 0.0, 0.0, 1.0)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=9), st.lists(st.floats(0, 1), min_size=2, max_size=9))
def test_the_interval_excludes_zero_where_p_is_below_five_percent(first, second):
    found = welch(first, second)
    if abs(found.p - 0.05) > 1e-6:
        assert (found.p < 0.05) == (not found.low <= 0 <= found.high)


def test_the_interval_of_a_mean_holds_it_as_often_as_it_says():
    random_ = random.Random(4)
    held = 0
    for _ in range(1000):
        found = spread([random_.gauss(0.99, 0.002) for _ in range(4)])
        held += found.low <= 0.99 <= found.high
    assert 0.929 <= held / 1000 <= 0.971  # 95 %, within three standard errors of 0.7 %


def test_one_value_has_no_spread():
    assert not spread([0.5]).is_known
    assert spread([0.5]).mean == 0.5


def test_the_median_takes_what_was_never_reached_for_endless():
    assert median_of([3, 1, 2]) == 2
    assert median_of([4, 2]) == 3
    assert median_of([1, 2, math.inf]) == 2
    assert math.isinf(median_of([1, math.inf]))
    assert math.isinf(median_of([math.inf, math.inf]))


def test_holm_against_a_worked_example():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([]) == ()
    assert holm([0.2]) == (0.2,)


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_makes_no_p_smaller_and_keeps_their_order(ps):
    adjusted = holm(ps)
    assert all(new >= old and new <= 1 for new, old in zip(adjusted, ps, strict=True))
    order = sorted(range(len(ps)), key=ps.__getitem__)
    assert [adjusted[i] for i in order] == sorted(adjusted)

"""The chance of passing: the verdict's own rule over studies that are drawn."""

from __future__ import annotations

import math
import random
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.evaluation.forecast import STUDIES, Subject, odds
from grader.evaluation.verdict import another_trial_helps, decide
from grader.records import Odds

LINE, SD = 0.95, 0.0057
ERROR = 4 * math.sqrt(0.25 / STUDIES) + 4 * math.sqrt(0.25 / 1_000)  # 4 standard errors of both simulations


def one(*values: float, line: float = LINE, sd: float = SD, least: int = 1, most: int = 5) -> Odds:
    (found,) = odds([Subject(values, line, sd)], at_least=least, at_most=most)
    return found


@pytest.mark.parametrize("values", [(0.956,), (0.94, 0.951, 0.97)])
def test_it_is_what_the_graders_own_rule_comes_to_over_drawn_seeds(values: tuple[float, ...]) -> None:
    """Simulated once more, without anything of the forecast: the true mean, then seed by seed as a study goes on."""
    draw, sd = random.Random(7), max(SD, statistics.stdev(values) if len(values) > 1 else 0.0)
    ends = {"passed": 0, "borderline": 0, "failed": 0}
    for _ in range(1_000):
        mean = draw.gauss(statistics.fmean(values), sd / math.sqrt(len(values)))
        seen: tuple[float, ...] = ()
        while len(seen) < 5 and another_trial_helps(seen, LINE, SD):
            seen += (min(1.0, max(0.0, draw.gauss(mean, sd))),)
        ends[decide(seen, LINE, SD).outcome] += 1
    found = one(*values)
    for name, count in ends.items():
        assert getattr(found, name) == pytest.approx(count / 1_000, abs=ERROR)


@settings(max_examples=4)
@given(st.floats(0.93, 0.97), st.floats(0, 0.01), st.sampled_from([0.0016, 0.0057]))
def test_a_better_accuracy_has_never_a_smaller_chance(value: float, more: float, sd: float) -> None:
    low, high = one(value, sd=sd), one(value + more, sd=sd)
    assert high.passed >= low.passed
    assert high.failed <= low.failed


@pytest.mark.parametrize("value", [0.93, 0.95, 0.956, 1.0])
def test_the_shares_are_a_whole(value: float) -> None:
    found = one(value)
    assert found.passed + found.borderline + found.failed == pytest.approx(1)
    assert found == one(value)


def test_on_the_line_nobody_knows_and_both_ways_are_as_likely() -> None:
    found = one(LINE)
    assert found.passed == pytest.approx(found.failed, abs=0.02)
    assert found.borderline > 0.2


def test_far_from_the_line_it_is_as_good_as_certain() -> None:
    assert one(0.985).passed > 0.999
    assert one(0.90).failed > 0.999


def test_several_seeds_say_more_than_one() -> None:
    assert one(0.956, 0.9561, 0.956, 0.9559, 0.956).passed > one(0.956).passed + 0.05


def test_an_assignment_that_allows_one_trial_sends_what_is_near_to_a_person() -> None:
    assert one(0.96, most=1).borderline > 0.99
    assert one(0.96, most=5).passed > 0.8


def test_with_two_lines_seeds_are_added_until_both_are_decided() -> None:
    """A second, close line keeps the study going: the first one is then decided by more seeds."""
    first, second = Subject((0.956,), LINE, SD), Subject((0.956,), 0.956, SD)
    both = odds([first, second], at_least=1, at_most=5)
    five = odds([first], at_least=5, at_most=5)
    assert both != odds([first], at_least=1, at_most=5) + odds([second], at_least=1, at_most=5)
    assert both[1].borderline < 0.6
    assert abs(both[0].passed - five[0].passed) < 0.1


def test_a_diverged_seed_makes_the_forecast_wide() -> None:
    found = one(0.97, 0.10)
    assert found.passed < 0.5
    assert found.failed > 0.05

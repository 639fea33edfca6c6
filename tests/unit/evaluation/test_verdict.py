"""The sequential test on the mean over the seeds: its borders, its error rate and its cost."""

from __future__ import annotations

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.evaluation.verdict import BOUND, another_trial_helps, decide, spread_of

LINE = 0.95
SD = 0.0012
STUDIES = 4_000

accuracies = st.lists(st.floats(0, 1), min_size=1, max_size=5).map(tuple)


def study(mean: float, rng: random.Random, true_sd: float = SD, at_most: int = 5) -> tuple[str, int]:
    """One submission, graded as the grader does it: trials until the verdict is in, `at_most` of them."""
    values: tuple[float, ...] = ()
    while len(values) < at_most and another_trial_helps(values, LINE, SD):
        values = (*values, rng.gauss(mean, true_sd))
    return decide(values, LINE, spread_of(values, SD)[0]).outcome, len(values)


def shares(distance: float, true_sd: float = SD, at_most: int = 5) -> tuple[dict[str, float], float]:
    """Each verdict's share over many studies, and the mean number of seeds; `distance` in true sd."""
    rng = random.Random(f"{distance} {true_sd} {at_most}")
    found = [study(LINE + distance * true_sd, rng, true_sd, at_most) for _ in range(STUDIES)]
    counted = {
        name: sum(outcome == name for outcome, _ in found) / STUDIES
        for name in ("passed", "failed", "borderline")
    }
    return counted, statistics.fmean(n for _, n in found)


def test_the_bound_is_walds_for_two_percent_errors():
    assert math.isclose(BOUND, math.log(0.98 / 0.02) / 1.5)
    assert round(BOUND, 2) == 2.59


@pytest.mark.parametrize("at_most", [1, 2, 3, 5])
@pytest.mark.parametrize(("distance", "wrong"), [(1.0, "failed"), (-1.0, "passed")])
def test_wrong_verdicts_one_sd_from_the_line_stay_under_three_percent(distance, wrong, at_most):
    assert shares(distance, at_most=at_most)[0][wrong] < 0.03


@pytest.mark.parametrize(("distance", "wrong"), [(0.75, "failed"), (-0.75, "passed")])
def test_wrong_verdicts_at_the_edge_of_indifference_stay_near_their_rate(distance, wrong):
    assert shares(distance)[0][wrong] < 0.03


def test_most_submissions_at_the_line_go_to_a_person():
    counted, seeds = shares(0.0)
    assert counted["borderline"] > 0.6
    assert abs(counted["passed"] - counted["failed"]) < 0.04
    assert seeds > 4


@pytest.mark.parametrize(("distance", "right"), [(3.0, "passed"), (-3.0, "failed")])
def test_clear_submissions_get_the_right_verdict_from_two_seeds(distance, right):
    counted, seeds = shares(distance)
    assert counted[right] > 0.995
    assert seeds < 2.3


@pytest.mark.parametrize(("distance", "right"), [(10.0, "passed"), (-10.0, "failed")])
def test_very_clear_submissions_cost_one_seed(distance, right):
    counted, seeds = shares(distance)
    assert counted[right] == 1
    assert seeds < 1.01


@pytest.mark.parametrize(("distance", "wrong"), [(1.0, "failed"), (-1.0, "passed")])
def test_a_submission_noisier_than_the_table_is_still_judged_right(distance, wrong):
    """The observed spread takes over from the second trial on."""
    assert shares(distance, true_sd=3 * SD)[0][wrong] < 0.06


# --- borders ------------------------------------------------------------------------------------------------


def test_a_mean_on_the_line_is_borderline():
    decision = decide((LINE, LINE, LINE), LINE, SD)
    assert decision.outcome == "borderline"
    assert "over 3 seeds is 0.0 sd from the line of 95 %" in decision.sentence
    assert "a person decides" in decision.sentence


@pytest.mark.parametrize(
    ("z", "outcome"), [(2.60, "passed"), (2.58, "borderline"), (-2.58, "borderline"), (-2.60, "failed")]
)
@pytest.mark.parametrize("n", [2, 5])
def test_the_verdict_changes_at_the_bound(z, outcome, n):
    values = tuple(LINE + z * SD / n for _ in range(n))
    assert decide(values, LINE, SD).outcome == outcome
    assert another_trial_helps(values, LINE, SD) == (outcome == "borderline")


@pytest.mark.parametrize(("distance", "helps"), [(5.9, True), (6.1, False), (-5.9, True), (-6.1, False)])
def test_a_first_trial_within_six_sd_is_repeated(distance, helps):
    assert another_trial_helps((LINE + distance * SD,), LINE, SD) is helps


def test_without_a_trial_one_is_needed():
    assert another_trial_helps((), LINE, SD)


def test_the_sentence_gives_distance_line_and_seeds():
    assert decide((0.956, 0.956), LINE, SD).sentence == (
        "The mean over 2 seeds is 5.0 sd above the line of 95 % (sd 0.12 points)."
    )
    assert decide((0.938,), LINE, SD).sentence == (
        "The mean over 1 seed is 10.0 sd below the line of 95 % (sd 0.12 points)."
    )


# --- the spread ---------------------------------------------------------------------------------------------


def test_one_seed_is_judged_with_the_tables_spread():
    assert spread_of((0.97,), SD) == (SD, "tabulated for this task")


def test_the_larger_of_the_tables_and_the_observed_spread_counts():
    sd, source = spread_of((0.90, 0.96), SD)
    assert math.isclose(sd, statistics.stdev((0.90, 0.96)))
    assert source == "observed over 2 seeds"
    assert spread_of((0.9600, 0.9601, 0.9602), SD) == (SD, "tabulated for this task")


def test_a_diverged_trial_is_a_trial():
    """One seed in five that learns nothing is not an outlier to be thrown away."""
    values = (0.97, 0.971, 0.098, 0.97, 0.969)
    assert decide(values, LINE, spread_of(values, SD)[0]).outcome == "borderline"


@given(accuracies, st.floats(0.5, 1), st.floats(0.0005, 0.01))
def test_more_accuracy_never_makes_a_verdict_worse(values, target, sd):
    order = ("failed", "borderline", "passed")
    better = tuple(min(1.0, value + 0.01) for value in values)
    assert order.index(decide(better, target, sd).outcome) >= order.index(decide(values, target, sd).outcome)


@given(accuracies, st.floats(0.5, 1), st.floats(0.0005, 0.01))
def test_a_verdict_is_on_its_side_of_the_line(values, target, sd):
    outcome = decide(values, target, sd).outcome
    mean = statistics.fmean(values)
    assert outcome != "passed" or mean > target
    assert outcome != "failed" or mean < target


@given(accuracies, st.floats(0.5, 1), st.floats(0.0005, 0.01))
def test_no_study_ends_while_its_verdict_is_open(values, target, sd):
    decision = decide(values, target, spread_of(values, sd)[0])
    if not another_trial_helps(values, target, sd):
        assert decision.outcome != "borderline"

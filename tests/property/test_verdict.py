"""What must hold for any results: a verdict is stable, fair to better results, and blind to order and scale."""

from __future__ import annotations

import math
import statistics

from hypothesis import assume, given
from hypothesis import strategies as st

from grader.evaluation.noise import spread_of
from grader.evaluation.verdict import BOUND, REPEAT_WITHIN_SD, another_trial_helps, decide, weight

ORDER = ("failed", "borderline", "passed")
LINE = 0.9

# Results near the line, clear ones, and runs that learned nothing; in 1/10,000 as a test set gives them.
results = st.one_of(st.integers(8_900, 9_100), st.integers(0, 10_000), st.integers(950, 1_050)).map(
    lambda correct: correct / 10_000
)
studies = st.lists(results, min_size=1, max_size=5).map(tuple)
deviations = st.sampled_from([0.0006, 0.0016, 0.0027, 0.02])


def rank(values: tuple[float, ...], line: float, sd: float) -> int:
    return ORDER.index(decide(values, line, sd).outcome)


def clear_of_the_bounds(values: tuple[float, ...], line: float, sd: float) -> bool:
    """So far from where a verdict changes that rounding cannot matter."""
    z, lone = abs(weight(values, line, sd)), abs(values[0] - line) / sd
    return abs(z - BOUND) > 1e-6 and (len(values) > 1 or abs(lone - REPEAT_WITHIN_SD) > 1e-6)


@given(studies, deviations)
def test_a_study_ends_when_its_verdict_is_certain_and_only_then(values, sd):
    assert another_trial_helps(values, LINE, sd) == (decide(values, LINE, sd).outcome == "borderline")


@given(st.lists(results, min_size=5, max_size=5).map(tuple), deviations)
def test_what_a_study_ends_with_is_what_it_says_when_it_stops(values, sd):
    """Once the verdict is in, no further seed is asked for: it cannot be flipped by another one."""
    seen = next((n for n in range(1, 6) if not another_trial_helps(values[:n], LINE, sd)), 5)
    final = decide(values[:seen], LINE, sd).outcome
    assert all(decide(values[:n], LINE, sd).outcome == "borderline" for n in range(1, seen))
    assert final != "borderline" or seen == 5


@given(studies, st.lists(results, min_size=1, max_size=3), deviations)
def test_more_results_on_the_same_side_never_flip_a_verdict(values, more, sd):
    before = decide(values, LINE, sd).outcome
    assume(before != "borderline")
    side = 1 if before == "passed" else -1
    added = tuple(LINE + side * abs(value - LINE) for value in more)
    opposite = "failed" if before == "passed" else "passed"
    assert decide((*values, *added), LINE, sd).outcome != opposite


@given(studies, st.floats(0, 0.2), deviations)
def test_a_result_no_closer_to_the_line_than_the_mean_takes_no_certainty_away(values, further, sd):
    before = decide(values, LINE, sd).outcome
    assume(before != "borderline")
    assume(clear_of_the_bounds(values, LINE, sd))
    side = 1 if before == "passed" else -1
    assert decide((*values, statistics.fmean(values) + side * further), LINE, sd).outcome == before


@given(studies.flatmap(lambda values: st.tuples(st.just(values), st.permutations(values))), deviations)
def test_the_order_of_the_seeds_does_not_matter(both, sd):
    values, shuffled = both
    assert decide(tuple(shuffled), LINE, sd) == decide(values, LINE, sd)


@given(studies, st.floats(-0.5, 0.5), deviations)
def test_moving_all_results_and_the_line_together_changes_nothing(values, by, sd):
    assume(clear_of_the_bounds(values, LINE, sd))
    moved = tuple(value + by for value in values)
    assert decide(moved, LINE + by, sd).outcome == decide(values, LINE, sd).outcome
    assert math.isclose(weight(moved, LINE + by, sd), weight(values, LINE, sd), rel_tol=1e-6, abs_tol=1e-6)


@given(studies, st.sampled_from([0.25, 0.5, 2.0, 4.0]), deviations)
def test_the_unit_of_accuracy_does_not_matter(values, factor, sd):
    scaled = tuple(factor * value for value in values)
    assert math.isclose(
        weight(scaled, factor * LINE, factor * sd), weight(values, LINE, sd), rel_tol=1e-9, abs_tol=1e-9
    )


@given(studies, st.integers(0, 4), st.floats(0, 1), deviations)
def test_no_result_does_harm_by_being_better(values, which, by, sd):
    which %= len(values)
    better = tuple(value + by * (i == which) for i, value in enumerate(values))
    assert weight(better, LINE, sd) >= weight(values, LINE, sd) - 1e-9
    if clear_of_the_bounds(values, LINE, sd):
        assert rank(better, LINE, sd) >= rank(values, LINE, sd)


@given(studies, st.floats(-0.4, 0.4), deviations)
def test_a_higher_line_is_never_easier(values, by, sd):
    assume(clear_of_the_bounds(values, LINE, sd))
    assert (rank(values, LINE + by, sd) <= rank(values, LINE, sd)) or by < 0


@given(studies, deviations)
def test_a_verdict_is_on_its_side_of_the_line(values, sd):
    outcome, mean = decide(values, LINE, sd).outcome, statistics.fmean(values)
    assert outcome != "passed" or mean > LINE
    assert outcome != "failed" or mean < LINE


@given(studies, deviations)
def test_the_evidence_is_never_weaker_than_with_the_plain_mean(values, sd):
    """What is capped is capped in favour of a verdict on the mean's own side."""
    plain = sum(value - LINE for value in values) / spread_of(values, sd)[0]
    assert abs(weight(values, LINE, sd)) >= abs(plain) - 1e-9

"""Comparisons: what is planted is found, what is not there is not reported more often than is said, and the gate."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from grader.bench.compare import changed_conditions, compare, regressions, undecided
from grader.bench.compare_page import compare_page
from grader.bench.render import html, markdown
from grader.records import Absent

SEEDS, SD, PAIRS = 10, 0.0016, 100


def drawn(source: random.Random, mean: float, sd: float = SD, seeds: int = SEEDS) -> list[float]:
    return [source.gauss(mean, sd) for _ in range(seeds)]


def with_error(values: list[float], mean: float, sd: float) -> list[float]:
    """The same values, moved and stretched so that they have just this mean and this sample deviation."""
    here = sum(values) / len(values)
    own = math.sqrt(sum((one - here) ** 2 for one in values) / (len(values) - 1))
    return [mean + (one - here) * sd / own for one in values]


def reported(found, quantity="accuracy"):
    return [getattr(row, quantity).verdict != "no evidence of a difference" for row in found.rows]


@pytest.mark.parametrize("seeds", [5, 10, 20])
def test_a_difference_of_three_standard_errors_is_found(make_bench, make_series, seeds):
    source = random.Random(seeds)
    error = SD * math.sqrt(2 / seeds)
    for planted, verdict in (
        (3 * error, "larger"),
        (-3 * error, "smaller"),
        (0.0, "no evidence of a difference"),
    ):
        first = with_error(drawn(source, 0, 1, seeds), 0.99, SD)
        second = with_error(drawn(source, 0, 1, seeds), 0.99 + planted, SD)
        found = compare(make_bench(make_series(first)), make_bench(make_series(second)))
        assert found.rows[0].accuracy.verdict == verdict


def test_of_a_hundred_pairs_without_a_difference_few_are_reported(make_bench, make_series):
    """5 % of them at most: 11 of 100 or more would come about once in 90 such tests; the draws are fixed."""
    source = random.Random(12)
    false = sum(
        any(
            reported(
                compare(
                    make_bench(make_series(drawn(source, 0.99))), make_bench(make_series(drawn(source, 0.99)))
                )
            )
        )
        for _ in range(PAIRS)
    )
    assert false <= 10


def test_several_models_do_not_make_false_alarms_more_frequent(make_bench, make_series):
    """Eight models: without Holm's correction a third of the comparisons would report something."""
    source = random.Random(3)
    false = uncorrected = 0
    for _ in range(PAIRS):
        first, second = (
            make_bench(*(make_series(drawn(source, 0.99), model=f"m{n}") for n in range(8))) for _ in range(2)
        )
        found = compare(first, second)
        false += any(reported(found))
        uncorrected += any(row.accuracy.difference.p < 0.05 for row in found.rows)
    assert false <= 10
    assert uncorrected > 20


def test_of_a_hundred_planted_differences_of_three_standard_errors_four_in_five_are_found(
    make_bench, make_series
):
    """The power of Welch's test at 3 standard errors with 10 seeds each: 0.81. Each draw has noise of its own."""
    source = random.Random(7)
    planted = 3 * SD * math.sqrt(2 / SEEDS)
    found = 0
    for _ in range(PAIRS):
        pair = (
            make_bench(make_series(drawn(source, 0.99))),
            make_bench(make_series(drawn(source, 0.99 + planted))),
        )
        found += compare(*pair).rows[0].accuracy.verdict == "larger"
    assert 70 <= found <= 92


def test_the_gate_fails_for_a_lower_accuracy_and_not_for_a_higher_one(make_bench, make_series):
    low, high = make_bench(make_series((0.97, 0.971, 0.972))), make_bench(make_series((0.99, 0.991, 0.992)))
    assert "lower by 2.00 points" in regressions(compare(high, low), worse=True)[0]
    assert not regressions(compare(low, high), worse=True)
    assert not regressions(compare(high, low), worse=False)


def test_the_gate_fails_only_for_more_than_was_allowed(make_bench, make_series):
    accuracies = (0.99, 0.991, 0.992)
    before = make_bench(make_series(accuracies, (30.0, 30.3, 29.7)))
    half_more = make_bench(make_series(accuracies, (45.0, 45.4, 44.6)))
    little_more = make_bench(make_series(accuracies, (31.5, 31.8, 31.2)))
    assert "50 % longer" in regressions(compare(before, half_more, slower_by=0.1), worse=False)[0]
    assert not regressions(compare(before, half_more, slower_by=0.6), worse=False)
    assert not regressions(compare(before, half_more), worse=True)
    found = compare(before, little_more, slower_by=0.1)
    assert not regressions(found, worse=True)
    assert found.rows[0].time.verdict == "larger"


def test_what_cannot_be_told_does_not_pass(make_bench, make_series):
    before = make_bench(make_series(), make_series(model="other"))
    one_seed = make_bench(make_series((0.99,)))
    said = undecided(compare(before, one_seed, slower_by=0.1), worse=True)
    assert any("other" in line and "does not have it" in line for line in said)
    assert any("Two seeds or more" in line for line in said)
    moved = make_bench(make_series(data_digest="sha256:other", data="a copy"))
    assert "The data differs" in undecided(compare(make_bench(), moved), worse=True)[0]
    edited = make_bench(make_series(plan_digest="sha256:other"))
    assert "something else now" in undecided(compare(make_bench(), edited), worse=True)[0]
    assert undecided(compare(make_bench(), make_bench()), worse=True) == ()
    stranger = compare(replace(make_bench(), series=()), make_bench())
    assert undecided(stranger, worse=True) == ("The results have no model in common.",)


def test_a_trial_without_accuracy_is_named(make_bench, make_series):
    lost = make_series((0.99, 0.991, Absent("failed", "The loss became NaN.")))
    row = compare(make_bench(), make_bench(lost)).rows[0]
    assert row.seeds == (3, 2)
    assert "1 of the second result's trials came to no accuracy" in row.notes[0]


def test_the_page_names_what_else_differs_and_no_text_becomes_markup(make_bench, make_series):
    first = make_bench(make_series(model="a|<b>*x*"), make_series(model="gone"))
    conditions = replace(first.conditions, versions=(("python", "3.11.7"), ("torch", "2.16.0")), threads=2)
    second = make_bench(make_series(model="a|<b>*x*", tree_digest="sha256:new"), conditions=conditions)
    assert changed_conditions(first, second) == ("threads: 1, then 2", "torch: 2.15.0, then 2.16.0")
    page = compare_page(first, second, compare(first, second))
    assert "torch: 2.15.0, then 2.16.0" in page.lines[2]
    text, shown = markdown(page), html(page)
    assert "the model's files differ" in text
    assert "Only in the first result: s4 gone." in text
    assert "<b>" not in text
    assert "<b>" not in shown
    assert "a&lt;b" not in text
    assert "no evidence of a difference" in text

"""The accuracy line: its borders, whose recipe it was, and what the integrity probes do to it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from grader.checks.interface import run
from grader.checks.test_accuracy import Rule, describe
from grader.evaluation.verdict import BOUND
from grader.records import Absent, Evidence, Measurement, Outcome, Probe

LINE = 0.95
SD = 0.0012
RULE = Rule(id="learns-fast", check="test_accuracy", at_least="95 %", points=125.0)


@pytest.fixture
def evidence(example_records) -> Evidence:
    return example_records["full_marks"].evidence


def measured(*values: float, sd: float = SD) -> Measurement:
    mean = sum(values) / len(values)
    return Measurement("test_accuracy", mean, "share", "test", 10_000, values, sd, "tabulated for this task")


def judged(evidence: Evidence, *values: float, source: str = "student", sd: float = SD) -> Outcome:
    recipe = replace(evidence.recipe, source=source)
    return run(RULE, replace(evidence, recipe=recipe, test_accuracy=measured(*values, sd=sd)))


def test_the_line_is_read_from_the_spec_as_a_share():
    assert RULE.at_least == 0.95
    assert RULE.requirement() == "The trained model reaches a test accuracy of 95 % or more."
    half = Rule(id="a", check="test_accuracy", at_least="99.4 %", points=1.0)
    assert half.requirement() == "The trained model reaches a test accuracy of 99.4 % or more."


@pytest.mark.parametrize("value", ["101 %", -0.1, "most", None, 250])
def test_a_line_outside_of_the_scale_is_refused(value):
    with pytest.raises(ValidationError):
        Rule(id="a", check="test_accuracy", at_least=value, points=1.0)


def test_a_mean_on_the_line_goes_to_a_person(evidence):
    outcome = judged(evidence, *[LINE] * 5)
    assert (outcome.status, outcome.points, outcome.open_points) == ("borderline", 0, 125)
    assert "a person decides" in outcome.finding.rationale


@pytest.mark.parametrize(
    ("z", "status", "points", "still_open"),
    [
        (BOUND + 0.01, "passed", 125, 0),
        (BOUND - 0.01, "borderline", 0, 125),
        (0.01 - BOUND, "borderline", 0, 125),
        (-BOUND - 0.01, "failed", 0, 0),
    ],
)
def test_the_verdict_over_five_seeds_at_its_borders(evidence, z, status, points, still_open):
    outcome = judged(evidence, *[LINE + z * SD / 5] * 5)
    assert (outcome.status, outcome.points, outcome.open_points) == (status, points, still_open)


def test_the_spread_that_was_measured_with_decides(evidence):
    values = (0.955, 0.953)
    assert judged(evidence, *values).status == "passed"
    assert judged(evidence, *values, sd=0.02).status == "borderline"


# --- whose recipe was it? -----------------------------------------------------------------------------------


def test_a_pass_under_the_default_recipe_is_a_pass(evidence):
    assert judged(evidence, 0.97, 0.97, source="default").status == "passed"


def test_a_miss_with_the_students_own_recipe_is_failed(evidence):
    outcome = judged(evidence, 0.9, 0.9)
    assert (outcome.status, outcome.open_points) == ("failed", 0)
    assert "curve" in outcome.finding.hint


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ((0.10, 0.11), "failed"),
        ((0.05, 0.02), "failed"),  # below chance is no better than chance
        ((0.1499, 0.1499), "failed"),  # chance is 10 %, and 5 points above it is the border
        ((0.1501, 0.1000), "review"),  # one seed that learns is enough
        ((0.90, 0.91), "review"),
    ],
)
def test_a_miss_under_the_default_recipe_is_failed_only_near_chance(evidence, values, status):
    outcome = judged(evidence, *values, source="default")
    assert (outcome.status, outcome.open_points) == (status, 125 if status == "review" else 0)
    assert "default recipe" in outcome.finding.hint


def test_chance_is_that_of_the_models_own_classes(evidence):
    two = replace(evidence, model=replace(evidence.model, output_shape=(2,)))
    assert judged(two, 0.54, 0.54, source="default").status == "failed"
    assert judged(two, 0.56, 0.56, source="default").status == "review"


# --- what else acts on it -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "weight", "status", "points", "still_open"),
    [
        ((0.97, 0.97), "note", "passed", 125, 0),
        ((0.97, 0.97), "flag", "review", 0, 125),
        ((0.97, 0.97), "void", "failed", 0, 0),
        ((LINE, LINE), "flag", "review", 0, 125),
        ((LINE, LINE), "void", "failed", 0, 0),
        ((0.90, 0.90), "flag", "failed", 0, 0),
    ],
)
def test_integrity_probes_act_on_a_measured_accuracy(evidence, values, weight, status, points, still_open):
    probes = (Probe("fresh process", weight, "It answered without its state."),)
    outcome = judged(replace(evidence, integrity=replace(evidence.integrity, probes=probes)), *values)
    assert (outcome.status, outcome.points, outcome.open_points) == (status, points, still_open)


@pytest.mark.parametrize(
    ("cause", "still_open"), [("failed", 0), ("errored", 125), ("skipped", 125), ("review", 125)]
)
def test_what_is_not_there_is_judged_by_its_cause(evidence, cause, still_open):
    absent = Absent(cause, "The model did not import.", "Look at line 3.")
    outcome = run(RULE, replace(evidence, test_accuracy=absent))
    assert (outcome.status, outcome.points, outcome.open_points) == (cause, 0, still_open)
    assert outcome.finding.rationale == "The model did not import."
    assert outcome.finding.hint == "Look at line 3."


def test_a_flag_on_the_parameters_alone_leaves_the_accuracy_be(evidence):
    probes = (Probe("buffers", "flag", "200,704 values are kept in buffers."),)
    outcome = judged(replace(evidence, integrity=replace(evidence.integrity, probes=probes)), 0.97, 0.97)
    assert (outcome.status, outcome.points) == ("passed", 125)


def test_a_number_comes_with_spread_seeds_and_split(evidence):
    assert describe(measured(0.9861)) == "98.61 % ± 0.12 (1 seed, 10,000 test images)"
    assert describe(measured(0.98, 0.99)) == "98.50 % ± 0.12 (2 seeds, 10,000 test images)"
    assert judged(evidence, 0.97, 0.97).finding.measured == "97.00 % ± 0.12 (2 seeds, 10,000 test images)"

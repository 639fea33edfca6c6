"""The accuracy on the training images: its own number, judged as the one on test images is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from grader.checks import test_accuracy as on_test_images
from grader.checks.interface import run
from grader.checks.training_accuracy import Rule
from grader.records import Absent, Evidence, Measurement, Outcome, Probe

SD = 0.0016
RULE = Rule(id="fits", check="training_accuracy", at_least="99 %", points=100.0)


@pytest.fixture
def evidence(example_records) -> Evidence:
    return example_records["full_marks"].evidence


def measured(*values: float) -> Measurement:
    mean = sum(values) / len(values)
    return Measurement("train_accuracy", mean, "share", "training", 33_600, values, SD, "tabulated")


def judged(evidence: Evidence, *values: float, source: str = "student") -> Outcome:
    recipe = replace(evidence.recipe, source=source)
    return run(RULE, replace(evidence, recipe=recipe, train_accuracy=measured(*values)))


def test_it_says_which_images_are_meant(evidence):
    found = judged(evidence, 0.9951, 0.9949)
    assert RULE.requirement() == "The trained model reaches a training accuracy of 99 % or more."
    assert (found.status, found.points) == ("passed", 100)
    assert found.finding.measured == "99.50 % ± 0.16 (2 seeds, 33,600 training images)"


@pytest.mark.parametrize("values", [(0.995, 0.9952), (0.97, 0.969), (0.99,), (0.9895, 0.9905, 0.99)])
def test_it_is_judged_as_a_test_accuracy_is(evidence, values):
    other = on_test_images.Rule(id="fits", check="test_accuracy", at_least="99 %", points=100.0)
    on_test = replace(measured(*values), name="test_accuracy", split="test")
    same = run(
        other, replace(evidence, test_accuracy=on_test, recipe=replace(evidence.recipe, source="student"))
    )
    found = judged(evidence, *values)
    assert (found.status, found.points) == (same.status, same.points)
    assert found.finding.rationale == same.finding.rationale


def test_a_low_test_accuracy_changes_nothing(evidence):
    found = run(
        RULE,
        replace(
            evidence,
            recipe=replace(evidence.recipe, source="student"),
            test_accuracy=replace(measured(0.3, 0.3), name="test_accuracy", split="test"),
            train_accuracy=measured(0.995, 0.995),
        ),
    )
    assert found.status == "passed"


def test_its_own_values_say_whether_the_recipe_may_be_to_blame(evidence):
    assert judged(evidence, 0.6, 0.6, source="mixed").status == "review"
    assert judged(evidence, 0.11, 0.12, source="mixed").status == "failed"


def test_each_seed_is_named_with_its_training_accuracy(evidence):
    (trial, *_) = evidence.trials
    known = replace(evidence, trials=(replace(trial, train_accuracy=measured(0.9951)),))
    notes = judged(known, 0.9951, 0.9952).notes
    assert any(f"Seeds: {trial.seed} (99.51 %)" in note for note in notes)


def test_nothing_measured_gives_its_reason(evidence):
    why = Absent("failed", "The model does not run.")
    found = run(RULE, replace(evidence, train_accuracy=why))
    assert (found.status, found.finding.rationale) == ("failed", "The model does not run.")


@pytest.mark.parametrize(("weight", "status"), [("flag", "review"), ("void", "failed"), ("note", "passed")])
def test_a_probe_on_the_accuracy_acts_on_it(evidence, weight, status):
    probe = Probe("scrambled state", weight, "Said so.")
    held = replace(evidence, integrity=replace(evidence.integrity, probes=(probe,)))
    assert judged(held, 0.995, 0.995).status == status


@pytest.mark.parametrize("more", [{"in_each_of_the_last": "3 epochs"}, {"at_least": "101 %"}, {"of": "test"}])
def test_a_rule_knows_nothing_else(more):
    with pytest.raises(ValidationError):
        Rule(**{"id": "a", "check": "training_accuracy", "at_least": "99 %", "points": 1.0, **more})

"""The number of outputs and the kind of head."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from grader.checks.interface import run
from grader.checks.output import Rule
from grader.records import Absent, PairForm


@pytest.fixture
def judged(built, example_records):
    def judge(shape, given, /, **asked):
        model = built.model_of(built.small(), output_shape=shape, head=given)
        rule = Rule(id="out", check="output", points=10.0, **asked)
        return run(rule, replace(example_records["partial"].evidence, model=model))

    return judge


@pytest.mark.parametrize(
    ("shape", "head", "asked", "status"),
    [
        ((10,), "logits", {"classes": 10}, "passed"),
        ((16,), "logits", {"classes": 10}, "failed"),
        ((9,), "logits", {"classes": 10}, "failed"),
        ((10, 1), "logits", {"classes": 10}, "failed"),
        ((), "logits", {"classes": 10}, "failed"),
        ((10,), "probabilities", {"head": "probabilities"}, "passed"),
        ((10,), "logits", {"head": "probabilities"}, "failed"),
        ((10,), "log_softmax", {"head": ["logits", "log_softmax"]}, "passed"),
        ((10,), "probabilities", {"head": ["logits", "log_softmax"], "classes": 10}, "failed"),
        ((16,), "logits", {"head": "logits", "classes": 10}, "failed"),
    ],
)
def test_classes_and_head(judged, shape, head, asked, status):
    outcome = judged(shape, head, **asked)
    assert (outcome.status, outcome.points) == (status, 10 * (status == "passed"))
    assert bool(outcome.finding.rationale) == bool(outcome.finding.hint) == (status == "failed")


def test_it_says_what_is_wrong(judged):
    assert (
        judged((16,), "logits", classes=10).finding.rationale
        == "The last layer has 16 outputs for 10 classes."
    )
    assert "shape (10, 1)" in judged((10, 1), "logits", classes=10).finding.rationale
    outcome = judged((10,), "probabilities", classes=10, head="logits")
    assert outcome.requirement == "The model gives 10 numbers for each input, as logits."
    assert outcome.finding.measured == "10 numbers, probabilities"


@pytest.mark.parametrize("asked", [{}, {"classes": 0}, {"head": "softmax"}, {"classes": "10"}])
def test_a_rule_asks_for_something_that_exists(asked):
    with pytest.raises(ValidationError):
        Rule(id="out", check="output", points=1.0, **asked)


FORM = PairForm(True, "one_hot", ((10,), (19,)), 0, 1, 19, "logits")
ONE_ROW = replace(FORM, outputs=((29,),), sum_output=0)


@pytest.fixture
def judged_pair(built, example_records):
    def judge(form, /, **asked):
        model = built.model_of(built.small(), pair=form, output_shape=(10,))
        rule = Rule(id="out", check="output", points=10.0, **asked)
        return run(rule, replace(example_records["partial"].evidence, model=model))

    return judge


@pytest.mark.parametrize(
    ("form", "asked", "status"),
    [
        (FORM, {"inputs": 2}, "passed"),
        (replace(FORM, digit=""), {"inputs": 2}, "failed"),
        (Absent("skipped", "One image."), {"inputs": 2}, "failed"),
        (Absent("skipped", "One image."), {"inputs": 1}, "passed"),
        (FORM, {"inputs": 1}, "failed"),
        (FORM, {"outputs": [10, [19, 5, 1]]}, "passed"),
        (replace(FORM, digit=""), {"outputs": [10, [19, 5, 1]]}, "passed"),
        (replace(FORM, outputs=((5,), (10,)), image_output=1, sum_output=0), {"outputs": [10, [19, 5]]}, "passed"),
        (replace(FORM, outputs=((10,), ()), sum_width=1), {"outputs": [10, [19, 5, 1]]}, "passed"),
        (ONE_ROW, {"outputs": [10, 19]}, "passed"),
        (replace(FORM, outputs=((10,),), sum_output=-1, sum_width=0), {"outputs": [10, 19]}, "failed"),
        (replace(FORM, outputs=((10,), (20,)), sum_output=-1, sum_width=0), {"outputs": [10, 19]}, "failed"),
        (FORM, {"outputs": [10, 10]}, "failed"),
        (Absent("skipped", "One image."), {"outputs": [10]}, "passed"),
        (Absent("skipped", "One image."), {"outputs": [10, 19]}, "failed"),
        (replace(FORM, digit=""), {"inputs": 2, "outputs": [10, 19]}, "failed"),
    ],
)  # fmt: skip
def test_two_inputs_and_two_outputs(judged_pair, form, asked, status):
    assert judged_pair(form, **asked).status == status


def test_what_is_missing_is_said(judged_pair):
    found = judged_pair(replace(FORM, digit="", outputs=((10,), (20,))), inputs=2, outputs=[10, [19, 5, 1]])
    assert found.requirement == (
        "The model takes an image and a digit and gives outputs of 10, and of 19, 5 or 1 numbers."
    )
    assert found.finding.measured == "takes an image alone, gives 10 and 20 numbers"
    assert found.finding.rationale == "forward takes an image alone. No output has 19, 5 or 1 numbers."


@pytest.mark.parametrize(
    "asked", [{"inputs": 3}, {"inputs": True}, {"outputs": []}, {"outputs": [0]}, {"outputs": ["10"]}]
)
def test_a_rule_that_no_model_can_meet_is_refused(asked):
    with pytest.raises(ValidationError):
        Rule(id="out", check="output", points=10.0, **asked)

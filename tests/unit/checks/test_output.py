"""The number of outputs and the kind of head."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from grader.checks.interface import run
from grader.checks.output import Rule


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

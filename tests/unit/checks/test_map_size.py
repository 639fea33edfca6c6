"""The size of the map before the global pooling, on both sides of the limit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.checks.interface import run
from grader.checks.map_size import Rule


@pytest.fixture
def judged(built, example_records):
    def judge(**changes):
        model = built.model_of(replace(built.small(), **changes), (1, 28, 28))
        rule = Rule(id="map", check="map_size", at_least=5, points=20.0)
        return run(rule, replace(example_records["partial"].evidence, model=model))

    return judge


@pytest.mark.parametrize(
    ("sides", "status"),
    [
        ((5, 5), "passed"),
        ((4, 5), "failed"),
        ((5, 4), "failed"),
        ((14, 14), "passed"),
        ((1, 1), "failed"),
        ((), "review"),
    ],
)
def test_the_limit_at_its_border(judged, sides, status):
    outcome = judged(map_before_pool=sides)
    assert (outcome.status, outcome.points) == (status, 20 * (status == "passed"))
    assert outcome.finding.measured == (f"{sides[0]} x {sides[1]} px" if sides else "no feature map")


def test_it_says_which_pooling(judged):
    assert judged().finding.rationale == "It is what global_average_pool8 pools."
    assert judged(global_pool=-1).finding.rationale.startswith("No global pooling feeds the head")
    assert judged(map_before_pool=(), unknown_operators=("aten.odd",)).finding.rationale.endswith(
        "measured: aten.odd."
    )

"""The receptive field check: both axes, both sides of each limit, and what cannot be told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from grader.checks.interface import run
from grader.checks.receptive_field import Rule
from grader.records import Absent, Axis, Outcome

GLOBAL, UNKNOWN, NONE = Axis("global"), Axis("unknown"), Axis("none")


def known(size: int) -> Axis:
    return Axis("known", size, 1.0)


@pytest.fixture
def judged(built, example_records):
    """Judges a small network whose receptive field is these axes."""

    def judge(axes, unknown=(), pool=True, **limit) -> Outcome:
        structure = replace(built.small(), receptive_field=tuple(axes), unknown_operators=unknown)
        structure = structure if pool else replace(structure, global_pool=-1)
        evidence = replace(example_records["partial"].evidence, model=built.model_of(structure, (1, 28, 28)))
        return run(Rule(id="sees", check="receptive_field", points=50.0, **limit), evidence)

    return judge


@pytest.mark.parametrize(
    ("limit", "sizes", "status"),
    [
        ({"over": 44}, (45, 45), "passed"),
        ({"over": 44}, (44, 44), "failed"),
        ({"over": 44}, (45, 44), "failed"),
        ({"over": 44}, (44, 45), "failed"),
        ({"at_least": 44}, (44, 44), "passed"),
        ({"at_least": 44}, (43, 44), "failed"),
        ({"at_least": 44}, (44, 43), "failed"),
        ({"exactly": 28}, (28, 28), "passed"),
        ({"exactly": 28}, (27, 28), "failed"),
        ({"exactly": 28}, (28, 29), "failed"),
    ],
)
def test_the_limits_at_their_border(judged, limit, sizes, status):
    outcome = judged(map(known, sizes), **limit)
    assert (outcome.status, outcome.points, outcome.open_points) == (status, 50 * (status == "passed"), 0)
    assert outcome.finding.measured == f"{sizes[0]} x {sizes[1]}"


@pytest.mark.parametrize(
    ("axes", "limit", "status"),
    [
        ((GLOBAL, GLOBAL), {"over": 44}, "passed"),
        ((GLOBAL, GLOBAL), {"at_least": 44}, "passed"),
        ((GLOBAL, GLOBAL), {"exactly": 44}, "failed"),
        ((GLOBAL, known(45)), {"over": 44}, "passed"),
        ((GLOBAL, known(44)), {"over": 44}, "failed"),
        ((UNKNOWN, known(45)), {"over": 44}, "review"),
        ((UNKNOWN, UNKNOWN), {"at_least": 1}, "review"),
        ((UNKNOWN, known(44)), {"over": 44}, "failed"),  # one axis is enough to fail
        ((NONE, NONE), {"over": 44}, "review"),
        ((), {"over": 44}, "review"),
    ],
)
def test_whole_images_and_what_cannot_be_told(judged, axes, limit, status):
    outcome = judged(axes, **limit)
    assert outcome.status == status
    assert outcome.open_points == (50 if status == "review" else 0)
    assert bool(outcome.notes) == (GLOBAL in axes)


def test_an_unknown_operator_is_named_and_nothing_is_guessed(judged):
    outcome = judged((UNKNOWN, UNKNOWN), unknown=("aten.grid_sampler_2d",), over=44)
    assert outcome.finding.measured == "unknown x unknown"
    assert outcome.finding.rationale == "This part of the model could not be measured: aten.grid_sampler_2d."


def test_the_finding_names_the_layer(judged):
    assert (
        judged((known(6),) * 2, over=5).finding.rationale
        == "At dropout7 (dropout), before the pooling global_average_pool8."
    )
    without = judged((known(6),) * 2, pool=False, over=5).finding.rationale
    assert without.startswith("No global pooling feeds the head; measured on the last map at")


def test_a_pooling_of_the_image_itself(built, example_records):
    net = built.Net((4, 8, 8))
    structure = net.structure(net.flatten(net.gap(net.image)))
    evidence = replace(example_records["partial"].evidence, model=built.model_of(structure))
    outcome = run(Rule(id="sees", check="receptive_field", points=1.0, over=1), evidence)
    assert (outcome.status, outcome.finding.measured) == ("failed", "1 x 1")
    assert outcome.finding.rationale == "At the image itself, before the pooling global_average_pool0."


def test_a_structure_that_is_not_there(built, example_records):
    evidence = example_records["partial"].evidence
    model = built.model_of(built.small())
    for cause in ("failed", "errored", "skipped", "review"):
        gone = replace(model, structure=Absent(cause, "Not recorded."))
        outcome = run(
            Rule(id="sees", check="receptive_field", points=1.0, over=1), replace(evidence, model=gone)
        )
        assert (outcome.status, outcome.finding.rationale) == (cause, "Not recorded.")


@pytest.mark.parametrize(
    "limits", [{}, {"over": 1, "at_least": 1}, {"over": 0}, {"over": 4.5}, {"exactly": "9"}]
)
def test_a_rule_has_exactly_one_whole_limit(limits):
    with pytest.raises(ValidationError):
        Rule(id="sees", check="receptive_field", points=1.0, **limits)

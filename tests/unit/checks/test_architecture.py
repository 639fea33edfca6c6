"""The architecture check: what it makes of a comparison, and channels per block."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from grader.checks.architecture import Rule
from grader.checks.interface import run
from grader.records import Outcome


def rule(**asked) -> Rule:
    return Rule.model_validate({"id": "built", "check": "architecture", "points": 100.0, **asked})


@pytest.fixture
def judged(built, example_records):
    def judge(structure, **asked) -> Outcome:
        evidence = replace(example_records["partial"].evidence, model=built.model_of(structure))
        return run(rule(**asked), evidence)

    return judge


def test_a_match_of_a_shipped_pattern(built, judged):
    outcome = judged(built.resnet(), pattern="resnet18")
    assert (outcome.status, outcome.points) == ("passed", 100)
    assert outcome.requirement == "The model is built as ResNet-18."
    assert outcome.finding.measured == "all 67 layers of the pattern"
    assert outcome.notes == ()


def test_a_mismatch_explains_itself_layer_by_layer(built, judged):
    outcome = judged(built.resnet((3, 4, 6, 3)), pattern="resnet18")
    assert (outcome.status, outcome.points, outcome.open_points) == ("failed", 0, 0)
    assert outcome.finding.measured == "17 layers agree, then convolution 3x3, 64 channels"
    assert outcome.finding.rationale == (
        "At convolution17: expected convolution 3x3, 128 channels, stride 2x2; found convolution 3x3, 64 channels."
    )
    assert outcome.notes[0] == "5 more before these agree, too."
    assert outcome.notes[-1] == "Agrees: relu16: relu"
    assert len(outcome.notes) == 13


SMALL = [
    "convolution",
    "batch norm",
    "relu",
    "max pool",
    "convolution",
    "batch norm",
    "relu",
    "global average pool",
]


def test_a_sequence_of_ones_own(built, judged):
    assert judged(built.small(), sequence=[*SMALL, "linear"]).status == "passed"
    assert judged(built.small(), sequence=SMALL).status == "failed"
    assert judged(built.small(), sequence=["anything"], without=["max pool"]).status == "failed"
    assert judged(built.small(pool=False), sequence=["anything"], without=["max pool"]).status == "passed"


def test_an_operator_that_nobody_knows_goes_to_a_person(built, judged):
    net = built.Net((3, 16, 16))
    x = net.conv(net.image, 8)
    x = net.relu(net.pointwise("other", x, name="aten.grid_sampler_2d"))
    structure = net.structure(x, unknown_operators=("aten.grid_sampler_2d",))
    outcome = judged(structure, sequence=["convolution", "relu"])
    assert (outcome.status, outcome.open_points) == ("review", 100)
    assert "could not be measured: aten.grid_sampler_2d. It stands at other1" in outcome.finding.rationale
    assert judged(structure, sequence=["linear", "relu"]).status == "failed"  # it parts before that operator
    known = replace(structure, unknown_operators=())
    assert judged(known, sequence=["convolution", "relu"]).status == "failed"


def test_a_pattern_that_cannot_be_decided_goes_to_a_person(built, judged):
    nothing = {"optional": "tanh"}
    for _ in range(4):
        nothing = {"repeat": {"times": 1000, "of": nothing}}
    outcome = judged(built.small(), sequence=["convolution", nothing, *SMALL[1:], "linear"])
    assert (outcome.status, outcome.open_points) == ("review", 100)
    assert "too ambiguous" in outcome.finding.rationale


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ([64, 128, 256, 512], "passed"),
        ([64, 128, 256], "failed"),
        ([64, 128, 256, 511], "failed"),
        ([64, 128, 256, 512, 512], "failed"),
        ([{"at_least": 64}, {"at_least": 128}, {"at_most": 256}, 512], "passed"),
        ([{"at_least": 65}, 128, 256, 512], "failed"),
        (["a", "a", 256, 512], "failed"),
    ],
)
def test_channels_per_block(built, judged, asked, status):
    outcome = judged(built.resnet(), channels_per_block=asked)
    assert outcome.status == status
    assert outcome.finding.measured == "blocks of 64 on 32x32, 128 on 16x16, 256 on 8x8, 512 on 4x4"


def test_channels_beside_a_pattern_and_beside_something_unknown(built, judged):
    both = {"pattern": "resnet18", "channels_per_block": [64, 128, 256, 512]}
    assert judged(built.resnet(), **both).status == "passed"
    assert judged(built.resnet(), **both | {"channels_per_block": [1]}).status == "failed"
    unknown = replace(built.resnet(), unknown_operators=("aten.odd",))
    assert judged(unknown, channels_per_block=[64, 128, 256, 512]).status == "review"


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"pattern": "resnet19"},
        {"pattern": "resnet18", "sequence": ["relu"]},
        {"pattern": "resnet18", "without": ["max pool"]},
        {"sequence": []},
        {"sequence": ["rely"]},
        {"channels_per_block": [0]},
    ],
)
def test_a_rule_asks_for_one_thing_that_exists(asked):
    with pytest.raises(ValidationError):
        rule(**asked)

"""Parts that a model uses or does without: one part each, with its evidence."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from grader.checks.interface import run
from grader.checks.uses import Rule
from grader.records import Outcome


@pytest.fixture
def judged(built, example_records):
    def judge(structure, *uses, points=60.0, forbidden=(), **changes) -> Outcome:
        rule = Rule.model_validate(
            {"id": "parts", "check": "uses", "points": points, "uses": list(uses), "not": list(forbidden)}
        )
        model = built.model_of(replace(structure, **changes), (1, 28, 28))
        return run(rule, replace(example_records["partial"].evidence, model=model))

    return judge


def test_each_entry_is_an_equal_part_with_its_evidence(built, judged):
    outcome = judged(built.small(), "batch norm", "dropout", "attention", forbidden=["max pool"])
    assert (outcome.status, outcome.points) == ("partial", 30)
    assert [(p.name, p.status, p.points, p.max_points) for p in outcome.parts] == [
        ("batch norm", "passed", 15, 15),
        ("dropout", "passed", 15, 15),
        ("attention", "failed", 0, 15),
        ("no max pool", "failed", 0, 15),
    ]
    assert (
        outcome.parts[0].finding.measured
        == "2: batch_norm1 (batch norm, 8 channels), batch_norm5 (batch norm, 16 channels)"
    )
    assert outcome.parts[2].finding.measured == "none"
    assert outcome.parts[3].finding.measured == "1: max_pool3 (max pool 2x2, stride 2x2)"
    assert outcome.requirement == "The model uses batch norm, dropout and attention and uses no max pool."


@pytest.mark.parametrize(
    ("entry", "status"),
    [
        ("batch norm", "passed"),
        ({"batch norm": {"at_least": 2}}, "passed"),
        ({"batch norm": {"at_least": 3}}, "failed"),
        ({"batch norm": {"exactly": 2}}, "passed"),
        ({"batch norm": {"exactly": 1}}, "failed"),
        ({"batch norm": {"exactly": 3}}, "failed"),
    ],
)
def test_counts(built, judged, entry, status):
    assert judged(built.small(), entry).status == status


@pytest.mark.parametrize(
    ("entry", "forbidden", "status"),
    [
        (("max pool",), (), "passed"),  # one is certain, whatever else there is
        (({"max pool": {"at_least": 2}},), (), "review"),
        (({"max pool": {"exactly": 1}},), (), "review"),
        ((), ("max pool",), "failed"),
        ((), ("dilated convolution",), "review"),
        (("dilated convolution",), (), "review"),
        (("attention",), (), "failed"),  # an operator on a map cannot be that
        ((), ("group norm",), "passed"),
    ],
)
def test_an_unknown_operator_goes_to_a_person_where_it_can_matter(built, judged, entry, forbidden, status):
    outcome = judged(built.small(), *entry, forbidden=forbidden, unknown_operators=("aten.odd",))
    assert outcome.status == status
    assert outcome.open_points == (60 if status == "review" else 0)
    said = "could not be measured: aten.odd" in outcome.parts[0].finding.rationale
    assert said == (status == "review")


def test_a_layer_that_never_ran_is_named_and_does_not_count(built, judged):
    outcome = judged(built.small(), "group norm", unused_layers=("never (GroupNorm)", "also (Linear)"))
    assert outcome.status == "failed"
    assert outcome.parts[0].finding.hint.endswith(
        "Layers that exist and never ran: never (GroupNorm), also (Linear)."
    )


def test_notes_of_a_part_stand_with_it(built, judged):
    net = built.Net((4, 8, 8))
    structure = net.structure(net.group_norm(net.conv(net.image, 4), 1))
    outcome = judged(structure, "layer norm", "group norm")
    assert [part.status for part in outcome.parts] == ["passed", "failed"]
    assert all("group norm with one group" in part.finding.rationale for part in outcome.parts)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"uses": [], "not": []},
        {"uses": ["convolutions"]},
        {"uses": [{"dropout": {}}]},
        {"uses": [{"dropout": {"at_least": 1}, "batch norm": {"at_least": 1}}]},
        {"uses": ["dropout", "dropout"]},
        {"uses": ["dropout"], "not": ["dropout"]},
        {"not": [{"dropout": {"at_least": 1}}]},
    ],
)
def test_a_rule_asks_for_something_once(asked):
    with pytest.raises(ValidationError):
        Rule.model_validate({"id": "parts", "check": "uses", "points": 1.0, **asked})

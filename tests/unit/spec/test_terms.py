"""Bonuses, multiplier, penalties and what is handed in, as a spec writes them."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from grader.errors import SpecError
from grader.spec.json_schema import json_schema
from grader.spec.load import evidence_plan_digest, parse_spec, spec_digest
from grader.spec.new import new_spec_text
from grader.spec.schema import Spec
from grader.spec.terms import HandedIn, Multiplier, Penalty

TEXT = new_spec_text("net", "net.yaml")


def spec(*pairs: tuple[str, str]) -> Spec:
    text = TEXT
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return parse_spec(text.encode(), "x.yaml")


def problem(*pairs: tuple[str, str]) -> str:
    with pytest.raises(SpecError) as caught:
        spec(*pairs)
    return "\n".join(caught.value.problems)


def test_they_say_what_the_file_says():
    found = spec()
    assert [(rule.id, rule.points) for rule in found.bonuses] == [("smaller", 10)]
    assert found.multiplier is not None
    assert (found.multiplier.id, found.multiplier.times, found.multiplier.where.check) == (
        "very-accurate",
        2,
        "test_accuracy",
    )
    assert [
        (one.id, one.kind, one.amount, one.proposed, one.condition is None) for one in found.penalties
    ] == [
        ("no-readable-log", "penalty", 10, False, False),
        ("misrepresented", "percentage", 1, True, False),
        ("messy-names", "penalty", 10, True, True),
    ]
    assert found.not_handed_in == -0.3
    assert found.handed_in is not None
    assert found.handed_in.models_repository is None


def test_what_was_read_can_be_written_and_read_again():
    found = spec(("# models_repository", "  models_repository"))
    data = found.model_dump(mode="json", exclude_none=True)
    assert data["not_handed_in"] == "-30 %"
    assert "points" not in data["multiplier"]["where"]
    assert Multiplier.model_validate(data["multiplier"]) == found.multiplier
    assert tuple(map(Penalty.model_validate, data["penalties"])) == found.penalties
    assert HandedIn.model_validate(data["handed_in"]) == found.handed_in


def test_every_check_that_is_judged_is_among_its_rules():
    assert [rule.check for rule in spec().rules] == [
        *("parameters", "test_accuracy", "readme", "parameters"),
        *("readme", "honest_claims", "test_accuracy"),
    ]


def test_points_of_bonuses_are_not_points_of_the_assignment():
    assert spec(("    points: 10\n", "    points: 77\n")).points == 100


def test_digests_know_what_is_judged_and_what_is_measured():
    plain = spec()
    for old, new in (("times: 2", "times: 3"), ("-30 %", "-20 %"), ("percent: 100 %", "percent: 90 %")):
        changed = spec((old, new))
        assert spec_digest(changed) != spec_digest(plain)
        assert evidence_plan_digest(changed) == evidence_plan_digest(plain)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("times: 2", "times: 1", "multiplier.times: must be more than 1, got 1."),
        ("{check: test_accuracy, at_least: 99.6 %}", "{id: a, check: readme, well_formatted: true}", "multiplier.where: a condition has no id of its own."),
        ("{check: test_accuracy, at_least: 99.6 %}", "{at_least: 1}", "multiplier.where.check: is missing. Write one of"),
        ("{check: test_accuracy, at_least: 99.6 %}", "[a]", "multiplier.where: "),
        ("{check: test_accuracy, at_least: 99.6 %}", "{check: test_accuracy}", "multiplier.where.at_least: is missing."),
        ("id: very-accurate", "id: small", 'multiplier.id: the id "small" is taken by checks[0]. Give each multiplier an id'),
        ("id: messy-names", "id: smaller", 'penalties[2].id: the id "smaller" is taken by bonuses[0]. Give each penalty an id'),
        ("percent: 100 %", "percent: 0 %", "penalties[1].percent: must be more than 0"),
        ("percent: 100 %", "percent: 100 %\n    taken_unless: {check: honest_claims}", "penalties[1]: give exactly one of taken_unless"),
        ("not_handed_in: -30 %", "not_handed_in: -130 %", 'not_handed_in: expected a percentage below zero, such as "-30 %"'),
        ("not_handed_in: -30 %", "not_handed_in: -0.3", "not_handed_in: expected a percentage below zero"),
        ("  repository: a", "  repo: a", "handed_in.repo: unknown key."),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(old, new, said):
    assert said in problem((old, new))


@pytest.mark.parametrize(
    ("way", "value", "fits"),
    [
        (("multiplier", "where", "points"), 5, False),
        (("multiplier", "where", "id"), "x", False),
        (("multiplier", "times"), 1, False),
        (("penalties", 1, "percent"), "50 %", True),
        (("penalties", 0, "taken_unless", "check"), "readmee", False),
        (("not_handed_in",), "30 %", False),
        (("not_handed_in",), "-25 %", True),
        (("bonuses", 0, "points"), 0, False),
        (("handed_in", "models_repository"), "the second one", True),
    ],
)
def test_an_editor_marks_what_the_loader_refuses(way, value, fits):
    data = YAML(typ="safe", pure=True).load(TEXT)
    target = data
    for step in way[:-1]:
        target = target[step]
    target[way[-1]] = value
    assert Draft202012Validator(json_schema()).is_valid(data) is fits
    if fits:
        assert parse_spec(json.dumps(data).encode(), "x.yaml")
    else:
        with pytest.raises(SpecError):
            parse_spec(json.dumps(data).encode(), "x.yaml")

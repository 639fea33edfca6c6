"""The guide for authors of specs says what the loader does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from grader.checks.interface import rule_types
from grader.errors import SpecError
from grader.spec.load import parse_spec, shipped_specs
from grader.spec.schema import Spec, Training

GUIDE = (Path(__file__).parents[3] / "docs" / "writing-a-spec.md").read_text(encoding="utf-8")
BLOCKS = [
    YAML(typ="safe", pure=True).load(block) for block in re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
]
S4 = shipped_specs()["s4"].read_text(encoding="utf-8")


def test_its_examples_are_valid():
    (training,) = [block["training"] for block in BLOCKS if isinstance(block, dict)]
    Training.model_validate(training)
    rules = [rule for block in BLOCKS if isinstance(block, list) for rule in block]
    for rule in rules:
        rule_types()[rule["check"]].model_validate(rule)
    assert {rule["check"] for rule in rules} == set(rule_types())


@pytest.mark.parametrize("name", sorted(Spec.model_fields))
def test_it_names_every_key_of_a_spec(name):
    assert re.search(rf"^\| .*`{name}`.* \|", GUIDE, re.MULTILINE)


def test_its_messages_are_those_of_the_loader():
    for old, new in (
        ("edition: 1", "editon: 1"),
        ("points: 250", "points: 240"),
        ("25000", "25k"),
        ("id: learns-fast", "id: small"),
    ):
        assert old in S4
        with pytest.raises(SpecError) as caught:
            parse_spec(S4.replace(old, new, 1).encode(), "my-spec.yaml")
        shown = [
            line.split(", points, ...")[0] for line in GUIDE.splitlines() if line.startswith("my-spec.yaml:")
        ]
        assert any(problem.startswith(line) for problem in caught.value.problems for line in shown), (
            caught.value.problems
        )

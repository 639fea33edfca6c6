"""The exported schema: fresh, described throughout, and of one mind with the loader."""

from __future__ import annotations

import copy
import json

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from grader.checks.interface import rule_types
from grader.errors import SpecError
from grader.spec.json_schema import json_schema, json_schema_text
from grader.spec.load import parse_spec, shipped_specs

S4 = shipped_specs()["s4"]
DATA = YAML(typ="safe", pure=True).load(S4.read_text(encoding="utf-8"))


def test_the_exported_file_is_fresh():
    """After a change of the schema: `grader spec schema > specs/spec.schema.json`."""
    assert S4.with_name("spec.schema.json").read_text(encoding="utf-8") == json_schema_text()


def test_it_is_a_schema_of_the_dialect_that_it_names():
    Draft202012Validator.check_schema(json_schema())
    assert json_schema()["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    assert json_schema()["title"]


def test_every_kind_of_check_is_in_it():
    found = {
        model["properties"]["check"]["const"]
        for model in json_schema()["$defs"].values()
        if "check" in model["properties"]
    }
    assert found == set(rule_types())


def test_every_key_is_described_and_none_is_left_open():
    for model in (json_schema(), *json_schema()["$defs"].values()):
        assert model["additionalProperties"] is False
        for name, key in model["properties"].items():
            assert key.get("description", "").endswith("."), f"{model['title']}.{name}"


def test_every_shipped_spec_fits_and_names_the_schema():
    for file in shipped_specs().values():
        text = file.read_text(encoding="utf-8")
        assert text.startswith("# yaml-language-server: $schema=spec.schema.json\n")
        Draft202012Validator(json_schema()).validate(YAML(typ="safe", pure=True).load(text))


@pytest.mark.parametrize(
    ("way", "value"),
    [
        (("edition",), "1"),
        (("edition",), 0),
        (("title",), 3.1),
        (("title",), None),
        (("colour",), "red"),
        (("task",), "imagenet"),
        (("training", "time_limit"), 10),
        (("training", "time_limit"), "10"),
        (("training", "epochs", "at_most"), "pupil"),
        (("training", "epochs", "exactly"), 0),
        (("training", "default", "batch_size"), 0),
        (("training", "default", "optimizer", "sgd", "momentum"), 1),
        (("checks",), []),
        (("checks", 0, "check"), "params"),
        (("checks", 0, "fewer_than"), "25k"),
        (("checks", 0, "fewer_than"), None),
        (("checks", 0, "id"), "Small"),
        (("checks", 0, "points"), 0),
        (("checks", 2, "shows"), ["logs"]),
    ],
)
def test_what_an_editor_marks_the_loader_refuses_too(way, value):
    data = copy.deepcopy(DATA)
    target = data
    for step in way[:-1]:
        target = target[step]
    target[way[-1]] = value
    assert not Draft202012Validator(json_schema()).is_valid(data)
    with pytest.raises(SpecError):
        parse_spec(json.dumps(data).encode(), "s.yaml")

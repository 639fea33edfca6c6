"""result.json: strict to read, safe to write, documented key by key."""

from __future__ import annotations

import dataclasses
import json
import math
import re
import typing
from dataclasses import replace
from pathlib import Path

import pytest

from grader import records
from grader.errors import StoreError
from grader.records import RunRecord
from grader.report.json import from_json, to_json

DOCS = Path(__file__).parents[3] / "docs" / "result-format.md"


@pytest.mark.parametrize("name", ["full_marks", "partial", "no_model", "review", "infrastructure", "minimal"])
def test_what_was_written_is_read_back(name: str, example_records: dict[str, RunRecord]) -> None:
    assert from_json(to_json(example_records[name])) == example_records[name]


def test_true_and_one_stay_apart(example_records: dict[str, RunRecord]) -> None:
    """Checks ask whether a detail of an operator is true; so a regrade must find it as it was recorded."""
    record = example_records["full_marks"]
    found = record.evidence.model
    assert isinstance(found, records.ModelFacts)
    assert isinstance(found.structure, records.Structure)
    details = (("depthwise", True), ("ceil", False), ("groups", 1), ("p", 1.0), ("mode", "true"))
    ran = replace(found.structure, operators=(replace(found.structure.operators[0], details=details),))
    arguments = (("bias", True), ("width", 1))
    model = replace(found, structure=ran, entrypoint=replace(found.entrypoint, arguments=arguments))
    again = from_json(to_json(replace(record, evidence=replace(record.evidence, model=model)))).evidence.model
    assert isinstance(again, records.ModelFacts)
    assert isinstance(again.structure, records.Structure)
    for given, kept in (
        (details, again.structure.operators[0].details),
        (arguments, again.entrypoint.arguments),
    ):
        assert [(name, type(value), value) for name, value in kept] == [
            (name, type(value), value) for name, value in given
        ]


def test_a_number_that_is_none_survives(example_records: dict[str, RunRecord]) -> None:
    text = to_json(example_records["diverged"])
    assert '"loss": "NaN"' in text
    curve = from_json(text).evidence.trials[1].curve
    assert curve[0].loss == 2.4
    assert math.isnan(curve[1].loss)
    assert curve[2].loss == math.inf


def test_hostile_text_becomes_ascii_and_is_read_back(example_records: dict[str, RunRecord]) -> None:
    text = to_json(example_records["hostile"])
    assert text.isascii()
    again = from_json(text)
    assert again.title == example_records["hostile"].title.replace("\ud800", "\\ud800")


def test_the_keys_stand_in_the_order_of_the_records(example_records: dict[str, RunRecord]) -> None:
    data = json.loads(to_json(example_records["full_marks"]))
    assert list(data) == [field.name for field in dataclasses.fields(RunRecord)]
    assert list(data["evidence"]) == [field.name for field in dataclasses.fields(records.Evidence)]


def changed(record: RunRecord, key: str, value: object) -> str:
    """The record's JSON with another value at a dotted key."""
    data = json.loads(to_json(record))
    *path, last = key.split(".")
    place = data
    for part in path:
        place = place[int(part)] if isinstance(place, list) else place[part]
    place[last] = value
    return json.dumps(data)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("grade.points", "125", r"grade\.points: Input should be a valid number"),
        ("grade.status", "fine", r"grade\.status: Input should be"),
        ("evidence.trials.0.seed", 1.5, r"evidence\.trials\.0\.seed: "),
        ("evidence.colour", "red", r"evidence\.colour: there is no such key"),
        ("outcomes.1.finding.extra", 1, r"outcomes\.1\.finding\.extra: there is no such key"),
        ("schema", "grader/result/2", r'schema: expected "grader/result/1", got "grader/result/2"'),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    key: str, value: object, message: str, example_records: dict[str, RunRecord]
) -> None:
    with pytest.raises(StoreError, match=message):
        from_json(changed(example_records["full_marks"], key, value))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"schema": "a", "schema": "b"}', '{"x": NaN}', "[" * 200_000, "1" * 6000],
)
def test_what_is_no_result_is_refused(text: str) -> None:
    with pytest.raises(StoreError, match=r"result\.json"):
        from_json(text)


def test_a_key_that_is_missing_is_refused_by_name(example_records: dict[str, RunRecord]) -> None:
    data = json.loads(to_json(example_records["full_marks"]))
    del data["provenance"]["device"]
    with pytest.raises(StoreError, match=r"provenance\.device: Field required"):
        from_json(json.dumps(data))


def test_a_class_may_be_called_nan(example_records: dict[str, RunRecord]) -> None:
    record = replace(example_records["full_marks"], title="NaN")
    assert from_json(to_json(record)).title == "NaN"


def stored_records() -> dict[str, type]:
    """Every record that can stand in result.json, by its name."""
    found: dict[str, type] = {}
    waiting: list[object] = [RunRecord]
    while waiting:
        one = waiting.pop()
        waiting.extend(typing.get_args(one))
        if isinstance(one, type) and dataclasses.is_dataclass(one) and one.__name__ not in found:
            found[one.__name__] = one
            waiting.extend(typing.get_type_hints(one).values())
    return found


def documented() -> dict[str, list[str]]:
    """Record → its keys, as the documentation's tables list them."""
    parts = re.split(r"^## `(\w+)`.*$", DOCS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {
        name: re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE)
        for name, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def test_every_key_is_documented_and_no_other() -> None:
    expected = {
        name: [field.name for field in dataclasses.fields(one)] for name, one in stored_records().items()
    }
    assert documented() == expected


def test_every_fixed_word_is_documented() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for name, one in stored_records().items():
        for key, hint in typing.get_type_hints(one).items():
            if typing.get_origin(hint) is typing.Literal:
                missing = [word for word in typing.get_args(hint) if f"`{word}`" not in text]
                assert not missing, f"{name}.{key}"


def test_the_schema_is_named_in_the_documentation() -> None:
    assert f"`{records.RESULT_SCHEMA}`" in DOCS.read_text(encoding="utf-8")

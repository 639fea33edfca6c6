"""Gradescope's results.json: its published shape, its total, and what is open."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from grader.records import RunRecord
from grader.report.gradescope import render

SCHEMAS = Path(__file__).parents[2] / "fixtures" / "schemas"


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    found = json.loads((SCHEMAS / "gradescope.json").read_text("utf-8"))
    Draft202012Validator.check_schema(found)
    return Draft202012Validator(found)


def test_every_record_has_the_published_shape(
    example_record: RunRecord, schema: Draft202012Validator
) -> None:
    assert not list(schema.iter_errors(json.loads(render(example_record))))


@pytest.mark.parametrize(
    "wrong",
    [
        {"tests": [{"name": "no score anywhere"}]},
        {"score": "75", "tests": []},
        {"score": 1, "tests": [{"status": "skipped"}]},
        {"score": 1, "tests": [{"max_score": 5}]},
        {"score": 1, "tests": [], "output_format": "markdown"},
    ],
)
def test_the_schema_refuses_what_gradescope_does_not_take(wrong, schema) -> None:
    assert list(schema.iter_errors(wrong))


def test_the_score_is_the_total_and_the_sum_of_the_tests(example_record: RunRecord) -> None:
    made = json.loads(render(example_record))
    assert made["score"] == pytest.approx(example_record.grade.points)
    assert sum(one.get("score", 0) for one in made["tests"]) == pytest.approx(made["score"], abs=0.001)


def test_what_is_open_is_neither_passed_nor_failed_and_says_so(example_records) -> None:
    made = json.loads(render(example_records["review"]))
    small, near, explained = made["tests"]
    assert small["status"] == "passed"
    assert "status" not in near
    assert "status" not in explained
    assert near["name"].startswith("Borderline, 125 more possible: ")
    assert (near["score"], near["max_score"]) == (0, 125)
    assert (explained["score"], explained["max_score"]) == (33.33, 50)
    assert made["output"].startswith("Not a grade: ")
    assert "up to 250 possible" in made["output"]


def test_what_was_not_judged_has_no_score(example_records) -> None:
    skipped = json.loads(render(example_records["self_check"]))["tests"][1]
    assert "score" not in skipped
    assert "max_score" not in skipped
    assert skipped["name"].startswith("Skipped: ")


def test_bonuses_and_penalties_are_tests_without_a_maximum(example_records) -> None:
    made = json.loads(render(example_records["adjusted"]))
    changes = {one["extra_data"]["id"]: one for one in made["tests"][3:]}
    assert {name: one["score"] for name, one in changes.items()} == {
        "under-8k": 50,
        "very-accurate": 0,
        "no-log": -30,
        "misrepresented": 0,
        "colab-link": -135,
    }
    assert {one["max_score"] for one in changes.values()} == {0}
    assert "Sum of the checks: 250" in made["output"]


def test_all_text_is_shown_as_text(example_records) -> None:
    made = json.loads(render(example_records["hostile"]))
    assert {made[key] for key in ("output_format", "test_output_format", "test_name_format")} == {"text"}
    assert not any("output_format" in one or "name_format" in one for one in made["tests"])

"""Classroom 50's result: its shape, and whole points that add up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from grader.records import RunRecord
from grader.report.classroom50 import Place, half_up, render, shares, written

SCHEMAS = Path(__file__).parents[2] / "fixtures" / "schemas"


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    found = json.loads((SCHEMAS / "classroom50.json").read_text("utf-8"))
    Draft202012Validator.check_schema(found)
    return Draft202012Validator(found)


def test_every_record_has_the_shape(example_record: RunRecord, schema: Draft202012Validator) -> None:
    assert not list(schema.iter_errors(json.loads(render(example_record))))


@pytest.mark.parametrize(
    ("key", "value"), [("score", 33.5), ("schema", "classroom50/result/v2"), ("tests", {})]
)
def test_the_schema_refuses_another_shape(key, value, schema, example_records) -> None:
    made = json.loads(render(example_records["full_marks"])) | {key: value}
    assert list(schema.iter_errors(made))


def test_points_are_whole_numbers_and_add_up(example_record: RunRecord) -> None:
    made = json.loads(render(example_record))
    numbers = [made["score"], made["max-score"]]
    numbers += [one[key] for one in made["tests"] for key in ("score", "max-score")]
    assert {type(number) for number in numbers} == {int}
    assert made["score"] == sum(one["score"] for one in made["tests"])
    assert made["score"] == half_up(example_record.grade.points)
    assert made["max-score"] == sum(one["max-score"] for one in made["tests"])


def test_the_exact_points_stand_beside_the_whole_ones(example_records) -> None:
    explained = json.loads(render(example_records["partial"]))["tests"][-1]
    assert (explained["score"], explained["points"], explained["passed"]) == (33, 33.33, False)


def test_what_is_not_final_is_said_first(example_records) -> None:
    first = json.loads(render(example_records["review"]))["tests"][0]
    assert (first["score"], first["max-score"], first["passed"]) == (0, 0, False)
    assert first["message"].startswith("Not a grade: ")
    assert json.loads(render(example_records["full_marks"]))["tests"][0]["id"] == "small"


def test_the_graded_moment_is_the_commits(example_records) -> None:
    made = json.loads(render(example_records["full_marks"]))
    assert made["datetime"] == "2026-11-02T18:04:11+00:00"
    assert made["graded_at"] == "2026-11-03T09:01:31+00:00"


def test_where_it_belongs_is_told_and_made_inert(example_records) -> None:
    place = Place(classroom="dl\n2026", assignment="week-4", owner="grace", submitted_by="\u202eada")
    made = json.loads(written(example_records["full_marks"], place))
    assert (made["classroom"], made["assignment"], made["owner"]) == ("dl 2026", "week-4", "grace")
    assert made["submitted_by"] == "\\u202eada"
    plain = json.loads(render(example_records["full_marks"]))
    assert (plain["assignment"], plain["owner"]) == ("s4", "ada")
    assert "submitted_by" not in plain


cents = st.integers(-5_000, 30_000).map(lambda n: n / 100)


@settings(max_examples=80)
@given(st.lists(cents, max_size=12))
def test_whole_shares_add_up_and_stay_near(points: list[float]) -> None:
    found = shares(points)
    assert sum(found) == half_up(round(sum(points), 2))
    assert all(abs(whole - exact) < 1 for whole, exact in zip(found, points, strict=True))


pairs = st.tuples(st.integers(0, 100), st.integers(0, 10_000)).map(
    lambda one: (one[0], min(one[0], one[1] / 100))
)


@settings(max_examples=80)
@given(st.lists(pairs, max_size=12))
def test_no_share_is_above_a_whole_maximum(listed: list[tuple[int, float]]) -> None:
    most = [whole for whole, _ in listed]
    found = shares([points for _, points in listed], most)
    assert all(0 <= one <= whole for one, whole in zip(found, most, strict=True))

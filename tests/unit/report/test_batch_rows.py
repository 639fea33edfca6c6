"""What the page of a batch keeps of a record."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from grader.records import Absent
from grader.report.batch_rows import GRADED, STATES, WITHOUT_A_RUN, row_of_run, row_without_run


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("full_marks", "passed"),
        ("partial", "below"),
        ("review", "person"),
        ("no_model", "ungradable"),
        ("infrastructure", "fault"),
    ],
)
def test_every_ending_has_its_state(kind, state, example_records):
    row = row_of_run(example_records[kind], "a/b/report.html")
    assert row.state == state
    assert row.address == "a/b/report.html"
    assert row.has_points == (state != "fault")


def test_a_whole_run(example_records):
    record = example_records["partial"]
    row = row_of_run(record, "")
    assert (row.points, row.max_points, row.pass_mark) == (record.grade.points, 250, 0.7)
    assert row.accuracy == record.evidence.test_accuracy.value
    assert row.parameters == record.evidence.model.parameters
    assert row.failed == tuple(one.id for one in record.outcomes if one.status in ("failed", "partial"))
    assert row.failed
    assert row.reason == ""  # the state says it all


def test_what_is_absent_has_its_reason(example_records):
    row = row_of_run(example_records["no_model"], "")
    assert isinstance(row.parameters, Absent)
    assert "nn.Module" in row.parameters.reason
    assert isinstance(row.accuracy, Absent)
    assert row.reason


def test_what_is_open_can_be_read(example_records):
    row = row_of_run(example_records["by_a_person"], "")
    spans = {one.id: one.span for one in row.open}
    assert spans["answers"] == "0 to 50 points"
    assert spans["misrepresented"] == "penalty of 100 %, yes or no"
    assert row_of_run(example_records["full_marks"], "").open == ()


def test_numbers_that_are_none_count_for_nothing(example_records):
    record = example_records["full_marks"]
    grade = replace(record.grade, points=math.nan, max_points=math.inf)
    model = replace(record.evidence.model, parameters=10**5000)
    row = row_of_run(replace(record, grade=grade, evidence=replace(record.evidence, model=model)), "")
    assert (row.points, row.max_points, row.has_points) == (0, 0, False)
    assert row.parameters == Absent("review", "The stored number cannot be right.")


def test_rows_without_a_run():
    assert row_without_run("ada", "missing", "Nothing was handed in.").state == "missing"
    assert row_without_run("ada", "grading", "").state == "waiting"  # a batch at work
    assert not row_without_run("ada", "stuck", "No answer.").has_points
    assert not GRADED.keys() & WITHOUT_A_RUN.keys()
    assert len({word.text for word in STATES.values()}) == len(STATES)


def test_a_name_is_short_and_drives_nothing(example_records):
    row = row_of_run(example_records["hostile"], "")
    long = row_without_run("x" * 1_000_000, "missing", "y\u202e\x1b[31m" * 1_000_000)
    assert len(row.name) <= 80
    assert (len(long.name), len(long.reason)) == (80, 240)
    for text in (row.name, row.reason, long.reason, *(one.id for one in row.marks)):
        assert not set(text) & set("\u202e\x1b\x00\n")

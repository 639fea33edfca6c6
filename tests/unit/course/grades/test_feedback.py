"""Feedback for a platform: what lost points, bounded and harmless."""

from __future__ import annotations

import unicodedata

from grader.course.grades.attempts import attempt_of
from grader.course.grades.feedback import LIMIT, feedback
from grader.course.grades.totals import Assignment, Rules, Work, counted


def of(record) -> str:
    return feedback(counted(Work(Assignment("s4", 250.0), (attempt_of(record),)), Rules()), record)


def test_what_was_measured_and_what_was_asked_for(example_records):
    said = of(example_records["partial"])
    lost = next(one for one in example_records["partial"].outcomes if one.points < one.max_points)
    assert f"({lost.finding.measured.rstrip('.')}" in said
    assert f"Asked for: {lost.finding.expected.rstrip('.')}." in said


def test_full_marks_need_no_more_than_the_points(example_records):
    assert of(example_records["full_marks"]) == "s4: 250 of 250."


def test_what_is_open_is_no_loss_yet(example_records):
    said = of(example_records["by_a_person"])
    assert "a person decides" in said
    assert "open from" in said


def test_penalties_that_count_are_named(example_records):
    record = example_records["adjusted"]
    taken = [one for one in record.grade.adjustments if one.state == "counts"]
    assert taken
    assert all(f"{one.id}: {one.kind} of " in of(record) for one in taken)


def test_hostile_text_is_one_bounded_line(example_records):
    said = of(example_records["hostile"])
    assert len(said) <= LIMIT
    assert not [one for one in said if unicodedata.category(one) in ("Cc", "Cs", "Cf")]

"""Two judgements held against each other."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from grader.course.again.differences import difference, difference_of, reasons, sums
from grader.decisions import decision_on, with_decision
from grader.judge import judge

AT = "2026-11-22T10:00:00+00:00"


def without(record, name):
    """The record as if its spec had never had this adjustment."""
    left = tuple(one for one in record.grade.adjustments if one.id != name)
    grade = judge(record.outcomes, record.grade.spec_points, record.grade.pass_mark, "", left)
    return replace(record, grade=grade)


def test_the_same_record_differs_in_nothing(example_record):
    found = difference(example_record, example_record)
    assert (found.move, found.by, found.changes, found.lost) == ("unchanged", 0, (), ())
    assert found.kept == tuple({one.id: one for one in example_record.decisions}.values())


def test_a_check_that_is_lost_is_named_with_both_sides(example_records):
    found = difference(example_records["full_marks"], example_records["partial"])
    assert (found.move, found.by) == ("down", -91.67)
    assert [(one.id, one.before.status, one.after.status, one.by) for one in found.changes] == [
        ("small", "passed", "failed", -75),
        ("explained", "passed", "partial", -16.67),
    ]
    assert found.changes[0].after.measured == "30,194 parameters"
    back = difference(example_records["partial"], example_records["full_marks"])
    assert (back.move, back.by) == ("up", 91.67)


def test_a_difference_crosses_as_plain_values(example_record, example_records):
    for other in example_records.values():
        found = difference(example_record, other)
        assert difference_of(json.loads(json.dumps(asdict(found)))) == found


def test_what_becomes_open_and_what_was_decided(example_records):
    opened = difference(example_records["full_marks"], example_records["review"])
    assert opened.after.status == "needs_review"
    counted = sums([opened])
    assert (counted.open_now, counted.pass_no_more, counted.down) == (1, 1, 1)
    record = example_records["by_a_person"]
    given = decision_on(record, "answers", points=0, reason="No.", who="Ada", at=AT)
    decided = difference(record, with_decision(record, given))
    assert (decided.move, decided.by) == ("state", 0)  # 0 points were counted, and now they are certain
    assert decided.changes[0].after.by == "Ada"
    lost = difference(with_decision(record, given), record)
    assert (lost.lost, lost.kept) == ((given,), ())


@pytest.mark.parametrize(
    ("name", "kind", "by"),
    [("under-8k", "bonus", -50), ("no-log", "penalty", 30), ("colab-link", "percentage", 0)],
)
def test_a_bonus_or_a_penalty_that_only_one_has(example_records, name, kind, by):
    record = example_records["adjusted"]
    found = difference(record, without(record, name))
    assert [(one.id, one.kind, one.by, one.after) for one in found.changes] == [(name, kind, by, None)]
    assert found.by == round(without(record, name).grade.points - record.grade.points, 2)


def test_a_proposed_penalty_that_is_confirmed(example_records):
    record = example_records["by_a_person"]
    given = decision_on(record, "misrepresented", counts=True, reason="It is.", who="Ada", at=AT)
    found = difference(record, with_decision(record, given))
    (change,) = found.changes
    assert (change.before.status, change.after.status, change.after.by) == ("open", "counts", "Ada")


def test_reasons_begin_with_what_moves_the_most_and_sums_add_up(example_records):
    whole = example_records["full_marks"]
    found = [difference(whole, one) for one in example_records.values()]
    for one in found:
        by = [abs(change.by) for change in reasons(one)]
        assert by == sorted(by, reverse=True)
    counted = sums(found)
    assert counted.unchanged + counted.up + counted.down + counted.state == len(found)
    assert counted.points == pytest.approx(sum(one.by for one in found), abs=0.01)

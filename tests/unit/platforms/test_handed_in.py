"""What a platform says of a submission: read for the log, and harmless whatever it says."""

from __future__ import annotations

import json

import pytest

from grader.platforms.handed_in import lines

ASSIGNMENT = {"due_date": "2026-11-02T23:59:00", "late_due_date": None, "total_points": "250.0"}
SAID = {"id": 123, "created_at": "2026-11-01T10:00:00", "assignment": ASSIGNMENT}


def shown(value: object, points: float = 250) -> list[str]:
    return list(lines(json.dumps(value), points))


def test_when_it_was_handed_in_and_when_it_was_due() -> None:
    assert shown(SAID) == [
        "Submission 123, handed in 2026-11-01T10:00:00.",
        "Due 2026-11-02T23:59:00, late until not said: what lateness costs is the platform's business.",
    ]


def test_other_points_than_the_specs_are_pointed_out() -> None:
    assert shown(SAID, 100)[-1] == (
        "The platform's assignment has 250 points, the grader's 100: make them the same."
    )


def test_nothing_in_it_drives_a_terminal() -> None:
    (first, *_) = shown({"id": "\x1b[31m\n::error::x", "created_at": "y" * 10_000})
    assert "\x1b" not in first
    assert "\n" not in first
    assert len(first) < 200


@pytest.mark.parametrize("text", ["", "[]", "7", "{", "[" * 100_000, '{"a":' * 5_000])
def test_what_is_no_object_is_passed_over(text: str) -> None:
    assert list(lines(text, 250)) == ["submission_metadata.json is no JSON object: it is passed over."]


@pytest.mark.parametrize("assignment", [None, [], "x", {"total_points": "many"}, {"total_points": {}}])
def test_odd_values_are_not_said(assignment: object) -> None:
    assert len(shown({"assignment": assignment})) == 2

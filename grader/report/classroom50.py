"""Classroom 50's result, `classroom50/result/v1`: points are whole numbers there, and add up.

What the format does not have (points with decimals, a status, sentences) stands under keys of our own in each test,
which Classroom 50 keeps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grader.records import RunRecord
from grader.report import words
from grader.report.entries import Entry, entries, reasons
from grader.report.inert import inert_for_students, json_text, one_line

file_name = "classroom50.json"

SCHEMA = "classroom50/result/v1"
NAME_LIMIT = 300


@dataclass(frozen=True)
class Place:
    """Where the result belongs in Classroom 50, which no run knows. "" is what the run itself says."""

    classroom: str = ""
    assignment: str = ""
    assignment_type: str = "individual"
    owner: str = ""
    submission: str = ""  # the tag
    release: str = ""  # its link
    review: str = ""
    submitted_by: str = ""


def render(record: RunRecord) -> str:
    return written(record, Place())


def written(record: RunRecord, place: Place) -> str:
    return json_text(result(record, place))


def result(record: RunRecord, place: Place) -> dict[str, Any]:
    """The object that the file holds: `score` and `max-score` are the sums of those of its tests."""
    shown = inert_for_students(record)
    submission, made = shown.evidence.submission, shown.provenance
    tests = [*_verdict(shown), *_tests(shown)]
    found = {
        "schema": SCHEMA,
        "classroom": one_line(place.classroom),
        "assignment": one_line(place.assignment) or made.spec_id,
        "assignment_type": one_line(place.assignment_type),
        "owner": one_line(place.owner) or submission.name.partition("/")[0],
        "submission": one_line(place.submission) or submission.ref,
        "commit": submission.commit,
        "release": one_line(place.release),
        "review": one_line(place.review),
        "datetime": submission.committed_at or made.started_at,
        "graded_at": made.finished_at or made.started_at,
        "score": sum(one["score"] for one in tests),
        "max-score": sum(one["max-score"] for one in tests),
        "tests": tests,
    }
    return found | ({"submitted_by": one_line(place.submitted_by)} if place.submitted_by else {})


def _verdict(shown: RunRecord) -> list[dict[str, Any]]:
    """What a reader must know before the points, as a test without points; nothing where the grade is complete."""
    grade = shown.grade
    if grade.status == "complete" and not shown.not_a_grade and grade.max_points == grade.spec_points:
        return []
    title = words.verdict(shown).headline
    return [_test(Entry("grade", "grade", title, "review", 0.0, 0.0, 0.0, reasons(shown)), 0, 0)]


def _tests(shown: RunRecord) -> list[dict[str, Any]]:
    found = entries(shown)
    most = shares([one.max_points for one in found])
    given = shares([one.points for one in found], most)
    return [_test(one, *both) for one, both in zip(found, zip(given, most, strict=True), strict=True)]


def _test(one: Entry, score: int, most: int) -> dict[str, Any]:
    return {
        "test-name": one_line(one.title, NAME_LIMIT),
        "passed": one.status == "passed",
        "score": score,
        "max-score": most,
        "id": one.id,
        "status": one.status,
        "points": one.points,
        "max-points": one.max_points,
        "message": " ".join(one.lines),
    }


def half_up(points: float) -> int:
    return math.floor(points + 0.5)


def shares(points: Sequence[float], most: Sequence[int] = ()) -> list[int]:
    """A whole number in place of each of `points`, less than 1 away; they add up to the sum, rounded half up.

    The largest remainders are rounded up, first of all where that stays within `most`.
    """
    found = [math.floor(one) for one in points]
    left = half_up(round(sum(points), 2)) - sum(found)

    def last_in_line(index: int) -> tuple[bool, float, int]:
        full = bool(most) and 0 < most[index] <= found[index]
        return full, found[index] - points[index], index

    broken = [index for index, one in enumerate(points) if one != found[index]]
    for index in sorted(broken, key=last_in_line)[:left]:
        found[index] += 1
    return found

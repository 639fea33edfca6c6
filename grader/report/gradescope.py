"""Gradescope's `results.json`: one test per check, and one per bonus, multiplier and penalty.

Gradescope wants numbers, so what is open counts with the points that are certain, and the name of its test says that
it is open. All text is plain text there (`output_format: text`), so nothing in it is markup.
"""

from __future__ import annotations

from typing import Any

from grader.records import RunRecord
from grader.report import words
from grader.report.entries import CERTAIN, Entry, entries, finite, reasons
from grader.report.inert import inert_for_students, json_text, one_line

file_name = "gradescope.json"

NAME_LIMIT = 300


def render(record: RunRecord) -> str:
    return json_text(results(record))


def results(record: RunRecord) -> dict[str, Any]:
    """The object that the file holds. Its `score` is the grade's total, and the tests' scores add up to it."""
    shown = inert_for_students(record)
    return {
        "score": finite(shown.grade.points),
        "execution_time": max(0.0, finite(shown.provenance.wall_seconds)),
        "output": "\n".join((*reasons(shown), *_sum(shown))),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": _extra(shown),
        "tests": [_test(number, one) for number, one in enumerate(entries(shown), 1)],
    }


def _sum(shown: RunRecord) -> list[str]:
    """How the points add up, where the tests do not show it by themselves."""
    if not words.more_than_a_sum(shown.grade):
        return []
    return ["", *(f"{step.text}: {words.points(finite(step.points))}" for step in shown.grade.steps)]


def _test(number: int, one: Entry) -> dict[str, Any]:
    made: dict[str, Any] = {
        "number": str(number),
        "name": one_line(_name(one), NAME_LIMIT),
        "output": "\n".join(one.lines),
        "tags": [one.kind],
        "visibility": "visible",
        "extra_data": {"id": one.id, "status": one.status, "open_points": one.open_points},
    }
    if one.status != "skipped" or one.points:
        made |= {"score": one.points, "max_score": one.max_points}
    if one.status in CERTAIN:
        made["status"] = "passed" if one.status == "passed" else "failed"
    return made


def _name(one: Entry) -> str:
    if one.status in CERTAIN:
        return one.title
    more = f", {words.points(one.open_points)} more possible" if one.open_points else ""
    return f"{words.STATUS[one.status].text}{more}: {one.title}"


def _extra(shown: RunRecord) -> dict[str, Any]:
    """What Gradescope stores and does not show: enough to find the run again."""
    grade, made = shown.grade, shown.provenance
    return {
        "run_id": shown.run_id,
        "assignment": made.spec_id,
        "edition": made.spec_edition,
        "commit": shown.evidence.submission.commit,
        "status": grade.status,
        "lowest": finite(grade.lowest),
        "highest": finite(grade.highest),
        "max_points": finite(grade.max_points),
        "not_a_grade": list(shown.not_a_grade),
    }

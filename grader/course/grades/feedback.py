"""Why a grade is not full, in a few sentences for a feedback field: plain text on one line, made harmless."""

from __future__ import annotations

from collections.abc import Iterator

from grader.audience import for_students
from grader.course.grades.totals import Counted
from grader.records import Outcome, RunRecord
from grader.text import clean

LIMIT = 1_500
_TEXT = 160


def feedback(counted: Counted, record: RunRecord | None) -> str:
    """The points of one assignment and each thing that lost some; `record` is the run that counts."""
    sentences = [f"{clean(step.text, 200)}." for step in counted.steps]
    if record is not None:
        record = for_students(record)
        sentences += [_lost(one) for one in record.outcomes if one.points < one.max_points]
        sentences += _adjusted(record)
    return clean(" ".join(sentences), LIMIT)


def _lost(outcome: Outcome) -> str:
    """One check with what was measured and what was asked for."""
    found = outcome.finding
    most = f" to {outcome.points + outcome.open_points:g}" if outcome.open_points else ""
    span = f"{outcome.points:g}{most} of {outcome.max_points:g}{', a person decides' if most else ''}"
    said = "; ".join(clean(text.rstrip("."), _TEXT) for text in (found.measured, found.rationale) if text)
    asked = f" Asked for: {clean(found.expected.rstrip('.'), _TEXT)}." if found.expected else ""
    return f"{outcome.id}: {span}{f' ({said})' if said else ''}.{asked}"


def _adjusted(record: RunRecord) -> Iterator[str]:
    """Bonuses that were earned and penalties that were taken."""
    for one in record.grade.adjustments:
        if one.state == "counts":
            amount = f"{100 * one.amount:g} %" if one.kind == "percentage" else f"{one.amount:g}"
            yield f"{clean(one.id, 60)}: {one.kind} of {amount}."

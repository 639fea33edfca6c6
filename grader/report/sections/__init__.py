"""The evidence behind a verdict, section by section, in the order in which a doubting reader asks for it."""

from __future__ import annotations

from grader.records import Absent, RunRecord
from grader.report.inert import last_kept
from grader.report.sections import (
    adjustments,
    chance,
    claims,
    curves,
    data,
    explanations,
    handed_in,
    history,
    integrity,
    method,
    mistakes,
    model,
    provenance,
    readme,
    recovered,
    training,
)
from grader.report.sections.interface import Section

ORDER = (
    adjustments,
    training,
    curves,
    mistakes,
    explanations,
    recovered,
    method,
    model,
    claims,
    readme,
    integrity,
    data,
    handed_in,
    provenance,
)


OF_A_MODEL = (training, curves, mistakes, explanations, recovered, method, model, claims, data)
"""What an assignment without a model has no section about."""


@last_kept
def sections(record: RunRecord) -> tuple[Section, ...]:
    """All of them, also where there is nothing to show: then the section says why.

    Only an assignment without a model has none about it, and one without bonuses and penalties none about these;
    a self-check alone has one about the chance of passing, and the staff's record alone one about earlier decisions.
    """
    found = record.evidence.model
    asked = not (isinstance(found, Absent) and found.cause == "skipped")
    order = ORDER if record.grade.adjustments else ORDER[1:]
    order = (chance, *order) if record.forecasts else order
    order = (*order, history) if history.has_any(record) else order
    return tuple(part.build(record) for part in order if asked or part not in OF_A_MODEL)

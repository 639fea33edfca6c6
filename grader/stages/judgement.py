"""Evidence and a spec → the record of a run. Arithmetic on what was measured: it is done again without measuring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.adjustments import adjustments, left_to_a_person
from grader.checks import interface as checks
from grader.judge import judge
from grader.records import RESULT_SCHEMA, Absent, Evidence, Provenance, RunRecord

if TYPE_CHECKING:
    from grader.spec.schema import Spec


def judgement(
    spec: Spec, evidence: Evidence, made: Provenance, run_id: str, *, full: bool = True
) -> RunRecord:
    """The record: an outcome for each check, and the grade.

    Args:
        made: how the evidence came about.
        full: False for a self-check, which trains nothing to the end and is no grade.
    """
    outcomes = tuple(checks.run(rule, evidence) for rule in spec.checks)
    changes = adjustments(spec, evidence)
    return RunRecord(
        schema=RESULT_SCHEMA,
        run_id=run_id,
        title=spec.title,
        course=spec.course,
        not_a_grade=_not_a_grade(full, evidence),
        evidence=evidence,
        outcomes=outcomes,
        grade=judge(outcomes, spec.points, spec.pass_mark, _ungradable(spec, evidence), changes),
        provenance=made,
        by_hand=left_to_a_person(spec),
    )


def _ungradable(spec: Spec, evidence: Evidence) -> str:
    """Why the work lacks what the central check needs: no model, or one that cannot be run; "" where none needs it."""
    if not any(rule.needs & {"model", "test_accuracy"} for rule in spec.rules):
        return ""
    for part in (evidence.model, evidence.test_accuracy):
        if isinstance(part, Absent) and part.cause == "failed":
            return part.reason
    return ""


def _not_a_grade(full: bool, evidence: Evidence) -> tuple[str, ...]:
    reasons = []
    if not full:
        reasons.append("This is a self-check: nothing was trained to the end.")
    if not isinstance(evidence.integrity.isolation, Absent) and evidence.integrity.isolation.level == "1":
        reasons.append(
            "The code ran without isolation (level 1): anything in it could have changed this result."
        )
    if not isinstance(evidence.data, Absent) and evidence.data.stand_in:
        reasons.append("Generated stand-in data was used, not the assignment's data set.")
    elif not isinstance(evidence.data, Absent) and not evidence.data.official:
        reasons.append("The copy of the data set is not the official one.")
    return tuple(reasons)

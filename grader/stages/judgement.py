"""Evidence and a spec → the record of a run. Arithmetic on what was measured: it is done again without measuring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.adjustments import adjustments, left_to_a_person
from grader.checks import interface as checks
from grader.judge import judge
from grader.records import RESULT_SCHEMA, Absent, Evidence, Provenance, RunRecord
from grader.stages.forecast import forecasts

if TYPE_CHECKING:
    from grader.spec.schema import Spec


def judgement(
    spec: Spec,
    evidence: Evidence,
    made: Provenance,
    run_id: str,
    *,
    full: bool = True,
    self_check: bool = False,
) -> RunRecord:
    """The record: an outcome for each check, and the grade.

    Args:
        made: how the evidence came about.
        full: False for a self-check that trains nothing to the end.
        self_check: whether a student checks their own work, which is no grade whatever comes out.
    """
    outcomes = tuple(checks.run(rule, evidence) for rule in spec.checks)
    changes = adjustments(spec, evidence)
    return RunRecord(
        schema=RESULT_SCHEMA,
        run_id=run_id,
        title=spec.title,
        course=spec.course,
        not_a_grade=_not_a_grade(full, self_check, evidence),
        evidence=evidence,
        outcomes=outcomes,
        grade=judge(outcomes, spec.points, spec.pass_mark, _ungradable(spec, evidence), changes),
        provenance=made,
        self_check=self_check,
        forecasts=forecasts(spec, evidence) if self_check else (),
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


def _not_a_grade(full: bool, self_check: bool, evidence: Evidence) -> tuple[str, ...]:
    reasons = []
    if not full:
        reasons.append("This is a self-check: nothing was trained to the end.")
    elif self_check:
        reasons.append("This is a self-check: the grader trains again, with seeds of its own.")
    if not isinstance(evidence.integrity.isolation, Absent) and evidence.integrity.isolation.level == "1":
        reasons.append(
            "The code ran without isolation (level 1): anything in it could have changed this result."
        )
    if not isinstance(evidence.data, Absent) and evidence.data.stand_in:
        reasons.append("Generated stand-in data was used, not the assignment's data set.")
    elif not isinstance(evidence.data, Absent) and not evidence.data.official:
        reasons.append("The copy of the data set is not the official one.")
    return tuple(reasons)

"""A stored run judged again: its evidence under the spec as it is now, without training anything."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from grader.course.store import RunFolder
from grader.decisions import items, with_decision
from grader.records import Absent, Decision, RunRecord, Submission
from grader.report.interface import reports
from grader.stages.judgement import judgement

if TYPE_CHECKING:
    from grader.spec.load import Loaded


def judged_again(
    record: RunRecord, loaded: Loaded, run_id: str, *, submission: Submission | None = None
) -> RunRecord:
    """What a run comes to under this spec.

    What people have decided is carried over where the same thing is still open; what is no longer open, or can get
    other points now, is decided anew.

    Args:
        submission: who handed the same files in, where it is not the run's own: nobody's decisions are carried over.
    """
    made = replace(
        record.provenance,
        spec_edition=loaded.spec.edition,
        spec_digest=loaded.digest,
        evidence_of=record.provenance.evidence_of or record.run_id,
    )
    evidence = record.evidence
    same = submission is None or submission.name == evidence.submission.name
    if submission is not None:
        evidence = replace(evidence, submission=submission)
    judged = judgement(loaded.spec, evidence, made, run_id)
    for decision in record.decisions if same else ():
        if _still_fits(judged, decision):
            judged = with_decision(judged, decision)
    return judged


def _still_fits(record: RunRecord, decision: Decision) -> bool:
    return any(
        one.id == decision.id and (one.lowest, one.highest) == (decision.lowest, decision.highest)
        for one in items(record)
    )


def is_reusable(record: RunRecord, *, stand_in: bool) -> bool:
    """Whether its evidence is whole: nothing of it is missing through a fault, and it was a run and no self-check."""
    evidence = record.evidence
    if faults(record):
        return False
    if isinstance(evidence.integrity.isolation, Absent) or evidence.integrity.isolation.level == "1":
        return False
    data = evidence.data
    return isinstance(data, Absent) or data.stand_in == stand_in


def faults(record: RunRecord) -> tuple[Absent, ...]:
    """What its evidence lacks through the grader's or its machine's own fault."""
    evidence = record.evidence
    parts = [getattr(evidence, name) for name in evidence.__dataclass_fields__]
    parts += [trial.accuracy for trial in evidence.trials]
    return tuple(part for part in parts if isinstance(part, Absent) and part.cause == "errored")


def store(base: Path, record: RunRecord) -> Path:
    """A run that was judged again, in a folder of its own."""
    made = record.provenance
    with RunFolder(base, made.spec_id, record.evidence.submission.name, record.run_id) as folder:
        return folder.publish({report.file_name: report.render(record) for report in reports()})

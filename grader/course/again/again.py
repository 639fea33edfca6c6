"""A stored run judged again: its evidence under the spec as it is now, without training anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from grader.course.stored.folder import RunFolder
from grader.decisions import decidable, with_decision
from grader.records import Absent, Decision, Evidence, RunRecord, Submission
from grader.report.interface import FOR_A_STUDENT, STORED, reports
from grader.stages.endings import KILLED
from grader.stages.judgement import judgement

if TYPE_CHECKING:
    from grader.spec.load import Loaded


def judged_again(
    record: RunRecord, loaded: Loaded, run_id: str, *, submission: Submission | None = None
) -> RunRecord:
    """What a run comes to under this spec.

    What people have decided is carried over where the same thing is still open, and an override where the grader finds
    the same again; what is no longer so, or can get other points now, is decided anew.

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
    judged = judgement(loaded.spec, evidence, made, run_id, self_check=record.self_check)
    for decision in record.decisions if same else ():
        if _still_fits(record, judged, decision):
            judged = with_decision(judged, decision)
    return judged


def _still_fits(before: RunRecord, judged: RunRecord, decision: Decision) -> bool:
    was, now = ({one.id: one for one in decidable(run)}.get(decision.id) for run in (before, judged))
    if was is None or now is None or was.takes_points != now.takes_points:
        return False
    overrides = was.overrides or not decision.lowest <= decision.points <= decision.highest
    if overrides and now.outcome.max_points != was.outcome.max_points:
        return False
    same_state = now.takes_points or now.state == decision.was
    return same_state and (now.lowest, now.highest) == (decision.lowest, decision.highest)


def is_reusable(record: RunRecord, *, stand_in: bool) -> bool:
    """Whether its evidence is whole: nothing of it is missing through a fault, and it was a run and no self-check.

    What was killed is not, unless a person has decided about it: then it stays as it is.
    """
    if record.self_check:
        return False
    evidence = record.evidence
    if faults(record):
        return False
    if was_killed(record) and not record.decisions:
        return False
    if isinstance(evidence.integrity.isolation, Absent) or evidence.integrity.isolation.level == "1":
        return False
    data = evidence.data
    return isinstance(data, Absent) or data.stand_in == stand_in


def was_killed(record: RunRecord) -> bool:
    """Whether something killed a process of its, and nobody knows what: the next attempt may well end otherwise."""
    return any(part.hint == KILLED for part in _missing(record.evidence))


def _missing(evidence: Evidence) -> Iterator[Absent]:
    parts = [getattr(evidence, name) for name in evidence.__dataclass_fields__]
    parts += [trial.accuracy for trial in evidence.trials]
    yield from (part for part in parts if isinstance(part, Absent))


def faults(record: RunRecord) -> tuple[Absent, ...]:
    """What its evidence lacks through the grader's or its machine's own fault."""
    return tuple(part for part in _missing(record.evidence) if part.cause == "errored")


def store(base: Path, record: RunRecord) -> Path:
    """A run that was judged again, in a folder of its own."""
    made = record.provenance
    kept = FOR_A_STUDENT if record.self_check else STORED
    with RunFolder(base, made.spec_id, record.evidence.submission.name, record.run_id) as folder:
        return folder.publish({report.file_name: report.render(record) for report in reports(kept)})

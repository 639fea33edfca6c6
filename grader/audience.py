"""What of a run is for the student, and what is for the staff alone (docs/result-format.md says it field by field).

A `RunRecord` holds all of it. What a student is given is made from `for_students(record)`: there is then nothing in it
that a format could show by mistake, not even hidden.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from grader.flags import said_of, sentence_of
from grader.records import Absent, Evidence, Grade, Integrity, Outcome, Probe, Provenance, RunRecord

STAFF_ONLY: Mapping[str, str] = {
    # class and field: what the student gets in its place
    "Probe.name": "the subject in plain words",
    "Probe.detail": "nothing of a flag; of a note or a void, a sentence without figures",
    "Isolation.canary": "nothing",
    "Provenance.platform": "the system and the kind of processor, without the kernel's version",
    "RecoveredTraining.output_tail": "nothing, but in a self-check",
    "RunRecord.by_hand": "those that were taken, as part of the grade",
    "RunRecord.decisions": "of each id, the decision that counts",
}
"""What the staff alone reads."""


def for_students(record: RunRecord) -> RunRecord:
    """The same run without what is the staff's; done twice it is as done once."""
    found = record.evidence
    sentences = {
        one.detail: sentence_of(one) for one in found.integrity.probes if one.weight in ("flag", "void")
    }
    last = {one.id: index for index, one in enumerate(record.decisions)}
    return replace(
        record,
        evidence=_evidence(found, self_check=record.self_check),
        outcomes=tuple(_reworded(one, sentences) for one in record.outcomes),
        grade=_grade(record.grade, sentences),
        provenance=_provenance(record.provenance),
        decisions=tuple(one for index, one in enumerate(record.decisions) if index == last[one.id]),
        by_hand=(),
    )


def _evidence(found: Evidence, *, self_check: bool) -> Evidence:
    isolation, training = found.integrity.isolation, found.training
    if not isinstance(isolation, Absent):
        isolation = replace(isolation, canary=())
    if not isinstance(training, Absent) and not self_check:
        training = replace(training, output_tail="")
    return replace(found, integrity=Integrity(isolation, _probes(found.integrity.probes)), training=training)


def _probes(probes: tuple[Probe, ...]) -> tuple[Probe, ...]:
    """Those that say something; one clean one stands for all that saw nothing."""
    said = tuple(dict.fromkeys(map(said_of, probes)))
    return tuple(one for one in said if one.weight != "clean") or said


def _provenance(made: Provenance) -> Provenance:
    words = made.platform.split()
    return replace(made, platform=" ".join(dict.fromkeys((words[0], words[-1]))) if words else "")


def _grade(found: Grade, sentences: Mapping[str, str]) -> Grade:
    changes = tuple(replace(one, outcome=_reworded(one.outcome, sentences)) for one in found.adjustments)
    return replace(found, adjustments=changes, reason=_said(found.reason, sentences))


def _reworded(outcome: Outcome, sentences: Mapping[str, str]) -> Outcome:
    """A check's reason quotes the probes that act on it (`grader.checks.interface`)."""
    finding = outcome.finding
    return replace(outcome, finding=replace(finding, rationale=_said(finding.rationale, sentences)))


def _said(text: str, sentences: Mapping[str, str]) -> str:
    for detail in sorted(filter(None, sentences), key=len, reverse=True):
        text = text.replace(detail, sentences[detail])
    return text

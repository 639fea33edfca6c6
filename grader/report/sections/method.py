"""The method review: what an experienced teaching assistant would point out, with the student's own lines."""

from __future__ import annotations

from grader.records import Absent, RecoveredTraining, Remark, RunRecord
from grader.report import words
from grader.report.sections.interface import Column, Section, listed

TITLE = "The method"
COLUMNS = (
    Column("What"),
    Column("Where", "code"),
    Column("Your line", "code"),
    Column("Why it matters"),
    Column("Seen by"),
)
SEEN = {
    "behaviour": "running your code with stand-ins",
    "log": "the log that you show",
    "source": "reading the source",
}


def build(record: RunRecord) -> Section:
    return describe(record.evidence.remarks, record.evidence.training)


def describe(remarks: tuple[Remark, ...], training: RecoveredTraining | Absent) -> Section:
    """The section for these remarks on this training."""
    faults = tuple(one for one in remarks if not one.harmless)
    notes = tuple(one for one in remarks if one.harmless)
    return Section(
        id="method",
        title=TITLE,
        lead=(_lead(training, faults),),
        tables=(
            *listed("What to look at", COLUMNS, tuple(map(_row, faults))),
            *listed("Also seen, and nothing is wrong with it", COLUMNS, tuple(map(_row, notes))),
        ),
    )


def _lead(training: RecoveredTraining | Absent, faults: tuple[Remark, ...]) -> str:
    if faults:
        count = words.counted(len({one.name for one in faults}), "thing")
        return f"A teaching assistant would point out {count}. Points hang on it only where a check says so."
    if isinstance(training, Absent):
        return f"Of the method little could be seen, and nothing to point out. {words.why_not(training)}"
    return "Nothing to point out: none of the common mistakes was seen."


def _row(one: Remark) -> tuple[str, ...]:
    return (one.name, one.place, one.quote, words.sentence(one.why), SEEN[one.seen])

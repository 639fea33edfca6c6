"""What the README shows: its logs, its claims beside what was measured, its links."""

from __future__ import annotations

from grader.records import Absent, Claim, Evidence, LogLine, Readme, RunRecord
from grader.report import words
from grader.report.sections.claims import NAMES, stated
from grader.report.sections.interface import Column, Fact, Section, listed


def build(record: RunRecord) -> Section:
    found = record.evidence.reading.readme
    if isinstance(found, Absent):
        return Section("readme", "The README", lead=(f"No README was read. {words.why_not(found)}",))
    compared = bool(record.evidence.comparisons)  # then they stand in a section of their own
    claims = () if compared else (*found.claims, *record.evidence.reading.claims)
    return Section(
        id="readme",
        title="The README",
        facts=_facts(found),
        tables=(
            *listed(
                "Numbers it states, beside what was measured",
                (
                    Column("What"),
                    Column("Stated", "number"),
                    Column("Measured", "number"),
                    Column("Where", "code"),
                ),
                tuple(_claim_row(claim, record.evidence) for claim in claims),
            ),
            *listed(
                "Log lines that were found",
                (
                    Column("Epoch"),
                    Column("Test accuracy", "number"),
                    Column("Where", "code"),
                    Column("Line", "code"),
                ),
                tuple(_log_row(line) for line in found.logs),
            ),
            *listed(
                "Steps of the work, as they are described",
                (Column("Where", "code"), Column("Target"), Column("Result"), Column("Analysis")),
                tuple(
                    (one.place, *(words.shortened(text) for text in (one.target, one.result, one.analysis)))
                    for one in record.evidence.reading.experiments
                ),
            ),
            *listed(
                "Links that lead nowhere",
                (Column("Target", "code"), Column("Line", "number"), Column("Why")),
                tuple((link.target, str(link.line), link.fault) for link in found.links if link.fault),
            ),
        ),
    )


def _facts(found: Readme) -> tuple[Fact, ...]:
    facts = [
        Fact("File", found.path, "code"),
        Fact("Title", found.title or "none"),
        Fact("Length", f"{words.size(found.size_bytes)}, {words.counted(len(found.sections), 'section')}"),
    ]
    if found.log_pictures:
        facts.append(Fact("Pictures that may show a log", ", ".join(found.log_pictures[:10])))
    if found.loose_lines:
        lines = ", ".join(map(str, found.loose_lines[:20])) + (" …" if len(found.loose_lines) > 20 else "")
        facts.append(Fact("Code or log outside of a code block", f"line {lines}"))
    return tuple(facts)


def _claim_row(claim: Claim, found: Evidence) -> tuple[str, ...]:
    measured = "–"
    if claim.name == "test_accuracy" and not isinstance(found.test_accuracy, Absent):
        measured = words.accuracy(found.test_accuracy.value)
    elif claim.name == "parameters" and not isinstance(found.model, Absent):
        measured = f"{found.model.parameters:,}"
    return (NAMES[claim.name], stated(claim), measured, claim.place)


def _log_row(line: LogLine) -> tuple[str, ...]:
    epoch = str(line.epoch) if line.epoch else "–"
    shown = words.accuracy(line.test_accuracy) if line.test_accuracy >= 0 else "–"
    return (epoch, shown, line.place, line.text)

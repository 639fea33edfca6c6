"""The numbers that the student states, each beside the measured one, with what follows from the two."""

from __future__ import annotations

from grader.records import Claim, Comparison, RunRecord
from grader.report import words
from grader.report.sections.interface import Column, Section, listed

NAMES = {
    "parameters": "Parameters",
    "test_accuracy": "Test accuracy",
    "epochs": "Epochs",
    "receptive_field": "Receptive field",
}
VERDICTS = {"agrees": "✓\u00a0agrees", "cannot tell": "– cannot tell", "differs": "≠\u00a0differs"}


def build(record: RunRecord) -> Section:
    return describe(record.evidence.comparisons)


def describe(found: tuple[Comparison, ...]) -> Section:
    """The section for these comparisons."""
    columns = (
        Column("What"),
        Column("Stated", "number"),
        Column("Measured", "number"),
        Column("Verdict"),
        Column("Why"),
        Column("Where", "code"),
    )
    rows = tuple(map(_row, found))
    return Section(
        id="claims",
        title="Numbers that you state, beside what was measured",
        lead=(_lead(found),),
        tables=listed("Each number", columns, rows),
    )


def _lead(found: tuple[Comparison, ...]) -> str:
    if not found:
        return "No number that you state was compared with a measurement."
    counts = {verdict: sum(one.verdict == verdict for one in found) for verdict in VERDICTS}
    said = [f"{counts['agrees']} {'agrees' if counts['agrees'] == 1 else 'agree'}"]
    if counts["differs"]:
        said.append(f"{counts['differs']} {'differs' if counts['differs'] == 1 else 'differ'}")
    if counts["cannot tell"]:
        said.append(f"for {counts['cannot tell']} it cannot be told")
    return f"{words.counted(len(found), 'number')} found: {', '.join(said)}."


def _row(one: Comparison) -> tuple[str, ...]:
    return (
        NAMES[one.claim.name],
        stated(one.claim),
        one.measured or "–",
        VERDICTS[one.verdict],
        words.sentence(one.reason),
        one.claim.place,
    )


def stated(claim: Claim) -> str:
    """`98.83 %`, `6,338`."""
    return words.accuracy(claim.value) if claim.name == "test_accuracy" else f"{claim.value:,.0f}"

"""Bonuses, multiplier and penalties: what each hangs on, what was seen, and whether it counts."""

from __future__ import annotations

from grader.records import Adjustment, Decision, Outcome, Part, RunRecord
from grader.report import words
from grader.report.sections.interface import Column, Section, listed

NAMES = {
    "bonus": "Bonus",
    "multiplier": "Multiplier",
    "penalty": "Penalty",
    "percentage": "Penalty in percent",
}


def build(record: RunRecord) -> Section:
    found, decided = record.grade.adjustments, words.last_decisions(record)
    columns = (
        Column("What"),
        Column("Effect", "number"),
        Column("It hangs on"),
        Column("Measured"),
        Column("How it stands"),
        Column("Why"),
    )
    return Section(
        id="adjustments",
        title="Bonuses and penalties",
        lead=(_lead(found),),
        attention=tuple(_attention(one) for one in found if one.state == "open"),
        tables=listed("Each of them", columns, tuple(_row(one, decided.get(one.id)) for one in found)),
    )


def _lead(found: tuple[Adjustment, ...]) -> str:
    if not found:
        return "Nothing changes the sum of the checks: no bonus, no multiplier and no penalty."
    return (
        "A bonus and a multiplier count where their check passes, a penalty where it does not. Of the penalties in "
        "percent, only the largest is taken."
    )


def _attention(one: Adjustment) -> str:
    what = f"{NAMES[one.kind]} {one.id} ({words.effect(one)})"
    why = _why(one.outcome) or words.sentence(one.outcome.finding.measured)
    if one.proposed:
        return f"{what} is proposed. It takes nothing until a person has confirmed it. {why}"
    who = "run it again" if one.outcome.status == "errored" else "a person decides"
    return f"{what} is open: {who}. {why}"


def _row(one: Adjustment, decision: Decision | None) -> tuple[str, ...]:
    word, finding = words.standing(one), one.outcome.finding
    return (
        f"{NAMES[one.kind]}: {one.id}",
        words.effect(one),
        one.outcome.requirement,
        finding.measured or "not measured",
        f"{word.icon} {word.text}{f': {word.meaning}' if word.meaning else ''}",
        " ".join(filter(None, (words.settled(decision) if decision else "", _why(one.outcome)))) or "–",
    )


def _why(outcome: Outcome) -> str:
    """What was seen: the check's own reason, or those of its parts that are not met."""
    if outcome.finding.rationale:
        return words.sentence(outcome.finding.rationale)
    left = [part for part in outcome.parts if part.status not in ("passed", "skipped")]
    return " ".join(_part(part) for part in left)


def _part(part: Part) -> str:
    said = words.sentence(f"{part.name}: {part.finding.measured}")
    return f"{said} {words.sentence(part.finding.rationale)}".strip()

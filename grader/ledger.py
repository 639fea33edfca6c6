"""The arithmetic of a grade, line by line, in the one order that counts.

The sum of the checks; plus the bonuses; times the multiplier; minus the fixed penalties, never below 0; minus the
largest percentage (they do not add up). Every line is rounded to two decimals, so that the lines that a reader
adds up give the total.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from grader.records import Adjustment, Outcome, Step

View = Literal["as it stands", "granted", "taken"]
"""How what is open is counted: not at all; all of it in the student's favour; every open penalty as taken."""


def ledger(
    outcomes: Sequence[Outcome], adjustments: Sequence[Adjustment] = (), view: View = "as it stands"
) -> tuple[Step, ...]:
    """Every step of the grade; the last one is the total."""
    lines = _Lines()
    for outcome in outcomes:
        lines.change(_check(outcome), _points(outcome, view))
    lines.sum("Sum of the checks")
    for one in _of("bonus", adjustments):
        lines.change(_text(one), _amount(one) if counts(one, view) else 0.0)
    for one in _of("multiplier", adjustments):
        lines.change(_text(one), lines.total * (one.amount - 1) if counts(one, view) else 0.0)
    for one in _of("penalty", adjustments):
        taken = min(lines.total, _amount(one)) if counts(one, view) else 0.0
        short = counts(one, view) and taken < _amount(one)
        lines.change(_text(one) + (f", of which {taken:g} were left to take" if short else ""), -taken)
    _percentage(lines, tuple(_of("percentage", adjustments)), view)
    if adjustments:
        lines.sum("Total")
    return tuple(lines.steps)


def total(outcomes: Sequence[Outcome], adjustments: Sequence[Adjustment], view: View) -> float:
    return ledger(outcomes, adjustments, view)[-1].points


def counts(one: Adjustment, view: View) -> bool:
    """Whether it takes part in this total."""
    if one.state != "open":
        return one.state == "counts"
    return view == ("granted" if one.kind in ("bonus", "multiplier") else "taken")


class _Lines:
    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.total = 0.0

    def change(self, text: str, points: float) -> None:
        by = round(points, 2) + 0.0  # no minus zero
        self.total = round(self.total + by, 2)
        self.steps.append(Step(text, by))

    def sum(self, text: str) -> None:
        self.steps.append(Step(text, self.total, "sum"))


def _percentage(lines: _Lines, listed: Sequence[Adjustment], view: View) -> None:
    """Only the largest of those that count takes anything; of two equal ones, the first."""
    taken = [one for one in listed if counts(one, view)]
    worst = max(taken, key=lambda one: one.amount, default=None)
    before = lines.total
    for one in listed:
        beaten = one in taken and one is not worst
        extra = ": only the largest percentage counts" if beaten else ""
        lines.change(_text(one) + extra, -before * one.amount if one is worst else 0.0)


def _of(kind: str, adjustments: Sequence[Adjustment]) -> Iterator[Adjustment]:
    return (one for one in adjustments if one.kind == kind)


def _amount(one: Adjustment) -> float:
    return round(one.amount, 2)


def _points(outcome: Outcome, view: View) -> float:
    if outcome.status == "skipped":
        return 0.0
    return outcome.points + (outcome.open_points if view == "granted" else 0.0)


# --- words --------------------------------------------------------------------------------------------------


def _check(outcome: Outcome) -> str:
    if outcome.status == "skipped":
        return f"{outcome.id}: not judged here"
    extra = f", {outcome.open_points:g} open" if outcome.open_points else ""
    return f"{outcome.id}: {outcome.points:g} of {outcome.max_points:g}{extra}"


def _text(one: Adjustment) -> str:
    what = {
        "bonus": f"bonus of {one.amount:g}",
        "multiplier": f"times {one.amount:g}",
        "penalty": f"penalty of {one.amount:g}",
        "percentage": f"penalty of {100 * one.amount:g} %",
    }[one.kind]
    return f"{one.id}: {what}{_state(one)}"


def _state(one: Adjustment) -> str:
    """How it stands, as the end of its line."""
    if one.state == "open":
        return ", proposed: a person decides" if one.proposed else ", still open"
    if one.state == "not judged":
        return ", not judged here"
    favour, applies = one.kind in ("bonus", "multiplier"), one.state == "counts"
    if one.decided:
        return f", {('granted' if favour else 'confirmed') if applies else 'dismissed'} by a person"
    return "" if applies else ", not earned" if favour else ", not taken"

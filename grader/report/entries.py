"""A grade as the list that other systems add up: the checks, then what the ledger changes after them.

The entries' points add up to the grade's total, whatever the record holds: what no check and no bonus, multiplier or
penalty explains becomes an entry of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from grader.records import Adjustment, Decision, Outcome, Part, RunRecord, Status, Step
from grader.report import words

_ORDER = ("bonus", "multiplier", "penalty", "percentage")
"""In which `grader.ledger` writes its lines."""

CERTAIN: tuple[Status, ...] = ("passed", "partial", "failed")
"""Where the points of an entry are final."""


@dataclass(frozen=True)
class Entry:
    """One line of a grade. `lines` say what was seen, why, and what to try."""

    id: str
    kind: str  # of check; "bonus", "multiplier", "penalty", "percentage" or "other"
    title: str
    status: Status  # of a bonus, multiplier or penalty: as a check would stand
    points: float  # certain
    max_points: float  # 0 for what only changes the sum of the checks
    open_points: float
    lines: tuple[str, ...] = ()

    @property
    def is_check(self) -> bool:
        return self.kind not in (*_ORDER, "other")


def entries(shown: RunRecord) -> tuple[Entry, ...]:
    """Every entry of the grade of a record that was made inert. Their points add up to `finite(grade.points)`."""
    decided = words.last_decisions(shown)
    found = [_of_check(one, decided.get(one.id)) for one in shown.outcomes]
    found += _of_changes(shown, decided)
    missing = finite(finite(shown.grade.points) - sum(one.points for one in found))
    if missing:
        found.append(_other("Other changes of the grade", missing))
    return tuple(found)


def finite(points: float) -> float:
    """Points with two decimals; 0 where they are no number."""
    return round(points, 2) + 0.0 if math.isfinite(points) else 0.0


def reasons(shown: RunRecord) -> tuple[str, ...]:
    """The verdict in a few sentences, and first of all why it must not be used as a grade."""
    verdict = words.verdict(shown)
    against = [f"Not a grade: {words.sentence(reason)}" for reason in shown.not_a_grade]
    said = (words.sentence(verdict.headline), verdict.reason, verdict.pass_line, verdict.scope)
    return (*against, *(line for line in said if line))


def _of_check(one: Outcome, decision: Decision | None) -> Entry:
    certain = 0.0 if one.status == "skipped" else finite(one.points)
    lines = (words.status_line(one), *_seen(one), *map(_part, one.parts))
    if decision:
        lines = (*lines, f"Decided: {words.decided(decision, one)}")
    still_open = 0.0 if one.status == "skipped" else finite(one.open_points)
    return Entry(
        one.id, one.check, one.requirement, one.status, certain, finite(one.max_points), still_open, lines
    )


def _seen(one: Outcome) -> Iterator[str]:
    finding = one.finding
    if finding.measured:
        yield f"Measured: {words.sentence(finding.measured)}"
    if words.expected(one):
        yield f"Expected: {words.sentence(finding.expected)}"
    if finding.rationale:
        yield f"Why: {words.sentence(finding.rationale)}"
    if finding.hint:
        yield _advice(one.status, finding.hint)
    yield from one.notes


def _part(part: Part) -> str:
    """`shows: training log (not met, 0 of 16.67): no line for epoch 1. What to try: Paste the log as text.`"""
    status = f"{words.STATUS[part.status].text.lower()}, {words.score_of_part(part)}"
    said = f"{part.name} ({status}): {words.sentence(part.finding.measured)}"
    tried = part.status != "passed" and part.finding.hint
    return f"{said} {_advice(part.status, part.finding.hint)}" if tried else said


def _advice(status: Status, hint: str) -> str:
    label, text = words.advice(status, hint)
    return f"{label}: {words.sentence(text)}"


def _of_changes(shown: RunRecord, decided: dict[str, Decision]) -> list[Entry]:
    """One per change that stands after those of the checks."""
    changes = [step for step in shown.grade.steps if step.kind == "change"][len(shown.outcomes) :]
    listed = sorted(shown.grade.adjustments, key=lambda one: _ORDER.index(one.kind))
    if len(changes) != len(listed):
        return [_other(step.text, finite(step.points)) for step in changes]
    pairs = zip(changes, listed, strict=True)
    return [_of_adjustment(step, one, decided.get(one.id)) for step, one in pairs]


def _other(title: str, points: float) -> Entry:
    return Entry("other", "other", title, "failed" if points < 0 else "passed", points, 0.0, 0.0)


def _of_adjustment(step: Step, one: Adjustment, decision: Decision | None) -> Entry:
    word = words.standing(one)
    lines = [f"{word.text}: {word.meaning}." if word.meaning else f"{word.text}."]
    lines += [words.sentence(one.outcome.requirement), *_seen(one.outcome)]
    lines += [words.settled(decision)] if decision else []
    return Entry(one.id, one.kind, step.text, _status(one), finite(step.points), 0.0, 0.0, tuple(lines))


def _status(one: Adjustment) -> Status:
    """A bonus that is missed is no failure, and a penalty that is not taken is a requirement that was met."""
    favour = one.kind in ("bonus", "multiplier")
    if one.state == "open":
        return "errored" if one.outcome.status == "errored" else "review"
    if one.state == "not judged":
        return "skipped"
    if one.state == "counts":
        return "passed" if favour else "failed"
    return "skipped" if favour else "passed"

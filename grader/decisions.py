"""What a person decides about what is still open, and the grade that follows. Pure: a record in, a record out.

Open are the points of a check in `review` or `borderline`, a part that only a person can judge, a bonus that cannot be
told, and a penalty that is proposed. What the grader has decided by itself can be overridden, and a penalty that only a
person sees can be taken. What failed for the grader's or the machine's own fault is none of them: it is run again.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from grader.errors import UsageError
from grader.judge import judge
from grader.records import Adjustment, Decision, Outcome, Part, RunRecord, Status
from grader.text import clean

LIMIT_REASON = 600
LIMIT_NAME = 120
_CERTAIN = ("passed", "failed", "partial", "skipped")
EPSILON = 0.005
"""Points are kept with two decimals."""


@dataclass(frozen=True)
class OpenItem:
    """Something that a person can decide: a check by its points, anything else by whether it counts."""

    id: str
    kind: str  # "check", "bonus", "multiplier", "penalty" or "percentage"
    outcome: Outcome
    state: str  # as the grader left it: the check's status, the state of an adjustment, or "by hand"
    lowest: float  # points of a check that are certain
    highest: float  # points of a check if all that is open were granted
    amount: float  # of a bonus, multiplier or penalty; 0 for a check
    decided: Decision | None  # the last decision, where there is one
    open_parts: tuple[str, ...] = ()  # of a check: the parts that are open, or were

    @property
    def takes_points(self) -> bool:
        return self.kind == "check"

    @property
    def overrides(self) -> bool:
        """Nothing was open here: a decision replaces what the grader found, or takes a penalty that it cannot see."""
        return self.lowest == self.highest if self.takes_points else self.state != "open"

    @property
    def partly_certain(self) -> bool:
        """Some of its points are open, and some are certain: won or lost."""
        return self.takes_points and not self.overrides and self.span(beyond=True) != self.span()

    def span(self, *, beyond: bool = False) -> tuple[float, float]:
        """The fewest and the most points that it can be given; `beyond`: what is certain is overridden, too."""
        return (0.0, self.outcome.max_points) if beyond else (self.least, self.most)

    @property
    def least(self) -> float:
        """The fewest points that it can be given."""
        return 0.0 if self.overrides else self.lowest

    @property
    def most(self) -> float:
        return self.outcome.max_points if self.overrides else self.highest


def open_items(record: RunRecord) -> tuple[OpenItem, ...]:
    """What nobody has decided yet, in the order of the assignment."""
    return tuple(one for one in items(record) if one.decided is None)


def items(record: RunRecord) -> tuple[OpenItem, ...]:
    """What is for a person to decide, or was decided by one and may be decided anew."""
    return tuple(one for one in decidable(record) if one.decided or not one.overrides)


def decidable(record: RunRecord) -> tuple[OpenItem, ...]:
    """All that a person may decide, also what the grader has decided by itself."""
    last = last_decisions(record.decisions)
    return (*_checks(record, last), *_adjustments(record, last))


def mark(record: RunRecord, name: str) -> str:
    """A word that changes whenever somebody decides about this: who holds it knows the last word about it."""
    past = (one for one in record.decisions if one.id == name)
    about = [
        record.run_id,
        *((one.who, one.decided_at, f"{one.points:.2f}", one.counts, one.reason) for one in past),
    ]
    return hashlib.sha256(repr(about).encode("utf-8", "backslashreplace")).hexdigest()[:32]


def last_decisions(decisions: Sequence[Decision]) -> dict[str, Decision]:
    """Of each id the decision that counts."""
    return {one.id: one for one in decisions}


def _checks(record: RunRecord, last: dict[str, Decision]) -> Iterator[OpenItem]:
    for outcome in record.outcomes:
        before = last.get(outcome.id)
        if before:
            span = (before.lowest, before.highest)
            yield OpenItem(outcome.id, "check", outcome, before.was, *span, 0, before, before.open_parts)
        elif outcome.status in ("errored", "skipped"):
            continue
        elif outcome.open_points > 0:
            most = round(outcome.points + outcome.open_points, 2)
            parts = tuple(one.name for one in outcome.parts if one.status not in _CERTAIN)
            yield OpenItem(outcome.id, "check", outcome, outcome.status, outcome.points, most, 0, None, parts)
        elif outcome.max_points > 0:
            given = outcome.points
            yield OpenItem(outcome.id, "check", outcome, outcome.status, given, given, 0, None)


def _adjustments(record: RunRecord, last: dict[str, Decision]) -> Iterator[OpenItem]:
    by_hand = {one.id for one in record.by_hand}
    for one in _with_by_hand(record):
        before = last.get(one.id)
        if before or (one.state != "not judged" and one.outcome.status != "errored"):
            state = before.was if before else "by hand" if one.id in by_hand else one.state
            yield OpenItem(one.id, one.kind, one.outcome, state, 0.0, 0.0, one.amount, before)


def _with_by_hand(record: RunRecord, taken: str = "") -> Iterator[Adjustment]:
    """The grade's own, then the penalties that only a person takes, in the order of the assignment.

    Args:
        taken: of these only the one of this id, and those that somebody has decided about; "" for all.
    """
    by_hand = {one.id: one for one in record.by_hand}
    settled = {one.id: one for one in record.grade.adjustments}
    yield from (one for one in record.grade.adjustments if one.id not in by_hand)
    for name, one in by_hand.items():
        if not taken or name == taken or name in settled:
            yield settled.get(name, one)


# --- deciding -------------------------------------------------------------------------------------------------


def decision_on(
    record: RunRecord,
    name: str,
    *,
    points: float | None = None,
    counts: bool | None = None,
    beyond: bool = False,
    reason: str,
    who: str,
    at: str,
) -> Decision:
    """A decision about one of `decidable`, held against what can be given there.

    Args:
        points: all points of a check, those that were certain included.
        counts: whether a bonus or multiplier is granted, or a penalty taken.
        beyond: of a check that is partly open, what is certain is overridden, too.
        at: the moment, ISO 8601 in UTC.

    Raises:
        UsageError: nothing of that name can be decided, the points are out of reach, or reason or name is empty.
    """
    item = _item(record, name)
    if item.takes_points:
        given = _points(item, points, counts, beyond)
    elif counts is None or points is not None:
        raise UsageError(
            f"{item.id} is a {_kind(item)}: it counts or it does not.", f"Say {item.id}=yes or {item.id}=no."
        )
    else:
        given = 0.0
    return Decision(
        id=item.id,
        points=given,
        counts=bool(counts) and not item.takes_points,
        reason=_text(reason, LIMIT_REASON, "a reason", "Say in a sentence why; the student reads it."),
        who=_text(who, LIMIT_NAME, "who decides", "Give --by NAME."),
        decided_at=at,
        was=item.state,
        lowest=item.lowest,
        highest=item.highest,
        open_parts=item.open_parts,
    )


def _item(record: RunRecord, name: str) -> OpenItem:
    known = {one.id: one for one in decidable(record)}
    if name in known:
        return known[name]
    shown = clean(name, 60)
    ids = [one.id for one in record.outcomes] + [one.id for one in record.grade.adjustments]
    if name in ids:
        raise UsageError(f"{shown} was not judged in this run: nothing of it can be decided.", _left(known))
    raise UsageError(f"This run has no check, bonus or penalty {shown}.", _left(known))


def _left(known: dict[str, OpenItem]) -> str:
    return f"A person can decide {', '.join(known)}." if known else "Nothing here is for a person to decide."


def _points(item: OpenItem, points: float | None, counts: bool | None, beyond: bool) -> float:
    least, most = item.span(beyond=beyond)
    span = f"{least:g} to {most:g}"
    if points is None or counts is not None:
        raise UsageError(f"{item.id} is a check: it gets points.", f"Give {span} points: {item.id}=POINTS.")
    if not math.isfinite(points) or not least - EPSILON <= points <= most + EPSILON:
        certain = f" {item.lowest:g} of them are certain already." if least else ""
        more = f"; as an override, 0 to {item.outcome.max_points:g}" if item.partly_certain else ""
        raise UsageError(
            f"{item.id} can get {span} points, and not {points:g}.{certain}", f"Give {span}{more}."
        )
    return min(max(round(points, 2), least), most)


def _text(given: str, limit: int, what: str, hint: str) -> str:
    text = clean(" ".join(given.split()), limit)
    if not text:
        raise UsageError(f"A decision needs {what}.", hint)
    return text


def _kind(item: OpenItem) -> str:
    return "penalty" if item.kind == "percentage" else item.kind


# --- judging again --------------------------------------------------------------------------------------------


def with_decision(record: RunRecord, decision: Decision) -> RunRecord:
    """The record with this decision, and with the grade that follows from all of them."""
    outcomes = tuple(_decided(one, decision) for one in record.outcomes)
    by_hand = any(one.id == decision.id for one in record.by_hand)
    changed = tuple(_settled(one, decision, by_hand) for one in _with_by_hand(record, decision.id))
    was = record.grade
    ungradable = was.reason if was.status == "ungradable" else ""
    grade = judge(outcomes, was.spec_points, was.pass_mark, ungradable, changed)
    return replace(record, outcomes=outcomes, grade=grade, decisions=(*record.decisions, decision))


def _decided(outcome: Outcome, decision: Decision) -> Outcome:
    if outcome.id != decision.id:
        return outcome
    status: Status = "partial"
    if decision.points >= outcome.max_points - EPSILON:
        status = "passed"
    elif decision.points <= EPSILON:
        status = "failed"
    parts = tuple(_part(one, decision) for one in outcome.parts)
    finding = outcome.finding
    if outcome.check == "manual":
        finding = replace(finding, measured="decided by a person", rationale="")
    return replace(
        outcome, status=status, points=decision.points, open_points=0.0, parts=parts, finding=finding
    )


def _part(part: Part, decision: Decision) -> Part:
    """A part that was open gets its share of what was granted; one that was certain stays as it is."""
    if part.name not in decision.open_parts:
        return part
    room = decision.highest - decision.lowest
    share = min(1.0, max(0.0, (decision.points - decision.lowest) / room)) if room > 0 else 0.0
    status: Status = "passed" if share >= 1 - 1e-9 else "partial" if share > 1e-9 else "failed"
    return replace(part, status=status, points=round(share * part.max_points, 2))


def _settled(one: Adjustment, decision: Decision, by_hand: bool) -> Adjustment:
    if one.id != decision.id:
        return one
    if by_hand:
        return taken_by_hand(one, decision.counts)
    return replace(one, state="counts" if decision.counts else "does not count", decided=True)


def taken_by_hand(one: Adjustment, taken: bool) -> Adjustment:
    """A penalty that only a person takes, once a person has decided about it."""
    said = f"a person {'took' if taken else 'did not take'} this penalty"
    outcome = replace(one.outcome, finding=replace(one.outcome.finding, measured=said))
    return replace(one, state="counts" if taken else "does not count", outcome=outcome, decided=True)

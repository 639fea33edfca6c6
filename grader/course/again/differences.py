"""Two judgements of one piece of work, held against each other: what changed, by how much, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from grader.decisions import last_decisions
from grader.ledger import counts
from grader.records import Adjustment, Decision, Grade, Outcome, RunRecord

Move = Literal["unchanged", "up", "down", "state"]
"""`state`: the same points, and something else of the grade is another: what is open, whether it passes, its status."""

EPSILON = 0.005
"""Points are kept with two decimals."""


@dataclass(frozen=True)
class Stand:
    """How a check, bonus, multiplier or penalty stands in one of the two."""

    status: str  # of a check as in `Outcome`, of the others as in `Adjustment`
    points: float  # of a check; of a bonus or penalty that counts what it adds or takes; 0 of a factor
    open_points: float
    max_points: float  # of a check; of the others their amount
    requirement: str
    measured: str
    rationale: str
    by: str = ""  # who decided it, where a person has


@dataclass(frozen=True)
class Change:
    """Something that stands differently; None where one of the two does not have it."""

    id: str
    kind: str  # "check", "bonus", "multiplier", "penalty" or "percentage"
    before: Stand | None
    after: Stand | None

    @property
    def by(self) -> float:
        """Points that a check, a bonus or a fixed penalty gives more by itself; a share or a factor says nothing."""
        return round((self.after.points if self.after else 0) - (self.before.points if self.before else 0), 2)


@dataclass(frozen=True)
class Marks:
    """A grade without its arithmetic."""

    status: str
    points: float  # nothing that is open is counted
    lowest: float
    highest: float
    max_points: float
    passed: bool


@dataclass(frozen=True)
class Difference:
    before: Marks
    after: Marks
    changes: tuple[Change, ...]  # in the order of the second one, then what only the first one has
    kept: tuple[Decision, ...] = ()  # decisions of people that both have
    lost: tuple[Decision, ...] = ()  # those that the second one has not: they do not fit any more

    @property
    def by(self) -> float:
        return round(self.after.points - self.before.points, 2)

    @property
    def move(self) -> Move:
        if abs(self.by) >= EPSILON:
            return "up" if self.by > 0 else "down"
        return "unchanged" if self.before == self.after else "state"


def marks(grade: Grade) -> Marks:
    return Marks(grade.status, grade.points, grade.lowest, grade.highest, grade.max_points, grade.passed)


def difference(before: RunRecord, after: RunRecord) -> Difference:
    """What another judgement, or another run, changes."""
    old, new = _stands(before), _stands(after)
    order = [*new, *(key for key in old if key not in new)]
    changes = (Change(key[0], key[1], old.get(key), new.get(key)) for key in order)
    was, now = last_decisions(before.decisions), last_decisions(after.decisions)
    return Difference(
        before=marks(before.grade),
        after=marks(after.grade),
        changes=tuple(one for one in changes if _stands_differently(one)),
        kept=tuple(one for name, one in was.items() if now.get(name) == one),
        lost=tuple(one for name, one in was.items() if name not in now),
    )


def _stands(record: RunRecord) -> dict[tuple[str, str], Stand]:
    who = {name: one.who for name, one in last_decisions(record.decisions).items()}
    found = {(one.id, "check"): _of_check(one, who.get(one.id, "")) for one in record.outcomes}
    for one in record.grade.adjustments:
        found[one.id, one.kind] = _of_adjustment(one, who.get(one.id, ""))
    return found


def _of_check(one: Outcome, who: str) -> Stand:
    finding = one.finding
    return Stand(
        one.status,
        one.points,
        one.open_points,
        one.max_points,
        one.requirement,
        finding.measured,
        finding.rationale,
        who,
    )


def _of_adjustment(one: Adjustment, who: str) -> Stand:
    signs = {"bonus": 1.0, "penalty": -1.0}
    points = signs.get(one.kind, 0.0) * one.amount if counts(one, "as it stands") else 0.0
    finding = one.outcome.finding
    return Stand(
        one.state,
        points + 0.0,
        0.0,
        one.amount,
        one.outcome.requirement,
        finding.measured,
        finding.rationale,
        who,
    )


def _stands_differently(change: Change) -> bool:
    before, after = change.before, change.after
    if before is None or after is None:
        return True
    numbers = zip(_numbers(before), _numbers(after), strict=True)
    return before.status != after.status or any(abs(a - b) >= EPSILON for a, b in numbers)


def _numbers(stand: Stand) -> tuple[float, float, float]:
    return stand.points, stand.open_points, stand.max_points


def difference_of(plain: dict[str, Any]) -> Difference:
    """The difference that `dataclasses.asdict` made these plain values of."""
    return Difference(
        before=Marks(**plain["before"]),
        after=Marks(**plain["after"]),
        changes=tuple(_change_of(one) for one in plain["changes"]),
        kept=tuple(_decision_of(one) for one in plain["kept"]),
        lost=tuple(_decision_of(one) for one in plain["lost"]),
    )


def _change_of(plain: dict[str, Any]) -> Change:
    before, after = (Stand(**one) if one else None for one in (plain["before"], plain["after"]))
    return Change(plain["id"], plain["kind"], before, after)


def _decision_of(plain: dict[str, Any]) -> Decision:
    return Decision(**{**plain, "open_parts": tuple(plain["open_parts"])})


# --- sums ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sums:
    """How many moved which way. Every difference is in one of the first four; the others look across these."""

    unchanged: int
    up: int
    down: int
    state: int
    points: float  # all changes of points, added up
    pass_now: int  # that did not for certain
    pass_no_more: int
    open_now: int  # something became open that was not
    open_no_more: int


def sums(differences: Iterable[Difference]) -> Sums:
    found = list(differences)
    moves = [one.move for one in found]
    return Sums(
        unchanged=moves.count("unchanged"),
        up=moves.count("up"),
        down=moves.count("down"),
        state=moves.count("state"),
        points=round(sum(one.by for one in found), 2) + 0.0,
        pass_now=sum(one.after.passed and not one.before.passed for one in found),
        pass_no_more=sum(one.before.passed and not one.after.passed for one in found),
        open_now=sum(_is_open(one.after) and not _is_open(one.before) for one in found),
        open_no_more=sum(_is_open(one.before) and not _is_open(one.after) for one in found),
    )


def _is_open(grade: Marks) -> bool:
    return grade.status == "needs_review"


def reasons(found: Difference) -> Iterator[Change]:
    """The changes, those that move points the most first."""
    return iter(sorted(found.changes, key=lambda one: -abs(one.by)))

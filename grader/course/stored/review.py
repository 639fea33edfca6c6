"""Decisions of people, kept with the run that they are about: judged again and written anew in one go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from grader.course.stored.folder import locked, rewrite
from grader.course.stored.results import RESULT, read_run
from grader.decisions import decision_on, last_decisions, mark, with_decision
from grader.errors import UsageError
from grader.records import Decision, RunRecord
from grader.report.interface import reports


@dataclass(frozen=True)
class Wish:
    """What is to be decided: a check by its points, anything else by whether it counts."""

    id: str
    points: float | None = None
    counts: bool | None = None
    beyond: bool = False  # of a check that is partly open, also what is certain


class DecidedMeanwhile(UsageError):
    """Somebody else has decided about the same thing since it was shown; nothing was written."""

    def __init__(self, decision: Decision, given: str) -> None:
        super().__init__(
            f"{decision.who} has decided {decision.id} meanwhile: {given}. {decision.reason}",
            "Nothing was overwritten. Decide again if you still see it otherwise.",
        )
        self.decision = decision
        self.given = given


def decide(
    folder: Path, wishes: Iterable[Wish], *, reason: str, who: str, expecting: Mapping[str, str] | None = None
) -> RunRecord:
    """Record decisions about a stored run, and judge the run again: all of them, or none.

    The record is read under the lock: of two people who decide at once, neither loses anything.

    Args:
        expecting: id → the `grader.decisions.mark` that it had when it was shown to who decides.

    Raises:
        DecidedMeanwhile: somebody has decided since about one of `expecting`.
        UsageError: one of them cannot be decided, or its points are out of reach.
        StoreError: the run cannot be read or written; then nothing was changed.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with locked(folder):
        record = read_run(folder)
        _as_shown(record, expecting or {})
        for wish in wishes:
            decision = decision_on(
                record,
                wish.id,
                points=wish.points,
                counts=wish.counts,
                beyond=wish.beyond,
                reason=reason,
                who=who,
                at=now,
            )
            record = with_decision(record, decision)
        texts = {report.file_name: report.render(record) for report in reports()}
        rewrite(folder, dict(sorted(texts.items(), key=lambda item: item[0] == RESULT)))
    return record


def _as_shown(record: RunRecord, expecting: Mapping[str, str]) -> None:
    last = last_decisions(record.decisions)
    checks = {one.id for one in record.outcomes}
    for name, seen in expecting.items():
        if name in last and mark(record, name) != seen:
            one = last[name]
            given = f"{one.points:g} points" if name in checks else "yes" if one.counts else "no"
            raise DecidedMeanwhile(one, given)

"""Decisions of people, kept with the run that they are about: judged again and written anew in one go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from grader.course.runs import RESULT, read_run
from grader.course.store import locked, rewrite
from grader.decisions import decision_on, with_decision
from grader.records import RunRecord
from grader.report.interface import reports


@dataclass(frozen=True)
class Wish:
    """What is to be decided: a check by its points, anything else by whether it counts."""

    id: str
    points: float | None = None
    counts: bool | None = None


def decide(folder: Path, wishes: Iterable[Wish], *, reason: str, who: str) -> RunRecord:
    """Record decisions about what is open in a stored run, and judge the run again: all of them, or none.

    The record is read under the lock: of two people who decide at once, neither loses anything.

    Raises:
        UsageError: one of them is not open, or its points are out of reach.
        StoreError: the run cannot be read or written; then nothing was changed.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with locked(folder):
        record = read_run(folder)
        for wish in wishes:
            decision = decision_on(
                record, wish.id, points=wish.points, counts=wish.counts, reason=reason, who=who, at=now
            )
            record = with_decision(record, decision)
        texts = {report.file_name: report.render(record) for report in reports()}
        rewrite(folder, dict(sorted(texts.items(), key=lambda item: item[0] == RESULT)))
    return record

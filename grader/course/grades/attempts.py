"""The graded runs of one piece of work, as far as a total needs them, and the one that counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from typing import Literal

from grader.records import RunRecord


@dataclass(frozen=True)
class Attempt:
    """One run. `points` counts nothing that is open; `lowest` and `highest` are its bounds."""

    run_id: str
    work: str  # the commit, or the digest of the files: the same for two runs of the same work
    handed_in_seconds: float | None  # since 1970, UTC; None where the work carries no time
    graded_at: str  # ISO 8601, UTC
    points: float
    lowest: float
    highest: float
    usable: bool = True  # False where the grader or its machine failed, or the run is not a grade

    def is_by(self, seconds: float) -> bool:
        """Whether it was handed in by that moment, the moment included; what carries no time was."""
        return self.handed_in_seconds is None or self.handed_in_seconds <= seconds


def attempt_of(record: RunRecord) -> Attempt:
    """A stored run as an attempt."""
    submission, grade = record.evidence.submission, record.grade
    return Attempt(
        run_id=record.run_id,
        work=submission.commit or submission.tree_digest,
        handed_in_seconds=moment(submission.committed_at),
        graded_at=record.provenance.finished_at,
        points=grade.points,
        lowest=grade.lowest,
        highest=grade.highest,
        usable=grade.status != "infrastructure" and not record.not_a_grade,
    )


def chosen(
    attempts: Iterable[Attempt], rule: Literal["last", "best"], worth: Callable[[Attempt], float]
) -> Attempt | None:
    """The attempt that counts: of the same work the latest usable run; of several works the last, or the best.

    That a work was judged anew, for better or worse, is no second attempt.
    """
    latest = latest_of_each(attempts)
    if rule == "best":
        return max(latest, key=lambda one: (worth(one), *_age(one)), default=None)
    return max(latest, key=_age, default=None)


def latest_of_each(attempts: Iterable[Attempt]) -> tuple[Attempt, ...]:
    """Of each work its latest usable run."""
    latest: dict[str, Attempt] = {}
    for one in sorted(attempts, key=lambda one: (one.graded_at, one.run_id)):
        if one.usable:
            latest[one.work] = one
    return tuple(latest.values())


def _age(attempt: Attempt) -> tuple[float, str, str]:
    """Work that carries no time counts as the newest: somebody just gave it."""
    handed_in = inf if attempt.handed_in_seconds is None else attempt.handed_in_seconds
    return handed_in, attempt.graded_at, attempt.run_id


def moment(text: str) -> float | None:
    """Seconds since 1970 of a stored moment; None where it says none."""
    try:
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None

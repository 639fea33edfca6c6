"""How far a batch is, and how long it still takes: from what its own attempts took so far."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from grader.course.batch.entries import Row, State

if TYPE_CHECKING:
    from grader.course.batch.batch import Batch

ORDER: tuple[State, ...] = (
    "graded",
    "missing",
    "unreachable",
    "blocked",
    "grading",
    "fetching",
    "looking",
    "looked",
    "fetched",
    "waiting",
    "retry",
    "stuck",
)


DUE: tuple[State, ...] = ("waiting", "fetching", "fetched", "looking", "looked", "retry")


class Progress:
    """Looks at the rows whenever it is asked. Times are of the attempts of this go; what was reused took none.

    `usual`: seconds of an attempt as earlier ones took, for as long as none of this go has ended.
    """

    def __init__(self, rows: Sequence[Row], usual: float | None = None) -> None:
        self._rows = rows
        self._most_at_once = 1
        self.usual = usual

    def counts(self) -> str:
        """`120 of 150 graded, 2 nothing handed in, ...`: all rows, none left out."""
        found = Counter(row.state for row in self._rows)
        parts = [f"{found[state]} {state}" for state in ORDER if found[state]]
        return f"{len(self._rows)} rows: {', '.join(parts)}."

    def seconds_left(self, now: float | None = None) -> float | None:
        """Seconds until the last attempt ends, about; None as long as nothing was measured."""
        moment = time.monotonic() if now is None else now
        busy = [row for row in self._rows if row.state == "grading"]
        self._most_at_once = max(self._most_at_once, len(busy))
        each = self._each([moment - row.began for row in busy])
        if each is None:
            return None
        due = sum(row.state in DUE for row in self._rows)
        under_way = sum(max(each - (moment - row.began), 0.1 * each) for row in busy)
        return (due * each + under_way) / self._most_at_once

    def _each(self, so_far: Sequence[float]) -> float | None:
        """Seconds of an attempt. Short ones end first: what runs for longer already counts with its time so far."""
        took = [row.seconds for row in self._rows if row.state == "graded" and row.seconds]
        if not took:
            return self.usual
        usual = statistics.fmean(took)
        return statistics.fmean([*took, *(one for one in so_far if one > usual)])

    def sentence(self) -> str:
        left = self.seconds_left()
        if not any(row.state in (*DUE, "grading") for row in self._rows):
            return "Nothing is left."
        return "Time left: not measured yet." if left is None else f"Time left: about {_time(left)}."

    def estimate(self, batch: Batch) -> str:
        """What grading will take, before anything was: from earlier runs under the same plan, else from the limit."""
        due = [row for row in self._rows if row.state in ("fetched", "looked")]
        slots = batch.executor.slots
        each = batch.database.usual_seconds(batch.plan.loaded.spec.id, batch.plan.device_class)
        if each is not None:
            whole = len(due) * each
            return (
                f"{len(due)} to grade, about {_time(whole / slots)} with {slots} at once "
                f"({whole / 60:.0f} device minutes; {each:.0f} s each, as earlier runs took)."
            )
        training = batch.plan.loaded.spec.training
        if training is None or not batch.plan.loaded.spec.trains:
            return f"{len(due)} to grade; nothing is trained. No earlier run says how long one takes."
        most = len(due) * training.time_limit * training.seeds.at_most
        return (
            f"{len(due)} to grade. No earlier run says how long one takes; at the very most {most / 60:.0f} device "
            f"minutes, where each of {training.seeds.at_most} trainings uses up its time limit."
        )


def _time(seconds: float) -> str:
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"

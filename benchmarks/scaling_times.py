"""What the stages of a batch took, from the runs that it stored: for `scaling.py`, which replays them.

A run with a trial was trained in an attempt of its own; one without was graded by the first look. Both tell how long
they worked themselves. What a slot needed in between (a process that starts, the batch that reads and stores) is the gap
between the end of one attempt and the start of the next one in the same slot.
"""

from __future__ import annotations

import heapq
import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from grader.course.stored.runs import StoredRun, stored_runs

LONGEST_GAP = 20.0
"""Seconds; between two attempts that are further apart something else happened: a pause, or the end of the looks."""


@dataclass(frozen=True)
class RowTimes:
    """One submission. `attempt_seconds` 0: the look graded it."""

    folder: Path  # of its run
    began: float  # of its run; seconds since the epoch
    wall_seconds: float  # of its run
    look_seconds: float
    attempt_seconds: float


@dataclass(frozen=True)
class Times:
    """All submissions of a batch, in the order of their names."""

    rows: tuple[RowTimes, ...]
    look_start_seconds: float  # a process that looks, until its first submission
    gap_seconds: float  # around an attempt; it is in each `attempt_seconds` already

    @property
    def span_seconds(self) -> float:
        """From the start of the first stored run to the end of the last one."""
        return max(row.began + row.wall_seconds for row in self.rows) - min(row.began for row in self.rows)


def read_times(place: Path) -> Times:
    """The times of all runs below this folder.

    Raises:
        GraderError: there is no run, or none that was trained.
    """
    found = [one for one in stored_runs(place) if isinstance(one, StoredRun)]
    trained = [one for one in found if one.record.evidence.trials]
    gap = gap_seconds([(_began(one), one.record.provenance.wall_seconds) for one in trained])
    starts = [_stages(one.folder)[0] for one in trained]
    rows = [_row(one, gap) for one in sorted(found, key=lambda one: one.record.evidence.submission.name)]
    return Times(tuple(rows), gap + statistics.median(starts), gap)


def _row(run: StoredRun, gap: float) -> RowTimes:
    took = run.record.provenance.wall_seconds
    if not run.record.evidence.trials:
        return RowTimes(run.folder, _began(run), took, look_seconds=took, attempt_seconds=0)
    inspected, trains = _stages(run.folder)
    return RowTimes(run.folder, _began(run), took, trains - inspected, gap + took)


def _began(run: StoredRun) -> float:
    return datetime.fromisoformat(run.record.provenance.started_at).timestamp()


def _stages(folder: Path) -> tuple[float, float]:
    """Seconds of an attempt until its model is looked at, and until the training starts."""
    starts: dict[str, float] = {}
    for line in (folder / "events.jsonl").read_text("utf-8").splitlines():
        event = json.loads(line)
        if event["kind"] == "start":
            starts.setdefault(event["stage"], event["seconds"])
    return starts["inspect"], starts["train"]


def gap_seconds(attempts: Sequence[tuple[float, float]]) -> float:
    """What a slot needs between two attempts, from (start, seconds) of all: the mean of the middle half.

    Starts are known to the second; cut off alike at both ends of a gap, they leave its mean as it is.
    """
    gaps: list[float] = []
    busy: list[float] = []  # until when, of each slot
    for began, seconds in sorted(attempts):
        if busy and busy[0] <= began + 1:
            gaps.append(began - heapq.heappop(busy))
        heapq.heappush(busy, began + seconds)
    near = sorted(gap for gap in gaps if gap <= LONGEST_GAP)
    quarter = len(near) // 4
    middle = near[quarter : len(near) - quarter]
    return max(0.0, statistics.fmean(middle)) if middle else 0.0

"""What a batch comes to as a whole: counts, shares, the front of small and accurate models. Pure arithmetic."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from grader.records import Absent
from grader.report import words
from grader.report.batch_rows import STATES, BatchRow
from grader.report.words import Word

BINS = 10
"""Of the points, as shares of what was judged; full marks have a bin of their own."""


@dataclass(frozen=True)
class Bin:
    """One bar: how many are in it, and how many of them are still open."""

    title: str
    count: int
    open: int = 0


@dataclass(frozen=True)
class CheckRate:
    """How one check came out over all submissions in which it was judged."""

    id: str
    requirement: str
    passed: int
    partial: int
    failed: int
    open: int
    not_judged: int  # skipped, or the grader's fault

    @property
    def judged(self) -> int:
        return self.passed + self.partial + self.failed + self.open

    @property
    def missed(self) -> int:
        """Those who lost points on it, all or some."""
        return self.partial + self.failed


@dataclass(frozen=True)
class Dot:
    """A submission between its parameters and its accuracy."""

    row: BatchRow
    parameters: int
    accuracy: float
    on_front: bool  # nobody is as accurate with fewer parameters, or more accurate with as many


def states(rows: Sequence[BatchRow]) -> list[tuple[str, Word, int]]:
    """(state, its word, rows in it), in the order in which they are explained."""
    counts = Counter(row.state for row in rows)
    return [(name, word, counts[name]) for name, word in STATES.items() if counts[name]]


def distribution(rows: Sequence[BatchRow]) -> list[Bin]:
    """Points as shares of what was judged, in tenths; what is below 0 stands in the first, full marks in the last."""
    counted, still_open = Counter[int](), Counter[int]()
    for row in rows:
        if row.has_points:
            place = _tenth(row.points / row.max_points)
            counted[place] += 1
            still_open[place] += row.state == "person"
    titles = [f"{10 * at} to {10 * at + 10} %" for at in range(BINS)]
    return [Bin(title, counted[at], still_open[at]) for at, title in enumerate([*titles, "full marks"])]


def _tenth(share: float) -> int:
    """0 to 9, and 10 for all points. A share that is a round number in two decimals belongs to the upper bin."""
    return min(BINS, max(0, math.floor(round(share * BINS, 6))))


def check_rates(rows: Sequence[BatchRow]) -> list[CheckRate]:
    """All checks, the one that was missed most often first."""
    counts: dict[str, Counter[str]] = {}
    told: dict[str, str] = {}
    for row in rows:
        for mark in row.marks:
            counts.setdefault(mark.id, Counter())[mark.status] += 1
            told[mark.id] = mark.requirement
    rates = [
        CheckRate(
            id=name,
            requirement=told[name],
            passed=seen["passed"],
            partial=seen["partial"],
            failed=seen["failed"],
            open=seen["review"] + seen["borderline"],
            not_judged=seen["skipped"] + seen["errored"],
        )
        for name, seen in counts.items()
    ]
    return sorted(rates, key=lambda one: (-one.missed / max(one.judged, 1), -one.missed))


def rate_sentence(rate: CheckRate) -> str:
    """`17 of 23 failed it, 2 met it in part; 1 open.`"""
    if not rate.judged:
        return "Not judged in any run."
    part = f", {rate.partial:,} met it in part" if rate.partial else ""
    left = f"; {rate.open:,} open" if rate.open else ""
    return f"{rate.failed:,} of {rate.judged:,} failed it{part}{left}."


def dots(rows: Sequence[BatchRow]) -> list[Dot]:
    """All that have both numbers, by parameters; the front is told among them."""
    known = [
        (row, row.parameters, row.accuracy)
        for row in rows
        if not isinstance(row.parameters, Absent)
        and not isinstance(row.accuracy, Absent)
        and row.parameters > 0
        and 0 <= row.accuracy <= 1
    ]
    known.sort(key=lambda one: (one[1], -one[2], one[0].name))
    best, found = -1.0, []
    for row, parameters, accuracy in known:
        found.append(Dot(row, parameters, accuracy, accuracy > best))
        best = max(best, accuracy)
    return found


def times(rows: Sequence[BatchRow]) -> list[Bin]:
    """How long a run took, in bins of one round width."""
    spent = [row.wall_seconds for row in rows if _took(row)]
    if not spent:
        return []
    width = _round_width(max(spent))
    counts = Counter(math.floor(one / width) for one in spent)
    last = math.floor(max(spent) / width)
    return [Bin(_between(at * width, (at + 1) * width, width), counts[at]) for at in range(last + 1)]


def _between(low: float, high: float, width: float) -> str:
    """`20 to 30 s`, `1 to 2 min`."""
    for size, unit in ((3600, "h"), (60, "min"), (1, "s")):
        if width >= size:
            return f"{low / size:g} to {high / size:g} {unit}"
    return f"{low:.1f} to {high:.1f} s"


def _round_width(most: float) -> float:
    """A readable width that gives at most twelve bins."""
    steps = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
    return next((step for step in steps if most < 12 * step), 3600.0 * math.ceil(most / 12 / 3600 + 1e-9))


def time_sentence(rows: Sequence[BatchRow]) -> str:
    """All the time together, the middle and the longest."""
    spent = [row for row in rows if _took(row)]
    if not spent:
        return "Nothing was run."
    whole = sum(row.wall_seconds for row in spent)
    trained = sum(row.train_seconds for row in spent)
    longest = max(spent, key=lambda row: row.wall_seconds)
    return (
        f"{words.seconds(whole)} in all, {words.seconds(trained)} of it training. The run in the middle took "
        f"{words.seconds(median(row.wall_seconds for row in spent))}, the longest "
        f"{words.seconds(longest.wall_seconds)} ({longest.name})."
    )


def _took(row: BatchRow) -> bool:
    return math.isfinite(row.wall_seconds) and 0 < row.wall_seconds < 1e9

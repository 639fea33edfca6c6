"""How the accuracy grew from epoch to epoch, and the line that it is held against."""

from __future__ import annotations

import re
from dataclasses import dataclass

from grader.records import Absent, EpochPoint, Evidence, RunRecord, Trial
from grader.report import words
from grader.report.sections.interface import Column, Section, Table, shortened

_LINE = re.compile(r"test accuracy of (\d+(?:\.\d+)?) % or more(?: in each of the last (\d+) epochs)?")
"""As the check `test_accuracy` writes its requirement."""


@dataclass(frozen=True)
class Limit:
    """A line that the accuracy is held against, after each of the last epochs: usually one."""

    target: float  # 0 to 1
    last_epochs: int = 1


def build(record: RunRecord) -> Section:
    found = record.evidence
    drawn = measured(found.trials)
    if not drawn:
        return Section("curves", "Epoch by epoch", lead=(_why(found),))
    rows, note = shortened(tuple(_rows(drawn)))
    columns = (
        Column("Epoch", "number"),
        Column("Samples", "number"),
        *(Column(f"Seed {trial.seed}", "number") for trial, _ in drawn),
        *((Column("Mean", "number"),) if len(drawn) > 1 else ()),
    )
    lead = "The test accuracy after each epoch, measured by the grader on the state that the model had then."
    title = "Test accuracy after each epoch"
    table = Table(title, columns, rows, shown_as="accuracy", folded=len(rows) > 1, note=note)
    last = max(point.epoch for _, points in drawn for point in points)
    said = (f"{lead} What counts is the end of the training, never the best epoch.", *_lines(record, last))
    return Section("curves", "Epoch by epoch", lead=said, tables=(table,))


def measured(trials: tuple[Trial, ...]) -> list[tuple[Trial, list[EpochPoint]]]:
    """The trials with the epochs whose accuracy was measured, in their order."""
    found = [(trial, [one for one in trial.epochs if 0 <= one.accuracy <= 1]) for trial in trials]
    return [(trial, sorted(points, key=lambda one: one.epoch)) for trial, points in found if points]


def limits(record: RunRecord) -> tuple[Limit, ...]:
    """The lines of the checks of the accuracy, each once, as their requirements state them."""
    found = [
        _LINE.search(outcome.requirement) for outcome in record.outcomes if outcome.check == "test_accuracy"
    ]
    known = {Limit(float(one[1]) / 100, int(one[2] or 1)): None for one in found if one}
    return tuple(limit for limit in known if limit.target <= 1 and limit.last_epochs >= 1)


def _lines(record: RunRecord, last: int) -> tuple[str, ...]:
    said = []
    for limit in limits(record):
        first = max(1, last - limit.last_epochs + 1)
        where = f"after each of the epochs {first} to {last}" if first < last else f"after epoch {last}"
        said.append(f"The line is {words.share(limit.target)} {where}.")
    return tuple(said)


def _rows(drawn: list[tuple[Trial, list[EpochPoint]]]) -> list[tuple[str, ...]]:
    by_epoch = [{point.epoch: point for point in points} for _, points in drawn]
    rows = []
    for epoch in sorted({epoch for points in by_epoch for epoch in points}):
        here = [points.get(epoch) for points in by_epoch]
        known = [point for point in here if point is not None]
        values = [words.accuracy(point.accuracy) if point else "–" for point in here]
        mean = words.accuracy(sum(point.accuracy for point in known) / len(known))
        shown = (*values, mean if len(known) == len(here) else "–") if len(drawn) > 1 else tuple(values)
        rows.append((f"{epoch:,}", f"{known[0].samples:,}", *shown))
    return rows


def _why(found: Evidence) -> str:
    if isinstance(found.test_accuracy, Absent):
        return f"There is no curve of the accuracy. {words.why_not(found.test_accuracy)}"
    return "There is no curve of the accuracy: it was measured once, after the last epoch."

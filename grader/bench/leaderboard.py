"""A leaderboard of one spec: models by their accuracy, ties by interval, and the front of parameters against accuracy.

Entries are series of benchmarks, and graded runs of students who chose a name for it. Of a student nothing else is shown.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from grader.bench.records import Bench, Series
from grader.bench.stats import median_of
from grader.bench.summary import accuracies, reached, scored_trials
from grader.bench.trials import on_gpu, series_of
from grader.course.stored.runs import StoredRun, stored_runs
from grader.errors import UsageError
from grader.evaluation.noise import Interval, interval, tabulated
from grader.records import RunRecord
from grader.stages.study import lines_of
from grader.text import clean

if TYPE_CHECKING:
    from grader.spec.load import Loaded

Kind = Literal["benchmark", "student"]
_Found = tuple[Series, str, Kind, str]
"""What may become an entry: its trials, its name, its kind, and the device it ran on."""
NAME_LIMIT = 40


@dataclass(frozen=True)
class Entry:
    """One model. Times and samples are medians over its seeds, infinite where most never reach the target."""

    name: str
    kind: Kind
    parameters: int
    flops: int
    seeds: int
    mean: float
    interval: Interval
    samples: float
    seconds: float
    device: str


@dataclass(frozen=True)
class Ranked:
    entry: Entry
    rank: int  # one more than the entries that are better for certain; equal ranks are ties
    on_front: bool  # no other is as small and as accurate


@dataclass(frozen=True)
class Board:
    spec_id: str
    edition: int
    title: str
    target: float
    data: str
    entries: tuple[Ranked, ...]
    left_out: tuple[str, ...]  # why, in sentences for whoever makes it; not for the page


def ranked(entries: Sequence[Entry]) -> tuple[Ranked, ...]:
    """By mean accuracy. A is better than B for certain where A's interval lies wholly above B's."""
    best_first = sorted(entries, key=lambda one: (-one.mean, one.parameters, one.name))
    return tuple(
        Ranked(
            one,
            1 + sum(other.interval.low > one.interval.high for other in entries),
            not any(_beats(other, one) for other in entries),
        )
        for one in best_first
    )


def _beats(other: Entry, one: Entry) -> bool:
    """At least as small and as accurate, and in one of them better."""
    no_worse = other.parameters <= one.parameters and other.mean >= one.mean
    return no_worse and (other.parameters, other.mean) != (one.parameters, one.mean)


def board(
    loaded: Loaded, benches: Sequence[Bench], runs: Path | None = None, names: Mapping[str, str] | None = None
) -> Board:
    """The leaderboard of a spec.

    Args:
        benches: the first one's data is what all are held against.
        runs: folder of stored runs.
        names: submission → chosen name, of those who want to be shown.

    Raises:
        UsageError: there is nothing to show.
    """
    said: list[str] = []
    found: list[_Found] = [
        (one, one.subject.model, "benchmark", bench.conditions.device)
        for bench in benches
        for one in bench.series
        if one.assignment.spec_id == loaded.spec.id and accuracies(one)
    ]
    entries = _entries(loaded, [*found, *_students(loaded, runs, names or {}, said)], said)
    if not entries:
        why = f" {' '.join(said)}" if said else ""
        raise UsageError(
            f"There is nothing to rank for {loaded.spec.id}.{why}",
            f"Measure first: grader bench {loaded.spec.id}",
        )
    _refuse_twins([entry for _, entry in entries])
    about = entries[0][0].assignment
    return Board(
        spec_id=loaded.spec.id,
        edition=loaded.spec.edition,
        title=loaded.spec.title,
        target=_target(loaded),
        data=about.data if about.official or about.stand_in else f"{about.data} (not official)",
        entries=ranked([entry for _, entry in entries]),
        left_out=tuple(said),
    )


def _target(loaded: Loaded) -> float:
    return max((line.target for line in lines_of(loaded.spec.rules) if line.of == "test"), default=0.0)


def _entries(loaded: Loaded, found: Sequence[_Found], said: list[str]) -> list[tuple[Series, Entry]]:
    """Those that were measured under the spec as it is, and on the data of the first of them."""
    from grader.spec.load import evidence_plan_digest

    plan, target = evidence_plan_digest(loaded.spec), _target(loaded)
    made: list[tuple[Series, Entry]] = []
    for series, name, kind, device in found:
        if _fits(series, plan, made[0][0] if made else series, said):
            made.append((series, _entry(series, name, kind, device, target)))
    return made


def _fits(series: Series, plan: str, first: Series, said: list[str]) -> bool:
    """Whether it was measured as the others were."""
    if series.assignment.plan_digest != plan:
        said.append(f"{series.subject.model}: measured under another edition of the spec.")
    elif series.assignment.data_digest != first.assignment.data_digest:
        said.append(f"{series.subject.model}: measured on other data ({series.assignment.data}).")
    else:
        return True
    return False


def _entry(series: Series, name: str, kind: Kind, device: str, target: float) -> Entry:
    values, scored = accuracies(series), scored_trials(series)
    mean = sum(values) / len(values)
    known = tabulated(series.assignment.data, mean, max(one.known_sd for one in scored)).sd
    found = [reached(one, target) for one in scored] if target else []
    return Entry(
        name=name,
        kind=kind,
        parameters=series.subject.parameters,
        flops=series.subject.flops,
        seeds=len(values),
        mean=mean,
        interval=interval(values, known),
        samples=median_of([one.samples for one in found]) if found else math.inf,
        seconds=median_of([one.seconds for one in found]) if found else math.inf,
        device=device,
    )


def _students(
    loaded: Loaded, runs: Path | None, names: Mapping[str, str], said: list[str]
) -> Iterator[_Found]:
    """The latest graded run of each who chose a name."""
    if runs is None:
        return
    left = dict(names)
    for one in stored_runs(runs):
        if not isinstance(one, StoredRun) or one.record.provenance.spec_id != loaded.spec.id:
            continue
        submission = one.record.evidence.submission.name
        name = left.pop(submission, "")
        if not name:
            continue
        why = _not_graded(one.record)
        if why:
            said.append(f"{submission}: {why}")
        else:
            device = one.record.provenance.device
            series = series_of(one.record, lines_of(loaded.spec.rules), on_gpu=on_gpu(device))
            yield series, name, "student", device
    said += [f"{submission}: there is no run of it under {loaded.spec.id}." for submission in left]


def _not_graded(record: RunRecord) -> str:
    """Why a run may not stand on a leaderboard; "" where it may."""
    if record.not_a_grade:
        return f"its run is no grade. {record.not_a_grade[0]}"
    if record.grade.status != "complete":
        return f"its grade is not settled ({record.grade.status.replace('_', ' ')})."
    scored = [one for one in record.evidence.trials if one.correct >= 0]
    return "" if scored else "no accuracy was measured."


def _refuse_twins(entries: Sequence[Entry]) -> None:
    seen: set[str] = set()
    for one in entries:
        if one.name.casefold() in seen:
            raise UsageError(f"Two entries are called {one.name}.", "Choose another name for one of them.")
        seen.add(one.name.casefold())


def chosen_names(file: Path) -> dict[str, str]:
    """Submission → chosen name, from a table with the columns `submission` and `name`. Without a name: not shown.

    Raises:
        UsageError: it cannot be read, a column is missing, or a submission stands in it twice.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = list(csv.DictReader(text))
            wrong = bool(rows) and not {"submission", "name"} <= set(rows[0])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{file} cannot be read: {error}.", "Give a table as CSV, in UTF-8.") from None
    if wrong or not rows:
        raise UsageError(f"{file} has no row under submission,name.", "Its first line is: submission,name")
    found: dict[str, str] = {}
    for number, row in enumerate(rows, 2):
        submission, name = (row["submission"] or "").strip(), clean((row["name"] or "").strip(), NAME_LIMIT)
        if submission in found:
            raise UsageError(
                f"{file}:{number}: {clean(submission)} stands in it twice.", "Keep one of the rows."
            )
        if submission and name:
            found[submission] = name
    return found

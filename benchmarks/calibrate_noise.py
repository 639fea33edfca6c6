"""The noise table from its sources: committed results of both lanes, a result of `grader bench`, and stated figures.

The mean of a row's accuracies is rounded to 0.1 points, its deviation up to 0.01 points. A worse model is never taken
for a steadier one: where a row's deviation is below that of a better model, the better model's is taken.
"""

from __future__ import annotations

import math
import re
import statistics
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, cast

from calibrate_code import module, text
from calibrate_sources import ROOT, CalibrationError, number, shown, table_with

from grader.bench.records import Bench
from grader.bench.trials import read_bench
from grader.errors import GraderError
from grader.evaluation.calibration.rows import Known, Source

KIND = "dict[str, tuple[Known, ...]]"


@dataclass(frozen=True)
class Made:
    """A row, and how it came about."""

    task: str
    known: Known
    how: str


@dataclass(frozen=True)
class Study:
    """Seeds of one model in a result of `grader bench`."""

    accuracies: tuple[float, ...]
    where: str

    @property
    def near(self) -> float:
        return round(statistics.fmean(self.accuracies), 3)

    @property
    def sd(self) -> float:
        return math.ceil(1e4 * statistics.stdev(self.accuracies) - 1e-6) / 1e4


def noise_table(asked: dict[str, Any], root: Path = ROOT) -> str:
    """The module's text.

    Args:
        asked: calibration.toml.

    Raises:
        CalibrationError: a measurement is missing or cannot be used, or two rows hold at one accuracy.
    """
    rows = noise_rows(asked, root)
    what = "Run-to-run noise of an accuracy: for each task what is known of it, by rising accuracy."
    imports = "from grader.evaluation.calibration.rows import Known"
    lines = []
    for task, group in groupby(rows, key=lambda row: row.task):
        lines += [f"    {text(task)}: (", *(line for row in group for line in _code(row.known)), "    ),"]
    sources = [f"{row.task} at {100 * row.known.near:.1f} %: {row.how}" for row in rows]
    return module(what, sources, imports, "TABLE", KIND, lines)


def noise_rows(asked: dict[str, Any], root: Path = ROOT) -> list[Made]:
    """The rows, task by task as they are named first, each by rising accuracy; raises as `noise_table` does."""
    studies = _studies(root / asked["bench"]["file"])
    found = [_row(entry, studies, asked["bench"]["enough_seeds"], root) for entry in asked["noise"]]
    tasks = list(dict.fromkeys(row.task for row in found))
    ordered = sorted(found, key=lambda row: (tasks.index(row.task), row.known.near))
    for low, high in pairwise(ordered):
        if (low.task, low.known.near) == (high.task, high.known.near):
            raise CalibrationError(
                f"calibration.toml: {low.task} has two rows at {low.known.near:.1%}: leave one out."
            )
    return _falling(ordered)


def _row(entry: dict[str, Any], studies: dict[str, Study], enough: int, root: Path) -> Made:
    if "results" in entry:
        return _read(entry, root / entry["results"])
    study = studies.get(entry.get("bench", ""))
    if study is None:
        return _stated(entry)
    n, measured = len(study.accuracies), Known(study.near, study.sd, "measured", "")
    if n < enough and study.sd <= entry["sd"]:
        few = (
            f"{study.where} shows {_points(study.sd)} over {n} seeds, which are few: the larger figure stays"
        )
        return Made(entry["task"], _stated(entry).known, f"stated; {few}")
    return Made(entry["task"], replace(measured, what=_words(entry["setting"], measured, n)), study.where)


def _stated(entry: dict[str, Any]) -> Made:
    known = Known(entry["near"], entry["sd"], cast("Source", entry["source"]), entry["what"])
    return Made(entry["task"], known, f"stated in benchmarks/calibration.toml, {entry['source']}")


def _read(entry: dict[str, Any], place: Path) -> Made:
    """Of one row's cells such as `98.44 (0.36)`: the mean of the means, and the larger deviation."""
    rows = {row["submission"]: row for row in table_with(place, "submission", "seeds", *entry["columns"])}
    if entry["row"] not in rows:
        raise CalibrationError(f"{shown(place)}: there is no row {entry['row']}.")
    row = rows[entry["row"]]
    cells = [re.fullmatch(r"([\d.]+) \(([\d.]+)\)", row[column]) for column in entry["columns"]]
    if not all(cells):
        raise CalibrationError(f"{shown(place)}: row {entry['row']} has no deviation.")
    means = [number(place, cell[1]) / 100 for cell in cells if cell]
    sd = max(number(place, cell[2]) / 100 for cell in cells if cell)
    known = Known(round(statistics.fmean(means), 3), round(sd, 6), "measured", "")
    words = _words(entry["setting"], known, round(number(place, row["seeds"])))
    return Made(entry["task"], replace(known, what=words), f"row {entry['row']} of {shown(place)}")


def _studies(place: Path) -> dict[str, Study]:
    """Spec → the seeds of its reference model; empty where nothing was measured yet."""
    if not place.is_file():
        return {}
    try:
        bench = read_bench(place)
    except GraderError as error:
        raise CalibrationError(f"{error.message} {error.hint}") from error
    found = {}
    for series in bench.series:
        spec = series.assignment.spec_id
        if series.subject.model != "reference":
            continue
        if series.assignment.stand_in:
            raise CalibrationError(
                f"{shown(place)}: {spec} was trained on generated data: measure on the real one."
            )
        scored = [one.accuracy for one in series.trials if isinstance(one.accuracy, float)]
        if len(scored) > 1:
            found[spec] = Study(tuple(scored), f"{spec} in {shown(place)}, {_machine(bench)}")
    return found


def _machine(bench: Bench) -> str:
    versions = dict(bench.conditions.versions)
    return f"{bench.conditions.processor}, torch {versions['torch']}, measuring version {bench.measuring_version}"


def _falling(rows: list[Made]) -> list[Made]:
    """Each row's deviation, at least that of the next better model of its task."""
    found: list[Made] = []
    for row in reversed(rows):
        better = found[-1] if found and found[-1].task == row.task else None
        if better is not None and row.known.sd < better.known.sd:
            sd = better.known.sd
            what = f"{row.known.what}, taken as the {_points(sd)} of better models"
            row = replace(row, known=replace(row.known, sd=sd, what=what))
        found.append(row)
    return found[::-1]


def _words(setting: str, known: Known, seeds: int) -> str:
    return f"{setting} near {100 * known.near:.4g} %: {_points(known.sd)} over {seeds} seeds"


def _points(sd: float) -> str:
    return f"{100 * sd:.2f} points"


def _code(known: Known) -> list[str]:
    fields = (
        f"near={known.near!r}",
        f"sd={known.sd!r}",
        f"source={text(known.source)}",
        f"what={text(known.what)}",
    )
    return ["        Known(", *(f"            {field}," for field in fields), "        ),"]

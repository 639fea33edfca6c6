"""`reports/reference/README.md`: what the stored results of the reference models say, and where they were made."""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass
from pathlib import Path

from grader.bench.trials import counted, read_bench, write_text
from grader.course.stored.results import read_result
from grader.errors import StoreError
from grader.records import Absent, RunRecord
from grader.spec.shipped import shipped_specs

MACHINES = Path("hardware", "machines.json")
COMMAND = "python benchmarks/references.py"
HEAD = f"""\
# Results of the reference models

Written by `{COMMAND}` (`make reference`), which runs `grader run` for each assignment's reference
model and keeps its `result.json` here; `--dry-run` says which results no longer hold. Nothing in this folder is changed
by hand. What is in them, key by key: [the result format](../../docs/result-format.md).

Accuracy: of the test images, mean over the grader's seeds (each seed's). Seconds: counted time of a trial, median: CPU
time per thread, or wall clock on a GPU. Points that a person gives are open.
"""


@dataclass(frozen=True)
class Machine:
    """What made a result: a result says nothing of the processor."""

    run_id: str
    processor: str
    cores: int


def read_machines(place: Path) -> dict[str, Machine]:
    """Spec → machine, empty where nothing was kept.

    Raises:
        StoreError: the file is no such table.
    """
    file = place / MACHINES
    if not file.is_file():
        return {}
    try:
        return {name: Machine(**one) for name, one in json.loads(file.read_text("utf-8")).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise StoreError(
            f"{file.name} cannot be read: {error}.", "Take it from the repository again."
        ) from error


def write_machines(place: Path, machines: dict[str, Machine]) -> None:
    made = {name: asdict(one) for name, one in sorted(machines.items())}
    write_text(place / MACHINES, json.dumps(made, indent=1) + "\n")


def page(place: Path) -> str:
    """The page.

    Raises:
        StoreError: a result cannot be read.
    """
    machines = read_machines(place)
    files = {name: place / f"{name}.json" for name in shipped_specs()}
    runs = {name: read_result(file) for name, file in files.items() if file.is_file()}
    figures = [
        "| assignment | accuracy | seeds | seconds | parameters | grade | data |",
        "| --- | --- | ---: | ---: | ---: | --- | --- |",
        *(_figures(name, run) for name, run in runs.items()),
    ]
    made = [
        "| assignment | made | measuring version | hardware | torch | command |",
        "| --- | --- | ---: | --- | --- | --- |",
        *(_made(name, run, machines.get(name)) for name, run in runs.items()),
    ]
    studies = [line for file in sorted(place.glob("bench/*.json")) for line in _benchmark(file)]
    return "\n".join([HEAD, *figures, "", *made, *studies, ""])


def _figures(name: str, run: RunRecord) -> str:
    evidence, grade = run.evidence, run.grade
    trials, data = evidence.trials, evidence.data
    made = run.provenance
    seconds = [counted(one, made.threads, on_gpu=made.device != "cpu") for one in trials]
    open_points = sum(one.open_points for one in run.outcomes)
    return _row(
        f"[{name}]({name}.json)",
        _accuracy(run),
        str(len(trials)) if trials else "–",
        f"{statistics.median(seconds):,.1f}" if seconds else "–",
        "–" if isinstance(evidence.model, Absent) else f"{evidence.model.parameters:,}",
        f"{grade.points:g} of {grade.spec_points:g}{f', open {open_points:g}' if open_points else ''}",
        "–" if isinstance(data, Absent) or not trials else data.name,
    )


def _accuracy(run: RunRecord) -> str:
    found = run.evidence.test_accuracy
    if isinstance(found, Absent) or not run.evidence.trials:
        return "trains nothing"
    each = ", ".join(f"{100 * value:.2f}" for value in found.values)
    return f"{100 * found.value:.2f} %{f' ({each})' if len(found.values) > 1 else ''}"


def _made(name: str, run: RunRecord, machine: Machine | None) -> str:
    made = run.provenance
    known = machine is not None and machine.run_id == run.run_id
    where = f"{machine.processor}, {machine.cores} cores" if machine is not None and known else "not recorded"
    threads = f", {made.threads} thread{'s' if made.threads != 1 else ''}" if made.threads else ""
    device = "" if made.device == "cpu" else f", {made.device}"
    torch = dict(made.versions).get("torch", "–")
    day = made.started_at[:10]
    return _row(
        name, day, str(made.measuring_version), f"{where}{device}{threads}", torch, f"`{made.command}`"
    )


def _benchmark(file: Path) -> list[str]:
    """A result of `grader bench`: many seeds of a model."""
    bench = read_bench(file)
    here, versions = bench.conditions, dict(bench.conditions.versions)
    lines = [
        f"\n[{file.name}]({file.name}): `{bench.command}`, {bench.made_at[:10]}, measuring version "
        f"{bench.measuring_version}, {here.processor}, {here.cores} cores, {here.device}, {here.threads} thread"
        f"{'s' if here.threads != 1 else ''}, torch {versions.get('torch', '–')}.\n",
        "| assignment | model | accuracy | seeds | seconds |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    for series in bench.series:
        scored = [one.accuracy for one in series.trials if isinstance(one.accuracy, float)]
        spread = f" ± {100 * statistics.stdev(scored):.2f}" if len(scored) > 1 else ""
        mean = f"{100 * statistics.fmean(scored):.2f}{spread} %" if scored else "–"
        seconds = statistics.median(one.counted_seconds for one in series.trials)
        subject = (series.assignment.spec_id, series.subject.model)
        lines.append(_row(*subject, mean, str(len(scored)), f"{seconds:,.1f}"))
    return lines


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"

"""What a page shows, as tables of text; `grader.bench.render` writes them as Markdown and as HTML."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from grader.bench.records import Bench, Series
from grader.bench.stats import Spread
from grader.bench.summary import Summary, ToTarget, summary
from grader.records import Absent
from grader.report.words import moment
from grader.text import counted


@dataclass(frozen=True)
class Grid:
    """A table. `numbers` are the columns that are set to the right, counted from 0."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()  # sentences below it


@dataclass(frozen=True)
class Page:
    title: str
    lines: tuple[str, ...]  # sentences above the tables
    grids: tuple[Grid, ...]
    notes: tuple[str, ...] = ()  # below all of them


READ_AS = (
    "± is the sample standard deviation over the seeds; the interval is Student's 95 % interval of the mean.",
    "Counted time is the training alone: CPU time per thread, or wall clock on a GPU. Overhead is the rest of each run, "
    "wall clock: fetching, reading, starts of workers, scoring, probing.",
    "Time and samples to the target are medians over all seeds, counted to the end of the first epoch that has it; a "
    "seed that never has it counts as endless.",
)
NONE = "–"
"""In a cell where nothing is known."""


def bench_page(bench: Bench) -> Page:
    grids = [
        _results(tuple(series)) for _, series in groupby(bench.series, lambda one: one.assignment.spec_id)
    ]
    return Page(
        "Benchmark",
        tuple(_head(bench)),
        (*grids, _provenance(bench.series), *_missing(bench)),
        READ_AS,
    )


def conditions_lines(bench: Bench) -> Iterator[str]:
    """The hardware and the versions, as sentences."""
    found = bench.conditions
    threads = counted(found.threads, "thread", "threads")
    at_once = counted(found.slots, "training", "trainings")
    yield (
        f"Machine: {found.processor}, {counted(found.cores, 'core', 'cores')}, {found.platform}; device {found.device}; "
        f"{at_once} at once with {threads} each; lane {found.lane}."
    )
    versions = ", ".join(f"{name} {version}" for name, version in found.versions)
    yield f"Versions: grader {bench.grader_version} (measuring version {bench.measuring_version}), {versions}."


def _head(bench: Bench) -> Iterator[str]:
    yield f"Measured up to {moment(bench.made_at)}. Command: {bench.command}"
    yield from conditions_lines(bench)
    steps = [f"{task} {1000 * step:.2f} ms" for task, step in bench.reference_steps if step]
    if steps:
        yield f"Reference step here, counted: {', '.join(steps)}."


def _results(of_spec: Sequence[Series]) -> Grid:
    one = of_spec[0].assignment
    target = f", target {percent(one.target)}" if one.target else ""
    data = (
        "generated stand-in data"
        if one.stand_in
        else one.data
        if one.official
        else f"{one.data} (not official)"
    )
    return Grid(
        title=f"{one.spec_id}, edition {one.edition}: {data}{target}",
        heads=(
            "model", "seeds", "accuracy", "95 % interval", "reach the target", "time to target", "samples to target",
            "counted time", "overhead", "parameters", "MFLOPs", "energy",
        ),
        rows=tuple(_row(series, summary(series)) for series in of_spec),
        numbers=tuple(range(1, 12)),
        notes=(one.title,),
    )  # fmt: skip


def _row(series: Series, found: Summary) -> tuple[str, ...]:
    accuracy = found.accuracy
    return (
        series.subject.model,
        str(0 if isinstance(accuracy, Absent) else accuracy.n),
        NONE if isinstance(accuracy, Absent) else with_sd(accuracy),
        NONE if isinstance(accuracy, Absent) else span(accuracy),
        *to_target(found.to_target),
        NONE if isinstance(found.counted_seconds, Absent) else _with_unit(found.counted_seconds, "s"),
        seconds(found.overhead_seconds) if found.overhead_seconds else NONE,
        f"{series.subject.parameters:,}",
        mflops(series.subject.flops, partial=series.subject.flops_partial),
        NONE if isinstance(found.energy_joules, Absent) else _with_unit(found.energy_joules, "J"),
    )


def _provenance(series: Sequence[Series]) -> Grid:
    rows = []
    for one in series:
        subject = one.subject
        commit = (
            subject.commit[:12] + (", changed since" if subject.dirty else "") if subject.commit else NONE
        )
        trained = f"{counted(subject.epochs, 'epoch', 'epochs')}, batches of {subject.batch_size}, {subject.lane} lane"
        rows.append(
            (
                f"{one.assignment.spec_id} {subject.model}",
                subject.call,
                subject.source,
                commit,
                subject.tree_digest.removeprefix("sha256:")[:12],
                f"{subject.recipe}: {trained}",
                seeds(one),
            )
        )
    heads = ("model", "built as", "source", "commit", "files", "recipe", "each seed")
    return Grid("Where each number comes from", heads, tuple(rows), notes=tuple(_flags(series)))


def _flags(series: Sequence[Series]) -> Iterator[str]:
    for one in series:
        found = sorted({flag for trial in one.trials for flag in trial.flags})
        if found:
            yield f"{one.assignment.spec_id} {one.subject.model}: a person should look at {', '.join(found)}."


def _missing(bench: Bench) -> Iterator[Grid]:
    if bench.missing:
        rows = tuple((f"{one.spec_id} {one.model}", str(one.seed), one.reason) for one in bench.missing)
        yield Grid("Not measured", ("model", "seed", "why"), rows, (1,))


# --- words ----------------------------------------------------------------------------------------------------


def seeds(series: Series) -> str:
    """Each seed with its accuracy, or why it has none."""
    return ", ".join(
        f"{one.seed}: {one.stop_reason if isinstance(one.accuracy, Absent) else percent(one.accuracy)}"
        for one in series.trials
    )


def percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def with_sd(found: Spread) -> str:
    return f"{100 * found.mean:.2f} ± {100 * found.sd:.2f} %" if found.is_known else percent(found.mean)


def span(found: Spread) -> str:
    """The interval, cut where no accuracy can be."""
    if not found.is_known:
        return NONE
    return f"{100 * max(found.low, 0.0):.2f} to {100 * min(found.high, 1.0):.2f} %"


def to_target(found: ToTarget | Absent) -> tuple[str, str, str]:
    """How many reach it, and the medians of time and samples."""
    if isinstance(found, Absent):
        return (NONE, NONE, NONE)
    share = f"{found.reached} of {found.trials}"
    if not math.isfinite(found.epoch):
        return (share, "not reached", "not reached")
    mark = "≤ " if found.at_most else ""
    return (share, f"{mark}{seconds(found.seconds)}", f"{mark}{found.samples:,.0f}")


def seconds(value: float) -> str:
    if value < 1:
        return f"{value:.2f} s"
    return f"{value:,.0f} s" if value >= 100 else f"{value:.1f} s"


def mflops(flops: int, *, partial: bool = False) -> str:
    """Millions, with two digits after the point or, of few, two that say something; a dash where they are not known.

    Args:
        partial: an operator ran that the counter does not know.
    """
    if not flops:
        return NONE
    millions = flops / 1e6
    return f"{'≥ ' if partial else ''}{f'{millions:,.2f}' if millions >= 0.1 else f'{millions:.2g}'}"


def _with_unit(found: Spread, unit: str) -> str:
    digits = 0 if found.mean >= 100 else 1 if found.mean >= 1 else 2
    sd = f" ± {found.sd:,.{digits}f}" if found.is_known else ""
    return f"{found.mean:,.{digits}f}{sd} {unit}"

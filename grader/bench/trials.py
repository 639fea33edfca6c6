"""Trials as they are kept: one file under the key of each, made from the stored run that measured it."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from grader.bench.records import (
    BENCH_SCHEMA,
    NOT_ASKED,
    TRIAL_SCHEMA,
    Assignment,
    Bench,
    Series,
    StoredTrial,
    Subject,
    TrialResult,
)
from grader.errors import StoreError, UsageError
from grader.evaluation.consistency import Line
from grader.records import Absent, DataFacts, Recipe, RunRecord, Structure, Submission, Trial
from grader.report.json import plain
from grader.text import clean

if TYPE_CHECKING:
    from grader.spec.load import Loaded

FILE_NAME = "bench.json"
MAX_BYTES = 64 * 1024 * 1024
NO_ENERGY = Absent("skipped", "Nothing on this machine tells what a training uses.")

Kept = TypeVar("Kept", Bench, StoredTrial)


def from_run(record: RunRecord, key: str, lines: tuple[Line, ...], *, on_gpu: bool, run: str) -> StoredTrial:
    """What a run with one seed measured.

    Args:
        lines: that the spec's checks hold an accuracy against.
        on_gpu: device time is the wall clock there.
        run: folder of the run, below the benchmark's.
    """
    trial = record.evidence.trials[0] if record.evidence.trials else None
    return StoredTrial(
        schema=TRIAL_SCHEMA,
        key=key,
        assignment=_assignment(record, lines),
        subject=_subject(record),
        trial=_trial(record, trial, on_gpu=on_gpu, run=run),
    )


def series_of(record: RunRecord, lines: tuple[Line, ...], *, on_gpu: bool) -> Series:
    """All trials of a graded run; the arguments are those of `from_run`."""
    trials = tuple(_trial(record, one, on_gpu=on_gpu, run="") for one in record.evidence.trials)
    return Series(_assignment(record, lines), _subject(record), trials)


def on_gpu(device: str) -> bool:
    """Whether a run's device, as its provenance has it, is a GPU."""
    return device.startswith("cuda")


def under(
    stored: StoredTrial, loaded: Loaded, lines: tuple[Line, ...], submission: Submission
) -> StoredTrial:
    """A trial that was kept, under the spec as it is now and the name by which the same files were given now."""
    spec = loaded.spec
    assignment = replace(
        stored.assignment,
        spec_id=spec.id,
        edition=spec.edition,
        title=spec.title,
        spec_digest=loaded.digest,
        target=_target(lines),
    )
    subject = replace(
        stored.subject,
        model=submission.name,
        source=clean(submission.source),
        commit=submission.commit,
        dirty=submission.dirty,
    )
    return replace(stored, assignment=assignment, subject=subject)


def _target(lines: tuple[Line, ...]) -> float:
    return max((line.target for line in lines if line.of == "test"), default=0.0)


def with_energy(stored: StoredTrial, energy_joules: float | Absent) -> StoredTrial:
    return replace(stored, trial=replace(stored.trial, energy_joules=energy_joules))


def _assignment(record: RunRecord, lines: tuple[Line, ...]) -> Assignment:
    made, data = record.provenance, record.evidence.data
    known = data if isinstance(data, DataFacts) else DataFacts("", False, False, "", 0, 0, "")
    return Assignment(
        spec_id=made.spec_id,
        edition=made.spec_edition,
        title=record.title,
        spec_digest=made.spec_digest,
        plan_digest=made.evidence_plan_digest,
        target=_target(lines),
        data=known.name,
        official=known.official,
        stand_in=known.stand_in,
        data_digest=known.digest,
        train_images=known.train_images,
        test_images=known.test_images,
    )


def _subject(record: RunRecord) -> Subject:
    evidence, submission = record.evidence, record.evidence.submission
    model, recipe = evidence.model, evidence.recipe
    structure = Absent("skipped", "") if isinstance(model, Absent) else model.structure
    whole = structure if isinstance(structure, Structure) else None
    trained = recipe if isinstance(recipe, Recipe) else None
    return Subject(
        model=submission.name,
        source=clean(submission.source),
        commit=submission.commit,
        dirty=submission.dirty,
        tree_digest=submission.tree_digest,
        call="" if isinstance(model, Absent) else clean(model.entrypoint.call),
        parameters=0 if isinstance(model, Absent) else model.parameters,
        flops=whole.flops if whole else 0,
        flops_partial=whole.flops_partial if whole else False,
        recipe=trained.source if trained else "",
        epochs=trained.epochs if trained else 0,
        batch_size=trained.batch_size if trained else 0,
        lane=trained.lane if trained else "",
    )


def _trial(record: RunRecord, trial: Trial | None, *, on_gpu: bool, run: str) -> TrialResult:
    """One trial of a run; where none was begun, the run's own reason."""
    made, evidence = record.provenance, record.evidence
    whole = evidence.test_accuracy
    why = whole if isinstance(whole, Absent) else Absent("errored", "No trial was stored.")
    accuracy = trial.accuracy if trial else why
    return TrialResult(
        seed=trial.seed if trial else -1,
        accuracy=accuracy if isinstance(accuracy, Absent) else accuracy.value,
        stop_reason=clean(trial.stop_reason if trial else why.reason),
        epochs=trial.epochs if trial else (),
        samples=trial.samples if trial else 0,
        counted_seconds=counted(trial, made.threads, on_gpu=on_gpu) if trial else 0.0,
        wall_seconds=trial.wall_seconds if trial else 0.0,
        evaluate_seconds=trial.evaluate_seconds if trial else 0.0,
        overhead_seconds=made.overhead_seconds,
        energy_joules=NO_ENERGY,
        known_sd=0.0 if isinstance(accuracy, Absent) else accuracy.spread,
        flags=tuple(one.name for one in evidence.integrity.probes if one.weight in ("flag", "void")),
        run=run,
        measured_at=made.finished_at,
        train_accuracy=_of_training(trial),
    )


def _of_training(trial: Trial | None) -> float | Absent:
    found = trial.train_accuracy if trial else NOT_ASKED
    return found if isinstance(found, Absent) else found.value


def counted(trial: Trial, threads: int, *, on_gpu: bool) -> float:
    """Seconds as a time limit counts them: CPU time per thread, or wall clock on a GPU."""
    return trial.wall_seconds if on_gpu else round(trial.cpu_seconds / max(1, threads), 3)


# --- files ----------------------------------------------------------------------------------------------------


def write(place: Path, made: Bench | StoredTrial) -> None:
    """Write it whole or not at all.

    Raises:
        StoreError: the disk is full, or the folder cannot be written.
    """
    write_text(place, json.dumps(plain(made), ensure_ascii=True, allow_nan=False, indent=1) + "\n")


def write_text(place: Path, text: str) -> None:
    new = place.with_name(f"{place.name}.new")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(text, "utf-8")
        new.replace(place)
    except OSError as error:
        raise StoreError(
            f"{place}: {error.strerror or error}.", "Free some space, or give another --out."
        ) from error


def read_trial(place: Path) -> StoredTrial | None:
    """The trial that is kept there; None where there is none that can be read: it is measured again."""
    try:
        return _read(place, StoredTrial, TRIAL_SCHEMA) if place.is_file() else None
    except StoreError:
        return None


def read_bench(place: Path) -> Bench:
    """The result in a benchmark's folder, or in its file.

    Raises:
        UsageError: there is none.
        StoreError: it cannot be read, or is something else.
    """
    file = place / FILE_NAME if place.is_dir() else place
    if not file.is_file():
        raise UsageError(
            f"{place} holds no result of a benchmark.",
            f"Give a folder that `grader bench` wrote with --out, or its {FILE_NAME}.",
        )
    return _read(file, Bench, BENCH_SCHEMA)


def _refuse_no_numbers(value: Any) -> None:
    """Nothing that was measured is infinite or no number, and no comparison could tell it from an equal one."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is no measured number")
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _refuse_no_numbers(one)


def _read(place: Path, kind: type[Kept], schema: str) -> Kept:
    from pydantic import TypeAdapter, ValidationError

    again = "Run the benchmark again: what it has measured is not measured anew."
    try:
        if place.stat().st_size > MAX_BYTES:
            raise StoreError(f"{place} is larger than {MAX_BYTES // 1024**2} MiB.", again)
        text = place.read_text("utf-8")
        data: Any = json.loads(text)
        _refuse_no_numbers(data)
    except (OSError, ValueError, RecursionError) as error:
        raise StoreError(f"{place} cannot be read: {clean(str(error))}.", again) from None
    found = data.get("schema") if isinstance(data, dict) else None
    if found != schema:
        raise StoreError(f'{place}, schema: expected "{schema}", got {clean(json.dumps(found), 80)}.', again)
    try:
        return TypeAdapter(kind).validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise StoreError(f"{place}, {clean(where)}: {first['msg']}.", again) from None

"""One submission, from its link to its stored grade: the stages in order.

Evidence first, judgement after: everything up to `Evidence` measures, everything below it is arithmetic on
what was measured and can be done again without training.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from grader.adjustments import adjustments
from grader.checks import interface as checks
from grader.course.store import DEFAULT_FOLDER, RunFolder, new_run_id
from grader.data.interface import DataSet, load
from grader.events import Events
from grader.fetch.interface import Fetched, fetch
from grader.isolation.choose import Level, level_note
from grader.isolation.interface import Sandbox
from grader.judge import judge
from grader.reading.read import read_submission
from grader.records import (
    RESULT_SCHEMA,
    Absent,
    Evidence,
    Integrity,
    Isolation,
    Pictures,
    Reading,
    RunRecord,
)
from grader.report.interface import reports
from grader.stages.devices import Device, settle
from grader.stages.look import Looked, Task, look
from grader.stages.method import review
from grader.stages.pictures import pictures
from grader.stages.provenance import Started, provenance
from grader.stages.recipe import Lane
from grader.stages.study import SECRET_BITS
from grader.stages.training import Setting, study
from grader.stages.workers import OpenWorker, choose_sandbox, opener
from grader.text import clean, counted, without_credentials

if TYPE_CHECKING:
    from grader.spec.load import Loaded


@dataclass(frozen=True)
class Request:
    """What to grade and how. `full` trains; without it (a self-check) everything else is done."""

    loaded: Loaded
    source: str
    command: str
    full: bool = True
    ref: str = ""
    before: str = ""  # a deadline: the last commit before it
    also: tuple[str, ...] = ()  # second repositories, see `fetch`
    model: str = ""
    data_dir: Path | None = None
    stand_in: bool = False
    unofficial_data: bool = False
    seeds: tuple[int, ...] = ()
    secret: int | None = None
    trust_code: bool = False
    plain_if_needed: bool = False
    zygote: bool = True  # fork workers where that holds; else each is started by itself
    level: Level = "auto"  # the isolation level to take, or none
    device: str = "cpu"  # where it trains and predicts: cpu, cuda, cuda:N or auto
    lane: Lane = "auto"  # the harness's loop (fast), or the student's own (faithful)
    out: Path = DEFAULT_FOLDER
    threads: int = 1
    download_progress: Callable[[str, int, int], None] | None = None


@dataclass(frozen=True)
class Graded:
    record: RunRecord
    folder: Path | None  # where it is stored; None for a self-check that stores nothing


@dataclass(frozen=True)
class _Prepared:
    """What the machine offers: it is settled before a student's work is touched."""

    sandbox: Sandbox
    isolation: Isolation
    device: Device
    data: DataSet | None
    started: Started


def grade_submission(request: Request, events: Events) -> Graded:
    """Grade one submission and store the run.

    Raises:
        GraderError: see `grader.errors`; what is the student's shortfall is in the record instead.
    """
    spec = request.loaded.spec
    prepared = _prepare(request, events)
    events.start("fetch", f"Fetching {clean(without_credentials(request.source))}")
    with _fetched(request, events) as fetched:
        name = fetched.submission.name
        files = counted(len(fetched.submission.files), "file", "files")
        events.end(f"{name}, {files}, {fetched.submission.tree_digest[:19]}")
        with RunFolder(request.out, spec.id, name, prepared.started.run_id) as folder:
            events.listeners.append(folder.listen)
            evidence = _gather(request, events, prepared, fetched)
            record = judged(request, prepared, evidence)
            events.start("store", "Writing the report")
            final = folder.publish({report.file_name: report.render(record) for report in reports()})
    events.end(str(final))
    return Graded(record, final)


def check_submission(request: Request, events: Events) -> Graded:
    """A student's own check: everything but the training, nothing stored."""
    prepared = _prepare(request, events)
    events.start("fetch", f"Reading {clean(request.source)}")
    with _fetched(request, events) as fetched:
        events.end(counted(len(fetched.submission.files), "file", "files"))
        evidence = _gather(request, events, prepared, fetched)
        return Graded(judged(request, prepared, evidence), None)


def judged(request: Request, prepared: _Prepared, evidence: Evidence) -> RunRecord:
    """The record of a run: outcomes and grade from the evidence, and how to get them again."""
    spec = request.loaded.spec
    outcomes = tuple(checks.run(rule, evidence) for rule in spec.checks)
    return RunRecord(
        schema=RESULT_SCHEMA,
        run_id=prepared.started.run_id,
        title=spec.title,
        course=spec.course,
        not_a_grade=_not_a_grade(request, evidence),
        evidence=evidence,
        outcomes=outcomes,
        grade=judge(
            outcomes, spec.points, spec.pass_mark, _ungradable(evidence), adjustments(spec, evidence)
        ),
        provenance=provenance(request.loaded, request.command, prepared.started, evidence),
    )


def _fetched(request: Request, events: Events) -> AbstractContextManager[Fetched]:
    return fetch(
        request.source, ref=request.ref, before=request.before, also=request.also, progress=events.note
    )


def _prepare(request: Request, events: Events) -> _Prepared:
    events.start("prepare", "Looking at this machine")
    plain_allowed = request.trust_code or request.plain_if_needed
    sandbox, isolation = choose_sandbox(
        plain_allowed=plain_allowed, level=request.level, zygote=request.zygote
    )
    training = request.loaded.spec.training
    device = settle(request.device if training else "cpu", sandbox, isolation)
    data = _data(request) if training else None
    secret = secrets.randbits(SECRET_BITS) if request.secret is None else request.secret
    now = datetime.now(UTC)
    events.end(f"Isolation level {isolation.level} ({isolation.name})")
    if data:
        events.note(f"{data.facts.name} ({data.facts.place})")
    if request.device != "cpu":
        events.note(f"Device: {device.text}")
    started = Started(now, new_run_id(now), secret, device.text)
    return _Prepared(sandbox, isolation, device, data, started)


def _data(request: Request) -> DataSet:
    """The task's data; a self-check takes the stand-in where it would have to download."""
    from grader.errors import DataMissing

    task = request.loaded.spec.task
    try:
        return load(
            task,
            data_dir=request.data_dir,
            stand_in=request.stand_in,
            allow_unofficial=request.unofficial_data,
            download=request.full,
            progress=request.download_progress,
        )
    except DataMissing:
        if request.full:
            raise
        return load(task, data_dir=None, stand_in=True)


def _gather(request: Request, events: Events, prepared: _Prepared, fetched: Fetched) -> Evidence:
    """Everything that is measured, cheap things first; what cannot matter any more is not paid for."""
    events.start("read", "Reading the README, the code and the notebooks")
    reading = read_submission(fetched.root, fetched.submission)
    events.end(counted(len(reading.candidates), "model class", "model classes"))
    data = prepared.data
    shown = pictures(request.loaded.spec, fetched.submission, _opener(request, prepared, fetched))
    if data is None:
        return _without_training(prepared, fetched, reading, shown)
    looked = look(_task(request, prepared, fetched, data), fetched, events, reading)
    studied = study(_setting(request, prepared, looked, data), looked, events)
    left_over = prepared.device.left_over()
    events.start("judge", "Judging")
    fetched, reading, model, training = looked.fetched, looked.reading, looked.model, looked.training
    remarks, comparisons = review(
        request.loaded.spec, fetched.root, reading, model, training, studied.recipe, studied.accuracy
    )
    return Evidence(
        submission=fetched.submission,
        reading=reading,
        model=model,
        recipe=studied.recipe,
        data=data.facts,
        trials=studied.trials,
        projection=studied.projection,
        test_accuracy=studied.accuracy,
        integrity=Integrity(
            prepared.isolation, (*level_note(prepared.isolation), *left_over, *studied.probes)
        ),
        training=training,
        remarks=remarks,
        comparisons=comparisons,
        explanations=studied.explanations,
        pictures=shown,
    )


def _without_training(
    prepared: _Prepared, fetched: Fetched, reading: Reading, shown: Pictures | Absent
) -> Evidence:
    not_needed = Absent("skipped", "This assignment trains nothing.")
    return Evidence(
        submission=fetched.submission,
        reading=reading,
        model=not_needed,
        recipe=not_needed,
        data=not_needed,
        trials=(),
        projection=not_needed,
        test_accuracy=not_needed,
        integrity=Integrity(prepared.isolation),
        pictures=shown,
    )


def _opener(request: Request, prepared: _Prepared, fetched: Fetched) -> OpenWorker:
    return opener(
        prepared.sandbox,
        fetched.root,
        request.threads,
        on_versions=prepared.started.versions.update,
    )


def _task(request: Request, prepared: _Prepared, fetched: Fetched, data: DataSet) -> Task:
    open_worker = _opener(request, prepared, fetched)
    isolated = prepared.isolation.level != "1"
    return Task(open_worker, data.input_shape, data.classes, request.model, isolated)


def _setting(request: Request, prepared: _Prepared, looked: Looked, data: DataSet) -> Setting:
    task = _task(request, prepared, looked.fetched, data)
    return Setting(
        spec=request.loaded.spec,
        data=data,
        open_worker=_trainer(request, prepared, looked) or task.open_worker,
        isolated=task.isolated,
        lane=request.lane,
        threads=request.threads,
        seeds=request.seeds,
        secret=prepared.started.secret,
        full=request.full,
    )


def _trainer(request: Request, prepared: _Prepared, looked: Looked) -> OpenWorker | None:
    """Opens workers that see the chosen GPU; None where there is none to see."""
    device = prepared.device
    if device.card is None:
        return None
    root, told = looked.fetched.root, prepared.started.versions.update
    return opener(device.sandbox, root, request.threads, on_versions=told, card=device.card)


def _ungradable(evidence: Evidence) -> str:
    """Why the work lacks what the central check needs: no model, or one that cannot be run."""
    for part in (evidence.model, evidence.test_accuracy):
        if isinstance(part, Absent) and part.cause == "failed":
            return part.reason
    return ""


def _not_a_grade(request: Request, evidence: Evidence) -> tuple[str, ...]:
    reasons = []
    if not request.full:
        reasons.append("This is a self-check: nothing was trained to the end.")
    if not isinstance(evidence.integrity.isolation, Absent) and evidence.integrity.isolation.level == "1":
        reasons.append(
            "The code ran without isolation (level 1): anything in it could have changed this result."
        )
    if not isinstance(evidence.data, Absent) and evidence.data.stand_in:
        reasons.append("Generated stand-in data was used, not the assignment's data set.")
    elif not isinstance(evidence.data, Absent) and not evidence.data.official:
        reasons.append("The copy of the data set is not the official one.")
    return tuple(reasons)

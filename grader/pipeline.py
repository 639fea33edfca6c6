"""One submission, from its link to its stored grade: the stages in order.

Evidence first, judgement after: everything up to `Evidence` measures, everything below it is arithmetic on
what was measured and can be done again without training.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from grader.audience import for_students
from grader.course.again.again import store
from grader.course.stored.folder import DEFAULT_FOLDER, RunFolder, new_run_id
from grader.data.interface import DataSet, load
from grader.data.interface import Request as Places
from grader.events import Event, Events
from grader.fetch.interface import NO_ACCESS, Access, Fetched, fetch
from grader.isolation.choose import Level, level_note
from grader.isolation.cores import free_cores, these_threads
from grader.reading.read import read_submission
from grader.records import (
    Absent,
    Evidence,
    Integrity,
    Reading,
    RunRecord,
)
from grader.report.interface import reports
from grader.stages.beside import Beside, beside
from grader.stages.devices import settle
from grader.stages.judgement import judgement
from grader.stages.look import Looked, Task, look
from grader.stages.machine import Machine, Preparing, Waiting
from grader.stages.method import review
from grader.stages.pairs import pair_of
from grader.stages.provenance import Started, provenance
from grader.stages.recipe import Lane
from grader.stages.study import SECRET_BITS
from grader.stages.training import Setting, is_due, study
from grader.stages.variants import Shape, variants
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
    access: Access = NO_ACCESS  # to private repositories; a plain process may not run beside a token
    model: str = ""
    data_dir: Path | None = None
    stand_in: bool = False
    unofficial_data: bool = False
    seeds: tuple[int, ...] = ()
    secret: int | None = None
    seeds_follow: bool = False  # with `secret`: the seeds follow from it, as many as the verdict needs
    staged: Fetched | None = None  # a submission that lies here already, in place of `source`
    trust_code: bool = False
    plain_if_needed: bool = False
    zygote: bool = True  # fork workers where that holds; else each is started by itself
    level: Level = "auto"  # the isolation level to take, or none
    device: str = "cpu"  # where it trains and predicts: cpu, cuda, cuda:N or auto
    lane: Lane = "auto"  # the harness's loop (fast), or the student's own (faithful)
    out: Path = DEFAULT_FOLDER
    web: bool = False  # whether the addresses that a student gives are asked, where a check needs that
    threads: int | None = 1  # None: as many as cores are free; a run waits for one, a self-check does not
    machine: Machine | None = None  # prepared before; who shares one among submissions divides the cores, too
    download_progress: Callable[[str, int, int], None] | None = None


@dataclass(frozen=True)
class Graded:
    record: RunRecord
    folder: Path | None  # where it is stored; None for a self-check that stores nothing


@dataclass(frozen=True)
class _Prepared:
    """What a student's work is graded on: it is settled before any of its code runs."""

    machine: Machine
    started: Started
    threads: int


def grade_submission(request: Request, events: Events) -> Graded:
    """Grade one submission and store the run.

    Raises:
        GraderError: see `grader.errors`; what is the student's shortfall is in the record instead.
    """
    spec, started, machine = request.loaded.spec, _started(request), _machine(request)
    events.start("fetch", f"Fetching {clean(without_credentials(request.source))}")
    with _fetched(request, events) as fetched:
        name = fetched.submission.name
        files = counted(len(fetched.submission.files), "file", "files")
        events.end(f"{name}, {files}, {fetched.submission.tree_digest[:19]}")
        reading = _read(fetched, events)
        with (
            _prepared(request, events, started, machine) as prepared,
            RunFolder(request.out, spec.id, name, started.run_id) as folder,
        ):
            events.listeners.append(folder.listen)
            evidence = _gather(request, events, prepared, fetched, reading)
            graded = _stored(request, events, prepared, evidence, folder)
    events.end(str(graded.folder))
    return graded


def grade_untrained(request: Request, events: Events) -> Graded | None:
    """Grade a submission that was fetched, as far as that needs no training: the run is the same as a whole one's.

    Returns:
        None where a training is due; then nothing is stored.

    Raises:
        GraderError: as `grade_submission`.
    """
    started, machine = _started(request), _machine(request)
    past: list[Event] = []
    events.listeners.append(past.append)
    with _fetched(request, events) as fetched:
        reading = _read(fetched, events)
        with _prepared(request, events, started, machine) as prepared:
            try:
                evidence = _gather(request, events, prepared, fetched, reading, untrained=True)
            except _TrainingIsDue:
                return None
            with RunFolder(
                request.out, request.loaded.spec.id, fetched.submission.name, started.run_id
            ) as folder:
                for event in past:
                    folder.listen(event)
                return _stored(request, events, prepared, evidence, folder)


class _TrainingIsDue(Exception):
    """What was asked for ends before it."""


def _stored(
    request: Request, events: Events, prepared: _Prepared, evidence: Evidence, folder: RunFolder
) -> Graded:
    record = judged(request, prepared.started, evidence)
    events.start("store", "Writing the report")
    return Graded(record, folder.publish({report.file_name: report.render(record) for report in reports()}))


def check_submission(request: Request, events: Events, *, keep: bool = False) -> Graded:
    """A student's own check: no grade, also where `full` has it trained. With `keep` it is stored as a run is."""
    started, machine = _started(request), _machine(request)
    events.start("fetch", f"Reading {clean(request.source)}")
    with _fetched(request, events) as fetched:
        events.end(counted(len(fetched.submission.files), "file", "files"))
        reading = _read(fetched, events)
        with _prepared(request, events, started, machine) as prepared:
            evidence = _gather(request, events, prepared, fetched, reading)
            record = for_students(judged(request, prepared.started, evidence, self_check=True))
    return Graded(record, store(request.out, record) if keep else None)


def prepare_machine(request: Request) -> Machine:
    """The machine as this request needs it: for `Request.machine` of all submissions of the same spec and options.

    Raises:
        GraderFault: there is no sandbox that may be used, the device cannot be used, or the data is missing.
    """
    sandbox, isolation = choose_sandbox(
        plain_allowed=request.trust_code or request.plain_if_needed,
        beside_token=bool(request.access.tokens),
        level=request.level,
        zygote=request.zygote,
    )
    training = request.loaded.spec.training
    device = settle(request.device if training else "cpu", sandbox, isolation)
    return Machine(sandbox, isolation, device, _data(request) if training else None)


def judged(request: Request, started: Started, evidence: Evidence, *, self_check: bool = False) -> RunRecord:
    """The record of a run: outcomes and grade from the evidence, and how to get them again."""
    made = provenance(request.loaded, request.command, started, evidence)
    run_id, full = started.run_id, request.full
    return judgement(request.loaded.spec, evidence, made, run_id, full=full, self_check=self_check)


def _read(fetched: Fetched, events: Events) -> Reading:
    events.start("read", "Reading the README, the code and the notebooks")
    reading = read_submission(fetched.root, fetched.submission)
    events.end(counted(len(reading.candidates), "model class", "model classes"))
    return reading


def _fetched(request: Request, events: Events) -> AbstractContextManager[Fetched]:
    if request.staged is not None:
        return nullcontext(request.staged)
    return fetch(
        request.source,
        ref=request.ref,
        before=request.before,
        also=request.also,
        progress=events.note,
        access=request.access,
    )


def _started(request: Request) -> Started:
    secret = secrets.randbits(SECRET_BITS) if request.secret is None else request.secret
    now = datetime.now(UTC)
    return Started(now, new_run_id(now), secret)


def _machine(request: Request) -> Callable[[], Machine]:
    """The machine that was given, or one that is being prepared from now on."""
    given = request.machine
    return (lambda: given) if given else Preparing(lambda: prepare_machine(request)).machine


@contextmanager
def _prepared(
    request: Request, events: Events, started: Started, machine: Callable[[], Machine]
) -> Iterator[_Prepared]:
    """The machine and its cores, as long as the context lasts."""
    events.start("prepare", "Looking at this machine")
    found = machine()
    with _cores(request, events) as threads:
        events.end(f"Isolation level {found.isolation.level} ({found.isolation.name})")
        events.note(counted(threads, "thread", "threads"))
        if found.data:
            events.note(f"{found.data.facts.name} ({found.data.facts.place})")
        if request.device != "cpu":
            events.note(f"Device: {found.device.text}")
        on = replace(started, device=found.device.text, threads=threads)
        yield _Prepared(found, on, threads)


@contextmanager
def _cores(request: Request, events: Events) -> Iterator[int]:
    if request.threads is None:
        with free_cores(Waiting(events) if request.full else None) as cores:
            yield cores.threads
    elif request.machine:
        yield request.threads
    else:
        with these_threads(request.threads):
            yield request.threads


def _data(request: Request) -> DataSet:
    """The task's data; a self-check takes the stand-in where it would have to download."""
    from grader.errors import DataMissing

    task = request.loaded.spec.task
    assert task is not None  # the spec's own rule: who trains names a task
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


def _places(request: Request) -> Places:
    """Where a published file is looked for that a submission only names."""
    return Places(
        request.data_dir, request.unofficial_data, download=request.full, progress=request.download_progress
    )


def _gather(
    request: Request,
    events: Events,
    prepared: _Prepared,
    fetched: Fetched,
    reading: Reading,
    *,
    untrained: bool = False,
) -> Evidence:
    """Everything that is measured, cheap things first; what cannot matter any more is not paid for.

    Raises:
        _TrainingIsDue: `untrained`, and the next thing would be a training.
    """
    isolation, data = prepared.machine.isolation, prepared.machine.data
    if data is None:
        others = _beside(request, prepared, fetched, reading)
        return others.added_to(_without_training(prepared, fetched, reading))
    looked = look(_task(request, prepared, fetched, data), fetched, events, reading)
    if untrained and is_due(request.loaded.spec, looked):
        raise _TrainingIsDue
    others = _beside(request, prepared, fetched, reading)
    task = _task(request, prepared, looked.fetched, data)
    shape = Shape(task.input_shape, task.classes)
    built = variants(
        request.loaded.spec,
        looked.fetched,
        looked.reading,
        looked.model,
        looked.training,
        task.open_worker,
        shape,
    )
    studied = study(_setting(request, prepared, looked, data), looked, events)
    left_over = prepared.machine.device.left_over()
    events.start("judge", "Judging")
    fetched, reading, model, training = looked.fetched, looked.reading, looked.model, looked.training
    remarks, comparisons = review(
        request.loaded.spec, fetched.root, reading, model, training, studied.recipe, studied.accuracy
    )
    evidence = Evidence(
        submission=fetched.submission,
        reading=reading,
        model=model,
        recipe=studied.recipe,
        data=data.facts,
        trials=studied.trials,
        projection=studied.projection,
        test_accuracy=studied.accuracy,
        integrity=Integrity(isolation, (*level_note(isolation), *left_over, *studied.probes)),
        training=training,
        remarks=remarks,
        comparisons=comparisons,
        explanations=studied.explanations,
        train_accuracy=studied.train_accuracy,
        variants=built,
    )
    return others.added_to(evidence)


def _beside(request: Request, prepared: _Prepared, fetched: Fetched, reading: Reading) -> Beside:
    return beside(
        request.loaded.spec,
        fetched,
        reading,
        _opener(prepared, fetched),
        on_the_web=request.web,
        published=_places(request),
    )


def _without_training(prepared: _Prepared, fetched: Fetched, reading: Reading) -> Evidence:
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
        integrity=Integrity(prepared.machine.isolation),
    )


def _opener(prepared: _Prepared, fetched: Fetched) -> OpenWorker:
    told = prepared.started.versions.update
    return opener(prepared.machine.sandbox, fetched.root, prepared.threads, on_versions=told)


def _task(request: Request, prepared: _Prepared, fetched: Fetched, data: DataSet) -> Task:
    open_worker = _opener(prepared, fetched)
    isolated = prepared.machine.isolation.level != "1"
    return Task(open_worker, data.input_shape, data.classes, request.model, pair_of(data), isolated)


def _setting(request: Request, prepared: _Prepared, looked: Looked, data: DataSet) -> Setting:
    task = _task(request, prepared, looked.fetched, data)
    return Setting(
        spec=request.loaded.spec,
        data=data,
        open_worker=_trainer(request, prepared, looked),
        isolated=task.isolated,
        lane=request.lane,
        threads=prepared.threads,
        seeds=request.seeds,
        secret=prepared.started.secret,
        full=request.full,
        drawn_from=prepared.started.secret if request.seeds_follow else None,
    )


def _trainer(request: Request, prepared: _Prepared, looked: Looked) -> OpenWorker:
    """Opens workers that train: they see the chosen GPU, and may compute for as long as the spec lets them."""
    device, training = prepared.machine.device, request.loaded.spec.training
    return opener(
        prepared.machine.sandbox if device.card is None else device.sandbox,
        looked.fetched.root,
        prepared.threads,
        on_versions=prepared.started.versions.update,
        card=device.card,
        training_seconds=training.time_limit if training else 0.0,
    )

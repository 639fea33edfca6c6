"""What a benchmark measures: models × specs × seeds, each model fetched and each spec's machine prepared."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import grader
from grader.bench.conditions import TrialKey, conditions, conditions_digest
from grader.bench.records import Conditions
from grader.course.clones import Clones, shown_as
from grader.course.job import Job
from grader.course.store import folder_name, locked
from grader.errors import StoreError, UsageError
from grader.evaluation.consistency import Line
from grader.records import MEASURING_VERSION, Submission
from grader.stages.study import lines_of
from grader.text import clean, without_credentials

if TYPE_CHECKING:
    from grader.spec.load import Loaded
    from grader.stages.machine import Machine

DEFAULT_SEEDS = 3
MAX_SEEDS = 1000
SECRET = 20_260_101
"""Orders test images and class ids. It is known to all, so that anybody gets the same numbers; a grade draws its own."""

MODELS_REPOSITORY = ("pytorch-cifar-models", "eva8_models")
"""The name under which the references' code imports the second repository, and its folder beside the references."""


@dataclass(frozen=True)
class Wanted:
    """What was asked for on the command line."""

    specs: tuple[tuple[str, int], ...]  # name or file, and how many seeds
    models: tuple[str, ...]  # folders or links, each with NAME= before it or not
    reference: bool  # the assignment's own reference model, too
    out: Path
    command: str
    also: tuple[str, ...] = ()  # second repositories of the models that were given
    slots: int = 1
    threads: int = 1
    device: str = "cpu"
    data_dir: str = ""
    stand_in: bool = False
    unofficial_data: bool = False
    level: str = "auto"
    lane: str = "auto"
    zygote: bool = True


@dataclass(frozen=True)
class Assigned:
    """A spec with what its trials hang on."""

    loaded: Loaded
    file: Path  # a copy of the spec, beside the benchmark
    seeds: int
    lines: tuple[Line, ...]
    data_digest: str
    device: str
    on_gpu: bool
    conditions: Conditions
    step: tuple[str, float]  # task, and seconds of its reference step here; 0 where it could not be timed


@dataclass(frozen=True)
class Cell:
    """One trial that is wanted."""

    assigned: Assigned
    submission: Submission
    clone: Path
    seed: int
    key: str

    @property
    def name(self) -> str:
        return f"{self.assigned.loaded.spec.id} · {self.submission.name} · seed {self.seed}"


def specs_asked(names: Sequence[str], seeds: int) -> tuple[tuple[str, int], ...]:
    """`s4` or `s4:5`, a spec with its own number of seeds; without any, all that train and have a reference model.

    Raises:
        UsageError: the number is none, or out of range.
    """
    if not names:
        return tuple((name, seeds) for name in _with_reference())
    found = []
    for name in names:
        spec, colon, number = name.rpartition(":")
        if not colon:
            spec, number = name, str(seeds)
        if not number.isdecimal() or not 1 <= int(number) <= MAX_SEEDS:
            raise UsageError(
                f'"{clean(name)}": the number of seeds is from 1 to {MAX_SEEDS}.',
                "Write s4:5 for five seeds.",
            )
        found.append((spec, int(number)))
    return tuple(found)


def _with_reference() -> Iterator[str]:
    from grader.spec.load import load_spec
    from grader.spec.shipped import shipped_specs

    for name in shipped_specs():
        if (references() / name).is_dir() and load_spec(name).spec.trains:
            yield name


def references() -> Path:
    """The folder of the reference models: in a checkout, else in the folder where one is."""
    checkout = Path(grader.__file__).parents[1] / "reference_models"
    return checkout if checkout.is_dir() else Path("reference_models")


def work_folder(wanted: Wanted) -> Path:
    """Copies of the specs, kept models, and attempts under way."""
    return wanted.out / ".work"


def assigned(wanted: Wanted) -> tuple[Assigned, ...]:
    """Each spec, after a look at this machine: what is missing here is said before anything is trained.

    Raises:
        SpecError, UsageError: a spec cannot be used, or trains nothing.
        GraderFault: no sandbox, no data, no such device.
    """
    found = tuple(_assigned(wanted, name, seeds) for name, seeds in wanted.specs)
    ids = [one.loaded.spec.id for one in found]
    if len(set(ids)) < len(ids):
        raise UsageError("A spec was given twice.", "Give each once: s4:5 takes five seeds.")
    return found


def _assigned(wanted: Wanted, name: str, seeds: int) -> Assigned:
    from grader.pipeline import Request, prepare_machine
    from grader.spec.load import load_spec, spec_file

    loaded = load_spec(name)
    if not loaded.spec.trains:
        raise UsageError(
            f"{loaded.spec.id} trains nothing, so there is nothing to measure over seeds.", "Leave it out."
        )
    request = Request(
        loaded=loaded,
        source="",
        command="",
        data_dir=Path(wanted.data_dir) if wanted.data_dir else None,
        stand_in=wanted.stand_in,
        unofficial_data=wanted.unofficial_data,
        device=wanted.device,
        level=wanted.level,  # type: ignore[arg-type]
        zygote=wanted.zygote,
    )
    machine = prepare_machine(request)
    assert machine.data is not None  # who trains names a task
    file = work_folder(wanted) / f"{folder_name(loaded.spec.id)}.yaml"
    shutil.copyfile(spec_file(name), file)
    there = conditions(
        machine.device.text,
        threads=wanted.threads,
        slots=wanted.slots,
        lane=wanted.lane,
        isolation=wanted.level,
    )
    return Assigned(
        loaded=loaded,
        file=file,
        seeds=seeds,
        lines=lines_of(loaded.spec.rules),
        data_digest=machine.data.facts.digest,
        device=machine.device.text,
        on_gpu=machine.device.card is not None,
        conditions=there,
        step=(str(loaded.spec.task), _warm_up(machine)),
    )


def _warm_up(machine: Machine) -> float:
    """Take the reference step on random images with random labels: nothing is learned from it. It loads what every
    worker loads, and tells how fast this machine is: seconds of a step, 0 where it could not be timed."""
    from grader.isolation import conversation
    from grader.isolation.supervisor import Ending
    from grader.scratch import private_folder
    from grader.stages.workers import opener

    assert machine.data is not None
    with private_folder() as empty:
        worker = opener(machine.sandbox, empty, 1)()
        try:
            found = conversation.reference_step(worker, machine.data.input_shape, machine.data.classes)
        finally:
            worker.stop()
    return 0.0 if isinstance(found, Ending) else round(found, 6)


def cells(wanted: Wanted, specs: Sequence[Assigned], clones: Clones) -> list[Cell]:
    """Every trial that is wanted. Seeds go round: each model has its first before any has its second, so that what
    changes on the machine meanwhile changes all of them alike.

    Raises:
        FetchError, UsageError, GraderFault: a model cannot be had.
    """
    found = [cell for one in specs for cell in _of_spec(wanted, one, clones)]
    return sorted(found, key=lambda cell: cell.seed)


def _of_spec(wanted: Wanted, one: Assigned, clones: Clones) -> Iterator[Cell]:
    from grader.spec.load import evidence_plan_digest

    plan, names = evidence_plan_digest(one.loaded.spec), set()
    for model in _models(wanted, one):
        submission, clone = _kept(clones, one, model)
        if submission.name in names:
            raise UsageError(
                f"Two models are called {submission.name}.",
                "Give one of them another name: --models NAME=FOLDER.",
            )
        names.add(submission.name)
        for seed in range(1, one.seeds + 1):
            key = TrialKey(
                tree_digest=submission.tree_digest,
                plan_digest=plan,
                seed=seed,
                measuring_version=MEASURING_VERSION,
                data_digest=one.data_digest,
                device_class=one.conditions.device_class,
                conditions=conditions_digest(one.conditions),
            )
            yield Cell(one, submission, clone, seed, key.name)


@dataclass(frozen=True)
class _Model:
    """What is to be fetched. `name` and `shown` are "" where the submission's own are good."""

    place: str
    name: str = ""
    shown: str = ""  # in place of the link or folder, wherever it is shown
    also: tuple[str, ...] = ()


def _models(wanted: Wanted, one: Assigned) -> Iterator[_Model]:
    spec = one.loaded.spec
    if wanted.reference:
        place = references() / spec.id
        if not place.is_dir():
            raise UsageError(
                f"There is no reference model of {spec.id} in {references()}.",
                "Give --models FOLDER and --no-reference.",
            )
        name, folder = MODELS_REPOSITORY
        imports = spec.handed_in is not None and spec.handed_in.models_repository is not None
        also = (f"{name}={references() / folder}",) if imports else ()
        yield _Model(str(place), "reference", f"reference_models/{spec.id}", also)
    for model in wanted.models:
        named = re.fullmatch(r"([A-Za-z0-9][A-Za-z0-9._-]*)=(.+)", model)
        name, place_given = (named[1], named[2]) if named else ("", model)
        yield _Model(place_given, name, also=wanted.also)


def _kept(clones: Clones, one: Assigned, model: _Model) -> tuple[Submission, Path]:
    """Fetch a model and keep it, so that an attempt needs no second fetch."""
    from grader.fetch.interface import fetch

    with fetch(model.place, also=model.also) as fetched:
        submission = shown_as(fetched.submission, model.name or fetched.submission.name)
        if model.shown:
            second = tuple(
                replace(other, source=f"reference_models/{MODELS_REPOSITORY[1]}") for other in submission.also
            )
            submission = replace(submission, source=model.shown, also=second)
        key = folder_name(f"{one.loaded.spec.id}-{submission.name}")
        clones.put(key, replace(fetched, submission=submission))
    return submission, clones.place(key)


@contextmanager
def alone(wanted: Wanted) -> Iterator[None]:
    """The benchmark's folder for this process.

    Raises:
        StoreError: another one is at work there, or it cannot be written.
    """
    folder = work_folder(wanted)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{folder}: {error.strerror}.", "Give a folder that can be written: --out."
        ) from error
    with locked(folder):
        yield


def job_of(wanted: Wanted, cell: Cell, runs: Path) -> Job:
    """The attempt that measures this trial."""
    return Job(
        spec=str(cell.assigned.file),
        clone=str(cell.clone),
        out=str(runs),
        name=cell.submission.name,
        source="",
        command=_again(wanted, cell),
        secret=SECRET,
        device=wanted.device,
        threads=wanted.threads,
        data_dir=wanted.data_dir,
        stand_in=wanted.stand_in,
        unofficial_data=wanted.unofficial_data,
        level=wanted.level,
        lane=wanted.lane,
        zygote=wanted.zygote,
        seed=cell.seed,
    )


def _again(wanted: Wanted, cell: Cell) -> str:
    """The `grader run` that measures this trial; the report adds seed and secret."""
    words = [
        "grader",
        "run",
        cell.assigned.loaded.spec.id,
        "--repo",
        without_credentials(cell.submission.source),
    ]
    for second in cell.submission.also:
        words += ["--also", f"{second.name}={without_credentials(second.source)}"]
    for choice, given, usual in (
        ("isolation", wanted.level, "auto"),
        ("lane", wanted.lane, "auto"),
        ("device", wanted.device, "cpu"),
    ):
        words += [f"--{choice}", given] if given != usual else []
    words += ["--stand-in"] if wanted.stand_in else []
    words += ["--unofficial-data"] if wanted.unofficial_data else []
    words += [] if wanted.zygote else ["--no-zygote"]
    return shlex.join(words)

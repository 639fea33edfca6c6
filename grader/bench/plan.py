"""What a benchmark measures: models × specs × seeds. Each model is fetched once and kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grader.bench.assigned import Assigned
from grader.bench.conditions import TrialKey, conditions_digest
from grader.bench.wanted import Wanted, references
from grader.course.batch.clones import Clones, shown_as
from grader.course.stored.folder import folder_name
from grader.errors import UsageError
from grader.records import MEASURING_VERSION, Submission

MODELS_REPOSITORY = ("pytorch-cifar-models", "eva8_models")
"""The name under which the references' code imports the second repository, and its folder beside the references."""


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

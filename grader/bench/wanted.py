"""What was asked for on the command line, and the folder that the benchmark has for itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grader
from grader.course.batch.job import Execution
from grader.course.stored.folder import locked
from grader.errors import StoreError, UsageError
from grader.text import clean

MAX_SEEDS = 1000


@dataclass(frozen=True)
class Wanted(Execution):
    """What was asked for on the command line."""

    specs: tuple[tuple[str, int], ...]  # name or file, and how many seeds
    models: tuple[str, ...]  # folders or links, each with NAME= before it or not
    reference: bool  # the assignment's own reference model, too
    out: Path
    command: str
    also: tuple[str, ...] = ()  # second repositories of the models that were given
    slots: int = 1


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

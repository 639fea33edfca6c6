"""One attempt to grade one submission of a batch, as a file: what an executor launches reads it and nothing else.

A folder with a job is an attempt. A folder of such folders is a first look at all of them, in which nothing is trained.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from grader.errors import StoreError

JOB, ANSWER = "job.json", "answer.json"
FINISH = ".finish"
"""In a folder of several: what is under way is finished, and nothing else begun."""


@dataclass(frozen=True, kw_only=True)
class Execution:
    """Where and how attempts run, the same for all of a batch or a benchmark."""

    device: str = "cpu"
    threads: int = 1
    data_dir: str = ""
    stand_in: bool = False
    unofficial_data: bool = False
    level: str = "auto"
    lane: str = "auto"
    zygote: bool = True

    def execution(self) -> dict[str, Any]:
        """These values alone, by name: for another object that has them."""
        return {one.name: getattr(self, one.name) for one in fields(Execution)}


@dataclass(frozen=True)
class Job(Execution):
    """Paths are absolute, or relative to the folder in which the batch was started."""

    spec: str  # a copy of the spec, beside the batch
    clone: str  # folder that `grader.course.batch.clones` wrote; "": nothing is graded, the machine alone is looked at
    out: str  # folder of all runs
    name: str  # of the submission, as reports and folders call it
    source: str  # as reports show where it came from; "" for the link itself
    command: str  # how to get the result again
    secret: int  # from which seeds and class ids follow: the same for each attempt at this row
    course: str = ""  # whose rules come on top of the spec's
    web: bool = False  # whether a student's own web address is asked
    seed: int = -1  # the only one that is trained with; -1: they follow from `secret`
    plan: str = ""  # digest of all else that the answer hangs on, such as the spec's text: of another, another attempt


@dataclass(frozen=True)
class Answer:
    """What came of an attempt. `kind`: `graded` with the run's folder, `student` where the work cannot be graded at
    all, `machine` where it is worth another attempt, `person` where it is not, and nobody's mistake, `usage` where none
    would help, nor with any other row; of a look also `trains` with what was found: nothing is wrong so far, and a
    training is due; of a machine `prepared` with its device."""

    kind: str
    folder: str = ""
    message: str = ""
    hint: str = ""


def write(place: Path, value: Job | Answer) -> None:
    """Write it whole or not at all."""
    new = place.with_name(f"{place.name}.new")
    try:
        with new.open("w", encoding="utf-8") as file:
            file.write(json.dumps(asdict(value), indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())  # another machine may read it
        new.replace(place)
    except OSError as error:
        raise StoreError(f"{place}: {error.strerror or error}.", "Free some space.") from error


def read_job(place: Path) -> Job:
    return Job(**_checked(place, Job))


def read_answer(place: Path) -> Answer | None:
    """The answer of an attempt; None where it left none."""
    return Answer(**_checked(place, Answer)) if place.is_file() else None


def _checked(place: Path, kind: type[Job] | type[Answer]) -> dict[str, Any]:
    """The values of a file, each of the type that is declared.

    Raises:
        StoreError: the file cannot be read, or holds something else.
    """
    types: dict[str, type] = {"str": str, "int": int, "bool": bool}
    try:
        data = json.loads(place.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{place} cannot be read: {error}.", "Start the batch again.") from None
    wanted = {one.name: types[str(one.type)] for one in fields(kind)}
    good = isinstance(data, dict) and set(data) == set(wanted)
    if not good or any(type(data[name]) is not expected for name, expected in wanted.items()):
        raise StoreError(f"{place} is no {kind.__name__.lower()} of a batch.", "Start the batch again.")
    return dict(data)

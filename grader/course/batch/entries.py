"""What a batch is made of: its plan, the entries of the roster, and how each of them stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from grader.course.batch.job import Job
from grader.fetch.access import NO_ACCESS, Access
from grader.records import RunRecord, Submission

if TYPE_CHECKING:
    from grader.spec.load import Loaded

State = Literal[
    "waiting",  # nothing was done yet
    "fetching",
    "fetched",
    "looking",
    "looked",  # nothing is wrong with it so far; its training is due
    "grading",
    "graded",
    "missing",  # no repository was handed in
    "unreachable",  # what was handed in cannot be had: the student's doing
    "blocked",  # something that whoever grades has to put right: a token, a path, an option
    "retry",  # the machine's fault; another attempt is due
    "stuck",  # the machine's fault each time
]
SETTLED: tuple[State, ...] = ("graded", "missing", "unreachable")
"""A row in one of these is accounted for; any other is tried when the batch is started again."""


@dataclass(frozen=True)
class Entry:
    """A row of the roster, as the batch needs it."""

    key: str  # unique among the rows, and a file name
    name: str  # as tables and reports call it
    repository: str  # "" where nothing was handed in
    also: tuple[str, ...] = ()
    before: str = ""  # its own deadline, where it has one
    shown: str = ""  # in place of the repository, wherever it is shown; "" for the repository itself


@dataclass
class Row:
    """How an entry stands, for whoever shows it."""

    entry: Entry
    state: State = "waiting"
    stage: str = ""  # of its attempt: "train"
    share: float = 0.0  # of that stage
    text: str = ""  # what happens, or why it stands as it does
    attempts: int = 0
    began: float = 0.0
    seconds: float = 0.0  # of its attempt
    reused: bool = False
    submission: Submission | None = None
    record: RunRecord | None = None
    folder: Path | None = None


@dataclass(frozen=True)
class Plan:
    """What all attempts of a batch have in common."""

    loaded: Loaded
    base: Path  # folder of all runs
    work: Path  # folder of this batch, below the base
    name: str  # of this batch in the store
    job: Job  # a pattern: clone, name and secret are each row's own
    data_digest: str  # of the task's data; "" where there is none
    device_class: str
    before: str = ""
    ref: str = ""
    access: Access = NO_ACCESS  # to private repositories, for fetching alone


Changed = Callable[[Row], None]

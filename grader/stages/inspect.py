"""Look at a submission's model without a spec and without data: fetch, read, build and measure it."""

from __future__ import annotations

from dataclasses import dataclass

from grader.evaluation.comparisons import comparisons
from grader.evaluation.remarks import remarks
from grader.events import Events
from grader.fetch.interface import NO_ACCESS, Access, Fetched, fetch
from grader.fetch.local import local_path
from grader.isolation.interface import Sandbox
from grader.reading.read import read_submission
from grader.records import INSPECTION_SCHEMA, Absent, Inspection, Isolation
from grader.stages.look import Looked, Task, look
from grader.stages.method import source_below
from grader.stages.workers import choose_sandbox, opener
from grader.text import counted

CPU_SECONDS = {"load": 30.0, "build": 30.0, "measure": 60.0}
"""What one candidate's phases may take: less than in a run, because somebody waits at the keyboard."""


@dataclass(frozen=True)
class InspectionRequest:
    """What to look at and how. `source` is a folder or a link, as `grader.fetch.interface.fetch` takes it."""

    source: str
    input_shape: tuple[int, ...] = (1, 28, 28)
    classes: int = 10
    ref: str = ""
    before: str = ""  # a deadline: the last commit before it
    also: tuple[str, ...] = ()  # second repositories, see `fetch`
    access: Access = NO_ACCESS  # to private repositories; a plain process may not run beside a token
    model: str = ""  # FILE:CLASS, or "" to find it
    trust_code: bool = False
    threads: int = 1


def inspect_submission(request: InspectionRequest, events: Events) -> Inspection:
    """Find and measure the model of one submission; nothing is trained and nothing is stored.

    Raises:
        GraderError: see `grader.errors`; what is the student's shortfall is in the record instead.
    """
    events.start("prepare", "Looking at this machine")
    # A folder of this machine is its user's own code, as good as trusted.
    plain_allowed = request.trust_code or local_path(request.source) is not None
    beside_token = bool(request.access.tokens)
    sandbox, isolation = choose_sandbox(plain_allowed=plain_allowed, beside_token=beside_token)
    events.end(f"Isolation level {isolation.level} ({isolation.name})")
    events.start("fetch", "Fetching the submission")
    with fetch(
        request.source,
        ref=request.ref,
        before=request.before,
        also=request.also,
        progress=events.note,
        access=request.access,
    ) as fetched:
        files = counted(len(fetched.submission.files), "file", "files")
        events.end(f"{fetched.submission.name}, {files}")
        return _inspect(request, events, fetched, sandbox, isolation)


def _inspect(
    request: InspectionRequest, events: Events, fetched: Fetched, sandbox: Sandbox, isolation: Isolation
) -> Inspection:
    events.start("read", "Reading the code and the notebooks")
    reading = read_submission(fetched.root, fetched.submission)
    events.end(f"Classes that could be the model: {len(reading.candidates)}")
    task = Task(
        open_worker=opener(sandbox, fetched.root, request.threads, caps=CPU_SECONDS),
        input_shape=request.input_shape,
        classes=request.classes,
        wanted=request.model,
        isolated=isolation.level != "1",
    )
    looked = look(task, fetched, events, reading)
    return _inspection(request, looked, isolation)


def _inspection(request: InspectionRequest, looked: Looked, isolation: Isolation) -> Inspection:
    reading, model, training = looked.reading, looked.model, looked.training
    said = remarks(training, reading, model=model, source=source_below(looked.fetched.root))
    not_measured = Absent("skipped", "Nothing was trained.")
    return Inspection(
        schema=INSPECTION_SCHEMA,
        submission=looked.fetched.submission,
        candidates=reading.candidates,
        choice=reading.choice,
        unreadable=reading.unreadable,
        model=model,
        classes=request.classes,
        obstacles=() if looked.obstacle is None else (looked.obstacle,),
        isolation=isolation,
        training=training,
        remarks=said,
        comparisons=comparisons(reading, model, training, not_measured),
    )

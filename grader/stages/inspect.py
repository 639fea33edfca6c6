"""Look at a submission's model without a spec and without data: fetch, read, build and measure it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from grader.errors import SandboxUnavailable
from grader.events import Events
from grader.fetch.interface import Fetched, fetch
from grader.fetch.local import local_path
from grader.isolation.choose import full_sandbox, plain_process, same_python
from grader.isolation.frames import Array, Message
from grader.isolation.interface import Limits, Sandbox
from grader.isolation.supervisor import Ending, Patience, Worker
from grader.isolation.workplace import workplace
from grader.reading.read import read_submission
from grader.records import INSPECTION_SCHEMA, Absent, Inspection, Isolation, ModelFacts
from grader.stages.model import OpenWorker, find_model

SECONDS = {"load": 30.0, "build": 30.0, "measure": 60.0}
"""How long one candidate's phases may take: shorter than in a run, because somebody waits at the keyboard."""


@dataclass(frozen=True)
class InspectionRequest:
    """What to look at and how. `source` is a folder or a link, as `grader.fetch.interface.fetch` takes it."""

    source: str
    input_shape: tuple[int, ...] = (1, 28, 28)
    classes: int = 10
    ref: str = ""
    model: str = ""  # FILE:CLASS, or "" to find it
    trust_code: bool = False
    threads: int = 1


def inspect_submission(request: InspectionRequest, events: Events) -> Inspection:
    """Find and measure the model of one submission; nothing is trained and nothing is stored.

    Raises:
        GraderError: see `grader.errors`; what is the student's shortfall is in the record instead.
    """
    events.start("prepare", "Looking at this machine")
    sandbox, isolation = _sandbox(request)
    events.end(f"Isolation level {isolation.level} ({isolation.name})")
    events.start("fetch", "Fetching the submission")
    with fetch(request.source, ref=request.ref, progress=events.note) as fetched:
        events.end(f"{fetched.submission.name}, {len(fetched.submission.files)} files")
        return _inspect(request, events, fetched, sandbox, isolation)


def _inspect(
    request: InspectionRequest, events: Events, fetched: Fetched, sandbox: Sandbox, isolation: Isolation
) -> Inspection:
    events.start("read", "Reading the code and the notebooks")
    reading = read_submission(fetched.root, fetched.submission)
    events.end(f"Classes that could be the model: {len(reading.candidates)}")
    events.start("inspect", "Building and measuring the model")
    open_worker = _opener(sandbox, fetched, request.threads)
    found = find_model(open_worker, reading, request.input_shape, request.classes, request.model)
    events.end(_line(found.model))
    return Inspection(
        schema=INSPECTION_SCHEMA,
        submission=fetched.submission,
        candidates=reading.candidates,
        choice=reading.choice,
        unreadable=reading.unreadable,
        model=found.model,
        classes=request.classes,
        obstacles=() if found.obstacle is None else (found.obstacle,),
        isolation=isolation,
    )


def _sandbox(request: InspectionRequest) -> tuple[Sandbox, Isolation]:
    """The full sandbox; without one, a plain process for what lies on this machine or is trusted by its user."""
    try:
        return full_sandbox()
    except SandboxUnavailable:
        if request.trust_code or local_path(request.source) is not None:
            return plain_process()
        raise


class _PunctualWorker(Worker):
    """A worker that gets no more time for a request than `SECONDS` says."""

    def request(
        self,
        op: str,
        fields: Mapping[str, Any] | None = None,
        arrays: Mapping[str, Array] | None = None,
        *,
        patience: Patience,
        payload_limit: int = 0,
        on_progress: Callable[[Message], None] | None = None,
    ) -> Message | Ending:
        shorter = replace(patience, seconds=min(patience.seconds, SECONDS.get(op, patience.seconds)))
        return super().request(
            op, fields, arrays, patience=shorter, payload_limit=payload_limit, on_progress=on_progress
        )


def _opener(sandbox: Sandbox, fetched: Fetched, threads: int) -> OpenWorker:
    place = workplace(fetched.root)

    def open_worker() -> Worker:
        worker = _PunctualWorker(sandbox, place, Limits(threads=threads))
        try:
            same_python(worker.wait_until_ready().header.get("versions"))
        except BaseException:
            worker.stop()
            raise
        return worker

    return open_worker


def _line(model: ModelFacts | Absent) -> str:
    if isinstance(model, Absent):
        return model.reason
    return f"{model.entrypoint.call} in {model.entrypoint.place}: {model.parameters:,} parameters"

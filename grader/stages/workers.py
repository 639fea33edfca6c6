"""Workers on one submission: which sandbox they run in, and what each of them must be before it is used."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from grader.errors import SandboxUnavailable
from grader.isolation.cards import Card
from grader.isolation.choose import Level, best_sandbox, forking_sandbox, plain_process, same_python
from grader.isolation.frames import Array, Message
from grader.isolation.interface import Limits, Sandbox, Workplace
from grader.isolation.supervisor import Ending, Patience, Worker
from grader.isolation.workplace import workplace
from grader.records import Isolation
from grader.stages.devices import limits
from grader.text import clean

OpenWorker = Callable[[], Worker]
"""Starts a fresh worker on the submission and waits until it is ready."""


_NOT_BESIDE_A_TOKEN = (
    "Without isolation the code could read the token: fetch the work yourself, and give its folder "
    "without --git-token-env."
)


def choose_sandbox(
    *, plain_allowed: bool, beside_token: bool = False, level: Level = "auto", zygote: bool = False
) -> tuple[Sandbox, Isolation]:
    """The highest level that holds on this machine; a plain process where none does and that is allowed.

    Args:
        beside_token: this process can read a token. A plain process could read it too, so none is started.
        level: take this one or none at all.
        zygote: at level 3, fork workers where that holds; else each is started by itself. The name of the sandbox
            in the result says which it was.

    Raises:
        SandboxUnavailable: there is none, and a plain process is not allowed.
    """
    if zygote and level in ("auto", "3"):
        with contextlib.suppress(SandboxUnavailable):
            return forking_sandbox()
    try:
        return best_sandbox(level)
    except SandboxUnavailable as error:
        if not plain_allowed or level != "auto":
            raise
        if beside_token:
            raise SandboxUnavailable(error.message, _NOT_BESIDE_A_TOKEN) from error
        return plain_process()


def opener(
    sandbox: Sandbox,
    submission: Path,
    threads: int,
    *,
    caps: Mapping[str, float] | None = None,
    on_versions: Callable[[dict[str, str]], None] = lambda _: None,
    card: Card | None = None,
    training_seconds: float = 0.0,
) -> OpenWorker:
    """What opens workers on the submission staged at `submission`.

    Args:
        caps: seconds of CPU time by the name of a request, where it gets less than usual.
        on_versions: is told the versions of Python and the packages that each worker runs.
        card: the GPU that they see, and on which they train and predict.
        training_seconds: how long a training may take by the spec; 0 where they train nothing.
    """
    place = workplace(submission, card=card)

    def open_worker() -> Worker:
        worker = _CappedWorker(sandbox, place, limits(threads, card, training_seconds), caps or {})
        try:
            versions = worker.wait_until_ready().header.get("versions")
            same_python(versions)
        except BaseException:
            worker.stop()
            raise
        if isinstance(versions, dict):
            on_versions({clean(str(name)): clean(str(version)) for name, version in versions.items()})
        return worker

    return open_worker


class _CappedWorker(Worker):
    """A worker that gets no more CPU time for a request than `caps` says."""

    def __init__(self, sandbox: Sandbox, place: Workplace, limits: Limits, caps: Mapping[str, float]) -> None:
        super().__init__(sandbox, place, limits)
        self._caps = caps

    def request(
        self,
        op: str,
        fields: Mapping[str, Any] | None = None,
        arrays: Mapping[str, Array] | None = None,
        *,
        patience: Patience,
        payload_limit: int = 0,
        on_progress: Callable[[Message], None] | None = None,
        descriptor: int | None = None,
    ) -> Message | Ending:
        cap = min(patience.cpu_seconds, self._caps.get(op, patience.cpu_seconds))
        return super().request(
            op,
            fields,
            arrays,
            patience=replace(patience, cpu_seconds=cap),
            payload_limit=payload_limit,
            on_progress=on_progress,
            descriptor=descriptor,
        )

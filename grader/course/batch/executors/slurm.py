"""Attempts as jobs of Slurm, by its own commands: `sbatch`, `squeue`, `scancel`. No daemon of ours, no accounting needed.

A job's environment is made of the few variables that are named here, so no token is in it; the user's login files are
not read on the node. The walls around student code are the same as anywhere.
"""

from __future__ import annotations

import math
import os
import shlex
import shutil
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grader.course.batch.executors.interface import Ended
from grader.course.batch.executors.shared import EXPORTED, Seen, Task
from grader.course.batch.executors.slurm_states import FIELDS, Known, classified, job
from grader.errors import UsageError
from grader.evaluation.clock import wall_limit
from grader.text import clean

if TYPE_CHECKING:
    from grader.spec.schema import Spec

POLL_SECONDS = 10.0
STUCK_SECONDS = 120.0
"""A reason that no time heals may be there for a moment while Slurm looks at a new job."""
COMMAND_SECONDS = 60.0
NOTICE_SECONDS = 60
"""So long before its time is over, a job is told so; Slurm itself then has no part in its end, and says FAILED."""
LOOK_MINUTES, MARGIN_MINUTES = 60, 15
NAME = "grader"
_ASK_AGAIN = (
    "Unable to contact slurm controller",
    "Socket timed out",
    "Connection refused",
    "Communication connection failure",
    "temporarily",
    "MaxSubmitJob",
    "job submit limit",
)
"""Parts of what `sbatch` says when another time it may do it."""


def job_minutes(spec: Spec) -> int:
    """The time of a job that grades one submission: a net below the grader's own clocks, which decide who is too slow."""
    training = spec.training
    if training is None:
        return LOOK_MINUTES
    trained = training.seeds.at_most * wall_limit(training.time_limit)
    return math.ceil(trained / 60) + MARGIN_MINUTES


@dataclass
class Slurm:
    """An engine. `more` are words for `sbatch`, which win over those that are made here."""

    minutes: int
    cpus: int = 1
    gpus: int = 0
    more: Sequence[str] = ()
    poll_seconds: float = POLL_SECONDS
    stuck_seconds: float = STUCK_SECONDS
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _submitting: threading.Lock = field(default_factory=threading.Lock)
    _known: dict[str, Known] = field(default_factory=dict)
    _asked: float = -math.inf  # when `_known` was, if ever
    _tried: float = -math.inf
    _fault: str = ""
    _launched: dict[str, float] = field(default_factory=dict)
    _waiting: dict[str, float] = field(default_factory=dict)  # since when for what never comes
    _sure: bool = False  # whether all our jobs are known, also those of a batch that was killed

    def launch(self, task: Task) -> str | None:
        """Submit it, unless a job that does the same is under way already."""
        with self._submitting:
            if not self._sure and not self._is_asked(fresh=True):
                return None
            self._sure = True
            handle = self._taken_over(task) or self._submitted(task)
            if handle is not None:
                self._launched[handle] = time.monotonic()
            return handle

    def seen(self, handle: str) -> Seen:
        self._is_asked()
        found = self._known.get(handle)
        if found is None and self._asked > self._launched.get(handle, math.inf):
            return self._gone(handle)
        if found is None or self._fault:
            return Seen(text=f"Slurm cannot be asked: {self._fault}" if self._fault else "Submitted to Slurm")
        seen = classified(found.state, found.reason, found.code)
        if seen.ended is not None and seen.ended.why == "stuck":
            since = self._waiting.setdefault(handle, time.monotonic())
            if time.monotonic() - since < self.stuck_seconds:
                return Seen(text=seen.ended.tail)
        else:
            self._waiting.pop(handle, None)
        return seen

    def cancel(self, handle: str) -> None:
        _ran(["scancel", handle])

    def release(self, handle: str) -> None:
        """It was put back into the queue while an earlier copy of it had its answer."""
        _ran(["scancel", "--state=PENDING", handle])
        self._launched.pop(handle, None)

    # --- asking -------------------------------------------------------------------------------------------

    def _is_asked(self, *, fresh: bool = False) -> bool:
        """Look at all jobs of this user, once for all who wait; whether Slurm answered."""
        with self._lock:
            if fresh or time.monotonic() - self._tried >= self.poll_seconds:
                begun = self._tried = time.monotonic()
                code, said, fault = _ran(["squeue", "--noheader", "--me", "--states=all", "-O", FIELDS])
                self._fault = "" if code == 0 else clean(fault or f"squeue ended with {code}", 200)
                if code == 0:
                    found = (job(line) for line in said.splitlines())
                    self._known = {one.id: one for one in found if one is not None}
                    self._asked = begun
            return not self._fault

    def _gone(self, handle: str) -> Seen:
        """Slurm forgets a job some minutes after its end. It was seen by nobody: the batch slept, or was off the net."""
        return Seen(Ended(0, tail=f"Slurm knows no job {handle} any more.", why="node lost"))

    # --- submitting ---------------------------------------------------------------------------------------

    def _taken_over(self, task: Task) -> str | None:
        """A job that a batch which was killed has submitted: the same work is waited for, other work is cancelled."""
        same = [
            one for one in self._known.values() if one.is_active and one.name.startswith(f"{_name(task, 1)}-")
        ]
        for one in same:
            if one.name == _name(task) and one.id not in self._launched:
                return one.id
            if one.name != _name(task):
                self.cancel(one.id)
        return None

    def _submitted(self, task: Task) -> str | None:
        code, said, fault = _ran(self._words(task), f"#!/bin/sh\nexec {shlex.join(task.words)}\n")
        number = said.strip().partition(";")[0]
        if code == 0 and number.isdecimal():
            return number
        if any(part in fault for part in _ASK_AGAIN):
            self._sure = False  # it may have taken it all the same
            return None
        raise UsageError(
            f"Slurm takes no such job: {clean(fault or said or f'sbatch ended with {code}', 400)}",
            "Give the words that this cluster wants: --sbatch '--partition=... --account=...'.",
        )

    def _words(self, task: Task) -> list[str]:
        """`--export` with names alone: with NONE, Slurm would log the user in on the node for an environment."""
        errors = str(task.errors).replace("%", "%%")
        made = {
            "job-name": _name(task),
            "chdir": os.getcwd(),  # noqa: PTH109
            "output": errors,
            "open-mode": "append",
            "export": ",".join(name for name in EXPORTED if name in os.environ),
            "nodes": "1",
            "ntasks": "1",
            "cpus-per-task": str(self.cpus),
            "time": str(LOOK_MINUTES if task.several else self.minutes),
            "signal": f"B:USR1@{NOTICE_SECONDS}",
        }
        if self.gpus:
            made["gres"] = f"gpu:{self.gpus}"
        return [
            *("sbatch", "--parsable", "--requeue"),
            *(f"--{name}={value}" for name, value in made.items()),
            *self.more,
        ]


def needed() -> None:
    """
    Raises:
        UsageError: Slurm's commands are not here.
    """
    missing = [name for name in ("sbatch", "squeue", "scancel") if shutil.which(name) is None]
    if missing:
        raise UsageError(
            f"--executor slurm needs Slurm's commands; not here: {', '.join(missing)}.",
            "Start the batch on a machine from which jobs are submitted, such as a login node.",
        )


def _name(task: Task, parts: int = 2) -> str:
    return "-".join((NAME, *task.name[:parts]))


def _ran(words: Sequence[str], given: str = "") -> tuple[int, str, str]:
    """Exit code and what one of Slurm's commands said. It gets no variable that a job could inherit by mistake."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in EXPORTED or name.startswith(("SLURM_", "MUNGE_"))
    }
    try:
        done = subprocess.run(
            words,
            input=given,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=COMMAND_SECONDS,
            env={**kept, "LC_ALL": "C"},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return 1, "", f"{words[0]}: Unable to contact slurm controller ({type(error).__name__})"
    return done.returncode, done.stdout, done.stderr

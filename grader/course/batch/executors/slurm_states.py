"""What Slurm says of a job, as it counts for an attempt. Seen on Slurm 22.05; words from `man squeue` where not seen.

Slurm knows how a process ended, never how a grading did: without an answer in the shared folder, nothing here is the
student's doing.
"""

from __future__ import annotations

from dataclasses import dataclass

from grader.course.batch.executors.interface import OVER_TIME, Ended, Why
from grader.course.batch.executors.shared import Seen

FIELDS = "JobID:30|,Name:80|,State:30|,Reason:80|,exit_code:20|"
"""For `squeue -O`: without a width it cuts at 20 characters. Parsed by `job`."""
_LAUNCH_FAILED = 53
"""As a signal: the work directory or the log could not be opened, and nothing ran (ESLURM range of slurmstepd)."""
_SET_UP = (2, 126, 127)
"""Exit codes of a shell and of an interpreter for a command that is not there."""

_ENDS: dict[str, Why] = {
    "COMPLETED": "",
    "FAILED": "",
    "TIMEOUT": "limit",
    "DEADLINE": "limit",
    "OUT_OF_MEMORY": "limit",
    "CANCELLED": "cancelled",
    "REVOKED": "cancelled",
    "NODE_FAIL": "node lost",
    "BOOT_FAIL": "node lost",
    "PREEMPTED": "preempted",
}
_FOR_EVER = (
    "AccountNotAllowed",
    "BadConstraints",
    "DependencyNeverSatisfied",
    "Held",
    "held_state",
    "InvalidAccount",
    "InvalidQOS",
    "PartitionConfig",
    "PartitionNodeLimit",
    "PartitionTimeLimit",
    "PerJob",
    "QOSNotAllowed",
    "requeued held",
    "Reservation deleted",
)
"""Parts of reasons that no time heals."""


@dataclass(frozen=True)
class Known:
    """A job as `squeue` shows it."""

    id: str
    name: str
    state: str
    reason: str
    code: str  # how it ended: the number that `wait` gives, or `7:0`

    @property
    def is_active(self) -> bool:
        """Whether it runs or may come to run."""
        return self.state not in _ENDS


def job(line: str) -> Known | None:
    """The job of a line of `squeue`; None where it is no such line."""
    parts = [part.strip() for part in line.split("|")]
    if len(parts) < 5 or not parts[0].isdecimal():
        return None
    return Known(parts[0], parts[1], parts[2].split(" ")[0].rstrip("+"), parts[3], parts[4])


def classified(state: str, reason: str = "", code: str = "0:0") -> Seen:
    """What a job's state, its reason and its exit code come to for the attempt.

    A pending job that waits for what never comes is `stuck`; who asks decides how long it has to wait so.
    """
    said = state if reason in ("", "None") else f"{state} ({reason})"
    if state not in _ENDS:
        waits = state in ("PENDING", "REQUEUE_HOLD", "SPECIAL_EXIT")
        if waits and (state != "PENDING" or any(part in reason for part in _FOR_EVER)):
            return Seen(Ended(0, tail=f"Slurm: {said}", why="stuck"))
        return Seen(text=_words(state, reason))
    exit_code, signal = _codes(code)
    why = _ENDS[state]
    if state == "FAILED" and (signal == _LAUNCH_FAILED or exit_code in _SET_UP):
        why = "set-up"
    if exit_code == OVER_TIME:
        why = "limit"
    return Seen(Ended(-signal if signal else exit_code, tail=f"Slurm: {said}, {code}", why=why))


def _words(state: str, reason: str) -> str:
    if state == "RUNNING":
        return "Begins"
    return f"Slurm: {state.lower()}{f' ({reason})' if reason not in ('', 'None') else ''}"


def _codes(code: str) -> tuple[int, int]:
    """Exit code and signal. `squeue` prints the status as `wait` gives it, `scontrol` two numbers."""
    exit_code, colon, signal = code.partition(":")
    if not exit_code.isdecimal() or (colon and not signal.isdecimal()):
        return 1, 0
    return (int(exit_code), int(signal)) if colon else (int(code) >> 8, int(code) & 0x7F)

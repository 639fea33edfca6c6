"""What every record may hold: evidence that is not there and why, and the versions of what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RESULT_SCHEMA = "grader/result/1"
"""Name and major version of the stored result; it is raised when a key changes its meaning or goes away."""

MEASURING_VERSION = 4
"""Raised whenever a measured number can change: evidence with another number is not reused."""

Scalar = str | int | float | bool


@dataclass(frozen=True)
class Absent:
    """Evidence that is not there, and why.

    `cause` says whose doing it is: `failed` the student's shortfall, `errored` the grader's or the machine's,
    `skipped` nobody's (it was not asked for, or nothing further depended on it), `review` a person must look.
    """

    cause: Literal["failed", "errored", "skipped", "review"]
    reason: str
    hint: str = ""
    stage: str = ""
    kind: Literal["absent"] = "absent"


INSPECTION_SCHEMA = "grader/inspection/1"
"""Name and major version of what `grader inspect --json` prints."""

"""The error tree and the exit codes.

A student's shortfall is never raised: it is a `Finding` or an `Absent`. What is raised here is somebody else's:
the person at the keyboard (`UsageError`), the spec's author (`SpecError`), the link that was handed in
(`FetchError`), or the grader and its machine (`GraderFault`). Each message names place, fault and next step.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command ends with; `batch` and CI decide by it."""

    PASSED = 0
    UNEXPECTED = 1
    USAGE = 2
    BELOW_PASS_MARK = 3
    DIFFERENT = 3  # of `compare`: 1 would be taken for a mistake of the grader's own
    UNGRADABLE = 4
    FAULT = 5
    NEEDS_REVIEW = 6
    INTERRUPTED = 130


class GraderError(Exception):
    """Root of everything that the grader raises on purpose.

    `hint` is the next step, as a sentence of its own; it may be "".
    """

    exit_code: ExitCode = ExitCode.UNEXPECTED

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(GraderError):
    """The command line asks for something that cannot be."""

    exit_code = ExitCode.USAGE


class SpecError(GraderError):
    """The spec cannot be used. `problems` are lines `file:line:column where: fault`, all found at once."""

    exit_code = ExitCode.USAGE

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class FetchError(GraderError):
    """What was handed in cannot be had: the link is wrong, private or empty, or the work is over a cap.

    The student's work is `ungradable`; a machine without network raises `GraderFault` instead.
    """

    exit_code = ExitCode.UNGRADABLE


class GraderFault(GraderError):
    """The grader's or the machine's fault: no student loses a point by it; try again."""

    exit_code = ExitCode.FAULT


class DataMissing(GraderFault):
    """The data set is in none of the places and cannot be downloaded."""


class SandboxUnavailable(GraderFault):
    """No isolation level that this command accepts can run here."""


class StoreError(GraderFault):
    """The run could not be written."""

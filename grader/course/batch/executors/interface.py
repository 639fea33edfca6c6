"""What an executor is: it launches one command line per attempt, hears its events, and says how it ended.

The command is `python -m grader.course.batch.attempt FOLDER` on this machine, and `grader.course.batch.node` on another;
what it grades and what came of it are files in that folder. So an engine that runs elsewhere needs a shared folder and
nothing of ours.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from grader.text import clean_block

ERRORS = "errors.txt"
"""In the folder of an attempt: what it said on standard error."""
NO_ANSWER, OVER_TIME = 75, 76
"""Exit codes on another machine: it ended without an answer and is worth another attempt (EX_TEMPFAIL of sysexits.h); or
it was told by SIGUSR1 that its time there is over."""
MAX_LINE, TAIL = 64 * 1024, 4_000

Why = Literal[
    "",  # by itself
    "limit",  # whoever runs the machines ended it at a limit of theirs: a person decides, another attempt is no use
    "node lost",
    "preempted",
    "cancelled",  # by somebody else than us
    "set-up",  # it could not begin, and no other can: a command, a folder or a sandbox is missing there
    "stuck",  # it waits for what never comes
]


@dataclass(frozen=True)
class Ended:
    """How a launched process ended; what came of the attempt is in its answer, where it left one."""

    code: int  # exit code, negative for a signal
    stopped: bool = False  # because it was asked to
    tail: str = ""  # the last of what it said on standard error
    why: Why = ""


Hear = Callable[[dict[str, Any]], None]


class Executor(Protocol):
    """Runs attempts. `attempt` blocks, and is called from as many threads at once as there are `slots`."""

    @property
    def slots(self) -> int:
        """How many attempts it runs at once."""
        ...

    def attempt(self, folder: Path, hear: Hear, stop: threading.Event) -> Ended:
        """Launch the attempt of this folder and wait for its end.

        Args:
            hear: is given each event of the attempt.
            stop: once it is set, the attempt is ended as soon as it can be.
        """
        ...


def command(folder: Path, module: str = "attempt") -> list[str]:
    """The one command line that is launched; on another machine with the module `node`."""
    return [sys.executable, "-P", "-m", f"grader.course.batch.{module}", str(folder)]


def told(line: bytes, hear: Hear) -> None:
    """Hand on a line that is an event; others are none of ours."""
    try:
        event: Any = json.loads(line)
    except ValueError:
        return
    if isinstance(event, dict):
        hear(event)


def tail(place: Path) -> str:
    """The last of what a file holds; "" where it cannot be read."""
    try:
        with place.open("rb") as file:
            file.seek(max(0, place.stat().st_size - TAIL))
            return clean_block(file.read().decode("utf-8", "replace"), TAIL).strip()
    except OSError:
        return ""

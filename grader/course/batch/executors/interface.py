"""What an executor is: it launches one command line per attempt, hears its events, and says how it ended.

The command is `python -m grader.course.batch.attempt FOLDER`; what it grades and what came of it are files in that
folder. So an engine that runs elsewhere needs a shared folder and nothing of ours.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class Ended:
    """How a launched process ended; what came of the attempt is in its answer, where it left one."""

    code: int  # exit code, negative for a signal
    stopped: bool = False  # because it was asked to
    tail: str = ""  # the last of what it said on standard error


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


def command(folder: Path) -> list[str]:
    """The one command line that every engine launches."""
    return [sys.executable, "-P", "-m", "grader.course.batch.attempt", str(folder)]

"""Attempts on other machines: an engine launches them, and a folder that all machines share carries everything else.

What the engine says of a job is a hint; an answer in the folder is the truth. So nothing is lost where the engine runs
an attempt twice, where it forgets one, or where it cannot be asked for a while.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from grader.course.batch.copies import Said, attempt_name, beat, collected
from grader.course.batch.executors.interface import ERRORS, Ended, Hear, command, tail, told
from grader.course.batch.job import JOB
from grader.errors import UsageError
from grader.text import clean, clean_block

EXPORTED = (
    *("GRADER_CORES_DIR", "GRADER_DATA", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "LOGNAME", "PATH"),
    *("PYTHONPATH", "TZ", "USER", "VIRTUAL_ENV", "XDG_CACHE_HOME"),
)
"""Variables of the environment that go to other machines with an attempt. No other does, so no token."""
BEAT_SECONDS = 15.0
LAG_SECONDS = 75.0
"""What a job that ended with 0 has left may be seen here so much later: network disks remember for a minute."""
STOP_SECONDS = 60.0
"""So long is waited for the end of a job that was asked to end."""


@dataclass(frozen=True)
class Seen:
    """How a job stands. `ended`: how it ended, or None where it has not, or where nobody can be asked."""

    ended: Ended | None = None
    text: str = ""  # for the table: what it waits for


@dataclass(frozen=True)
class Task:
    """What an engine is to launch."""

    folder: Path  # of the attempt; absolute
    words: Sequence[str]
    name: tuple[str, str]  # the same first part: the same folder; the same second one, too: the same work
    several: bool  # a look at several submissions

    @property
    def errors(self) -> Path:
        """Where all that it prints goes, appended."""
        return self.folder / ERRORS


class Engine(Protocol):
    """Launches one command line on some machine. Called from many threads at once."""

    def launch(self, task: Task) -> str | None:
        """A handle of the task, which may be under way from before; None: the engine cannot be asked now.

        Raises:
            UsageError: it refuses such tasks.
        """
        ...

    def seen(self, handle: str) -> Seen:
        """How it stands, as far as is known: the engine itself is asked once in a while for all."""
        ...

    def cancel(self, handle: str) -> None:
        """It is to end now. An engine that cannot be asked is no fault: the attempt ends by itself later."""
        ...

    def release(self, handle: str) -> None:
        """Its answer is there: what waits to begin need not, what runs ends by itself."""
        ...


@dataclass(frozen=True)
class Shared:
    """`slots` attempts at once, wherever the engine runs them."""

    slots: int
    engine: Engine
    turn_seconds: float = 1.0

    def attempt(self, folder: Path, hear: Hear, stop: threading.Event) -> Ended:
        return _Attempt(self, folder.absolute(), hear, stop).ended()


class _Attempt:
    """One attempt, from its launch to its answer, or to its end without one."""

    def __init__(self, shared: Shared, folder: Path, hear: Hear, stop: threading.Event) -> None:
        self._shared, self._engine, self._stop = shared, shared.engine, stop
        self._folder, self._hear, self._said = folder, hear, Said(folder)
        name = attempt_name(folder)
        several = not (folder / JOB).is_file()
        self._task = Task(folder, command(folder, "node"), name, several)
        self._handle: str | None = None
        self._text, self._beat = "", -BEAT_SECONDS

    def ended(self) -> Ended:
        """Wait for its answer or its end."""
        try:
            while not self._is_answered():
                if self._stop.is_set():
                    return self._stopped()
                if (ended := self._seen()) is not None:
                    wait_seconds = LAG_SECONDS if ended.code == 0 else 0.0
                    return Ended(0) if self._answered_within(wait_seconds) else ended
                self._stop.wait(self._shared.turn_seconds)
        except UsageError as error:
            return Ended(2, tail=str(error), why="set-up")
        except BaseException:
            self._cancel()
            raise
        if self._handle is not None:
            self._engine.release(self._handle)
        return Ended(0)

    def _is_answered(self) -> bool:
        """Hand on what the copies say, once the answers before it are taken; whether all answers are there."""
        if time.monotonic() - self._beat >= BEAT_SECONDS:
            beat(self._folder)
            self._beat = time.monotonic()
        lines = list(self._said.new())
        answered = collected(self._folder)
        for line in lines:
            told(line, self._hear)
        return answered

    def _seen(self) -> Ended | None:
        if self._handle is None:
            self._handle = self._engine.launch(self._task)
        seen = (
            Seen(text="Nobody can be asked there")
            if self._handle is None
            else self._engine.seen(self._handle)
        )
        if seen.ended is None:
            self._tell(seen.text)
            return None
        if seen.ended.why == "stuck":
            self._cancel()
        said = f"{tail(self._task.errors)} {clean_block(seen.ended.tail)}".strip()
        return Ended(seen.ended.code, tail=said, why=seen.ended.why)

    def _cancel(self) -> None:
        if self._handle is not None:
            self._engine.cancel(self._handle)

    def _tell(self, text: str) -> None:
        if text and text != self._text:
            self._hear({"kind": "note", "stage": "queue", "text": clean(text), "share": 0.0})
        self._text = text

    def _stopped(self) -> Ended:
        """End it. An answer that it left all the same is as good as any."""
        if self._handle is not None:
            self._engine.cancel(self._handle)
            end = time.monotonic() + STOP_SECONDS
            while self._engine.seen(self._handle).ended is None and time.monotonic() < end:
                time.sleep(self._shared.turn_seconds)
        return Ended(0) if self._is_answered() else Ended(130, stopped=True)

    def _answered_within(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not self._is_answered():
            if time.monotonic() > end or self._stop.is_set():
                return False
            time.sleep(self._shared.turn_seconds)
        return True

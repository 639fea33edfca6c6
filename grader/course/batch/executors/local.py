"""Attempts on this machine: a fresh process for each, supervised by the thread that asked for it."""

from __future__ import annotations

import os
import selectors
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from grader.course.batch.executors.interface import ERRORS, MAX_LINE, Ended, Hear, command, tail, told
from grader.errors import GraderFault

LOOK_SECONDS = 0.2
GRACE_SECONDS = 20.0
"""An attempt that was asked to end gets this long to end what it has started."""


@dataclass(frozen=True)
class Local:
    """`slots` attempts at once, each with cores of its own.

    `hidden`: variables of the environment that no attempt gets: what was fetched needs no token any more.
    """

    slots: int
    hidden: tuple[str, ...] = ()

    def attempt(self, folder: Path, hear: Hear, stop: threading.Event) -> Ended:
        with (folder / ERRORS).open("wb") as errors:
            try:
                process = subprocess.Popen(
                    command(folder),
                    stdin=subprocess.PIPE,  # it ends when this closes, in whatever way we do
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    env={name: value for name, value in os.environ.items() if name not in self.hidden},
                    start_new_session=True,  # Ctrl-C is for the batch, which decides what becomes of it
                )
            except OSError as error:
                raise GraderFault(
                    f"An attempt could not be started: {error.strerror}.", "Try again."
                ) from error
            try:
                stopped = _listen(process, hear, stop)
                code = process.wait()
            finally:
                _end(process)
        return Ended(code, stopped, tail(folder / ERRORS))


def _listen(process: subprocess.Popen[bytes], hear: Hear, stop: threading.Event) -> bool:
    """Hand on what it says until its end; whether it was asked to end."""
    assert process.stdout is not None
    asked_at = 0.0
    with selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ)
        buffer = b""
        while True:
            if stop.is_set() and not asked_at:
                asked_at = time.monotonic()
                process.terminate()
            if asked_at and time.monotonic() - asked_at > GRACE_SECONDS:
                process.kill()
            if not waiting.select(LOOK_SECONDS):
                continue
            data = process.stdout.read1(MAX_LINE)  # type: ignore[attr-defined]
            if not data:
                return bool(asked_at)
            *lines, buffer = (buffer + data).split(b"\n")
            buffer = buffer[-MAX_LINE:]
            for line in lines:
                told(line, hear)


def _end(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        _close(stream)
    if process.poll() is None:
        process.kill()
        process.wait()


def _close(stream: IO[bytes] | None) -> None:
    try:
        if stream is not None:
            stream.close()
    except OSError:
        pass

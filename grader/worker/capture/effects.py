"""Effects that a capture has no use for: waiting, asking, starting processes, saving, fetching."""

from __future__ import annotations

import argparse
import functools
import os
import random
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch

from grader.worker.capture import places

LIMIT_TAIL = 4000
LIMIT_PRINTED = 64 * 1024 * 1024
"""Characters that a unit prints at the most. Logs are far shorter; what prints without end is ended here."""


class Tail:
    """Standard output of which only the end is kept; `flooded` is called for each piece beyond what is allowed."""

    encoding = "utf-8"
    errors = "replace"
    closed = False

    def __init__(self, flooded: Callable[[], None] = lambda: None) -> None:
        self._pieces: deque[str] = deque(maxlen=400)
        self._flooded, self._printed = flooded, 0

    def write(self, text: Any) -> int:
        said = str(text)
        self._pieces.append(said[-LIMIT_TAIL:])
        self._printed += len(said)
        if self._printed > LIMIT_PRINTED:
            self._flooded()
        return len(said)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        return None

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        raise OSError("no file descriptor")

    def reconfigure(self, **_: Any) -> None:
        return None

    @property
    def buffer(self) -> Tail:
        return self

    def text(self) -> str:
        return "".join(self._pieces)[-LIMIT_TAIL:]


def install(tail: Tail, command: Callable[[str], None]) -> None:
    """Replace them; `command` gets what would go to a shell."""
    system: Any = sys
    system.stdout = system.stderr = tail
    time.sleep = lambda *_: None
    _processes(command)
    _saving()
    torch.manual_seed(0)
    random.seed(0)
    socket.setdefaulttimeout(1.0)
    patched: Any = os
    patched._exit = sys.exit
    sys.setrecursionlimit(3000)


def tell_usage_errors(note: Callable[[str], None]) -> None:
    """A script that misses an option ends at once: why stands on the standard error that nobody keeps."""
    parser: Any = argparse.ArgumentParser
    original = parser.error

    @functools.wraps(original)
    def error(self: Any, message: Any) -> Any:
        note(f"{places.here()}: the command line does not fit: {str(message)[:200]}.")
        return original(self, message)

    parser.error = error


def _processes(command: Callable[[str], None]) -> None:
    def words(line: Any) -> str:
        return " ".join(map(str, line)) if isinstance(line, list | tuple) else str(line)

    def run(line: Any = "", *_: Any, **named: Any) -> Any:
        command(words(line))
        shown: Any = "" if named.get("text") or named.get("universal_newlines") else b""
        return SimpleNamespace(
            returncode=0, stdout=shown, stderr=shown, args=line, pid=0,
            check_returncode=lambda: None, wait=lambda *_, **__: 0, poll=lambda: 0,
            communicate=lambda *_, **__: (shown, shown), kill=lambda: None, terminate=lambda: None,
        )  # fmt: skip

    def system(line: Any) -> int:
        command(words(line))
        return 0

    patched: Any = subprocess
    patched.run = patched.Popen = run
    patched.call = patched.check_call = lambda line="", *_, **__: system(line)
    patched.check_output = lambda line="", *_, **named: run(line, **named).stdout
    patched.getoutput = lambda *_: ""

    def popen(line: Any = "", *_: Any) -> Any:
        command(words(line))
        return SimpleNamespace(read=lambda: "", readlines=list, close=lambda: None)

    patched = os
    patched.system, patched.popen = system, popen


def _saving() -> None:
    """What was saved can be loaded again; it never reaches a disk."""
    kept: dict[str, Any] = {}
    patched: Any = torch
    real_load = patched.load

    def save(value: Any, place: Any = None, *_: Any, **__: Any) -> None:
        if len(kept) < 500:
            kept[str(place)] = value

    def load(place: Any = None, *_: Any, **named: Any) -> Any:
        if str(place) in kept:
            return kept[str(place)]
        return real_load(place, **{**named, "map_location": "cpu"})

    patched.save = patched.jit.save = save
    patched.load = load

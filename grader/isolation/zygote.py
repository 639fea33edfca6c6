"""Level 3 without the wait: one process that has imported torch forks ready workers, each walled in like a started one.

One zygote per grader process, in an outer sandbox of bubblewrap; each worker is the first process of namespaces of its
own inside of it (`grader.worker.zygote_walls`). It is proven before it is used (`grader.isolation.choose`). What it is
weaker in than a sandbox per worker is in docs/decisions, "One zygote per batch".
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import platform
import socket
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from grader.isolation.bubblewrap import Bubblewrap, environment
from grader.isolation.interface import Held, Limits, MemoryLimit, Workplace
from grader.isolation.zygote_jail import MESSAGE_BYTES, STAGE, Jail
from grader.isolation.zygote_process import ForkedProcess
from grader.isolation.zygote_stage import Stage

GATE_SECONDS = 60.0
"""Forking and walling in takes milliseconds; this long it may take on a machine that is very busy."""
_END_SECONDS = 30.0


@dataclass(frozen=True)
class _Ends:
    """Our ends of a worker's log, gate and exit code, and the ends that it gets."""

    log: int
    gate: socket.socket
    exits: int
    theirs: tuple[int, int, int]

    @classmethod
    def make(cls) -> _Ends:
        log, their_log = os.pipe()
        exits, their_exits = os.pipe()
        gate, their_gate = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        gate.settimeout(GATE_SECONDS)
        return cls(log, gate, exits, (their_log, their_gate.detach(), their_exits))

    def hand_over(self) -> None:
        for fd in self.theirs:
            os.close(fd)


class Zygote:
    """Safe for several threads. What it needs is started with its first worker and ends with this process."""

    level = "3"
    name = "bubblewrap around a zygote: user namespace, no network, seccomp, limits; forked workers, each in its own"
    own_memory_limit: MemoryLimit | None = None

    def __init__(self, prove: Callable[[Zygote], None] = lambda _: None) -> None:
        """`prove` is called after every start of the zygote, and raises where it does not hold."""
        self._prove = prove
        self._lock = threading.RLock()
        self._jail: Jail | None = None
        self._stage: Stage | None = None
        self._ground: tuple[object, ...] = ()
        self._owner = 0

    def unavailable(self) -> str:
        if reason := Bubblewrap().unavailable():
            return reason
        if platform.machine() not in ("x86_64", "aarch64") or not hasattr(os, "pidfd_open"):
            return "A zygote needs Linux 5.12 on x86_64 or aarch64."
        return ""

    def start(
        self, place: Workplace, limits: Limits, connection: socket.socket, enter: tuple[str, ...] = ()
    ) -> Held:
        if place.card:
            raise OSError("a worker with a GPU is started, not forked")
        with self._lock:
            jail, stage = self._running(place)
            name = stage.put(place.submission)
            try:
                process, gate = _fork(jail, _request(place, limits, name), connection)
            except BaseException:
                stage.drop(name)
                raise
        try:
            _let_in(process, gate, enter)
        except BaseException:
            _end(process, stage, name)
            if process.stdout:
                process.stdout.close()
            raise
        finally:
            gate.close()
        return Held(process, end=lambda: _end(process, stage, name))

    def close(self) -> None:
        """End the zygote and all of its workers. Safe to call twice, and without effect in a fork of this process."""
        with self._lock:
            if self._owner != os.getpid():
                return
            if self._jail:
                self._jail.close()
            if self._stage:
                self._stage.close()
            self._jail = self._stage = None
            atexit.unregister(self._leave)

    def _leave(self) -> None:
        """At the end of this process. A thread that is just starting the zygote is not waited for: its jail dies with
        us, and the folder has its janitor."""
        if self._lock.acquire(blocking=False):
            try:
                self.close()
            finally:
                self._lock.release()

    def _running(self, place: Workplace) -> tuple[Jail, Stage]:
        """The zygote, started anew where there is none, it has died, or it was made for other packages."""
        ground = (place.harness, place.packages, place.python_prefix, place.python_name)
        ours = self._owner == os.getpid()
        if ours and self._jail and self._stage and self._jail.alive and ground == self._ground:
            return self._jail, self._stage
        self.close()
        self._stage, self._owner, self._ground = Stage(), os.getpid(), ground
        atexit.register(self._leave)
        try:
            self._jail = Jail(place, self._stage.folder)
            self._prove(self)
        except BaseException:
            self.close()
            raise
        return self._jail, self._stage


def _request(place: Workplace, limits: Limits, name: str) -> bytes:
    """All that a zygote is told. Whatever it is told, later workers can read."""
    request = {
        "stage": STAGE,
        "name": name,
        "role": place.role,
        "tmp_bytes": limits.tmp_bytes,
        "limits": {
            "RLIMIT_NPROC": limits.processes + 4 * limits.threads,
            "RLIMIT_CORE": 0,
            "RLIMIT_FSIZE": limits.file_bytes,
            "RLIMIT_NOFILE": limits.open_files,
            "RLIMIT_CPU": limits.cpu_seconds,
            "RLIMIT_DATA": limits.data_bytes,
        },
        "environment": environment(place, limits),
    }
    return json.dumps(request).encode()


def _fork(jail: Jail, request: bytes, connection: socket.socket) -> tuple[ForkedProcess, socket.socket]:
    """A forked worker that waits at its gate, and our end of that."""
    ends = _Ends.make()
    output: IO[bytes] = os.fdopen(ends.log, "rb", buffering=0)
    pidfds: list[int] = []
    try:
        try:
            pidfds.append(jail.fork(request, [connection.fileno(), *ends.theirs]))
        finally:
            ends.hand_over()
        return ForkedProcess(pidfds[0], output, ends.exits), ends.gate
    except BaseException:
        output.close()
        ends.gate.close()
        for fd in (ends.exits, *pidfds):
            os.close(fd)
        raise


def _let_in(process: ForkedProcess, gate: socket.socket, enter: tuple[str, ...]) -> None:
    """Put the worker into its control groups, then let it wall itself in.

    Raises:
        OSError: one of both was refused.
    """
    for group in enter:
        Path(group).write_text(str(process.pid))
    gate.send(b"go")
    said = gate.recv(MESSAGE_BYTES).decode("utf-8", "replace")
    if said != "ready":
        raise OSError(f"a forked worker could not be walled in: {said or 'it is gone'}")


def _end(process: ForkedProcess, stage: Stage, name: str) -> None:
    process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_END_SECONDS)
    stage.drop(name)

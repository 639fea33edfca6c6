"""The jail around a zygote: bubblewrap as for a worker, but with the one right that walling in workers takes.

What differs from `grader.isolation.bubblewrap`, and why: no `--dev` (bubblewrap would add a second user namespace, in
which the zygote could not go back to its own process namespace) and no `--disable-userns` (each worker makes one);
CAP_SYS_ADMIN within this user namespace; no seccomp filter (the worker sets it, last of all); the folder of staged
submissions instead of one of them.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import threading
from pathlib import Path
from typing import Any

from grader.isolation import seccomp
from grader.isolation.bubblewrap import bound, environment, ground, launch, python, system_folders
from grader.isolation.interface import Limits, Workplace

STAGE = "/stage"
START_SECONDS = 120.0
MESSAGE_BYTES = 64 * 1024
_KEPT_BYTES = 4096
_NODES = ("null", "zero", "full", "random", "urandom")


class Jail:
    """A running zygote. `control` is our end of its connection; closing it ends the zygote and all workers."""

    def __init__(self, place: Workplace, stage: Path) -> None:
        """Start it and wait until it has imported everything.

        Raises:
            OSError: it did not start; the message says what it said.
        """
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control.settimeout(START_SECONDS)
        self._said = bytearray()
        self._process: subprocess.Popen[bytes] | None = None
        self._problem: BaseException | None = None
        self._started = threading.Event()
        # The jail dies with the thread that started it, not just with the process: this one stays.
        self._keeper = threading.Thread(target=self._keep, args=(place, stage, theirs), daemon=True)
        self._keeper.start()
        self._started.wait()
        try:
            self._greet(place)
        except BaseException:
            self.close()
            raise

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def fork(self, request: bytes, descriptors: list[int]) -> int:
        """Have a worker forked that gets these descriptors; it waits at its gate.

        Returns:
            Its pidfd.

        Raises:
            OSError: the zygote refused, or is gone. After an exchange that was not finished it is ended: an answer
                that comes late must not be taken for the next one's.
        """
        try:
            socket.send_fds(self.control, [request], descriptors)
            message, found, _, _ = socket.recv_fds(self.control, MESSAGE_BYTES, 1)
        except OSError:
            self.close()
            raise
        answer = answered(message)
        if not answer.get("started") or len(found) != 1:
            raise OSError(f"the zygote could not fork: {answer.get('error', 'it is gone')}")
        return found[0]

    def close(self) -> None:
        """End the zygote, and with it whatever it forked. Safe to call twice."""
        self.control.close()
        if self._process is not None:
            with contextlib.suppress(OSError):
                self._process.kill()
            self._keeper.join()

    def _greet(self, place: Workplace) -> None:
        if self._problem is not None:
            raise OSError(f"the zygote did not start: {self._problem}") from self._problem
        sites = [f"/opt/site{index}" for index in range(len(place.packages))]
        plan = {"harness": "/harness", "sites": sites, "filter": seccomp.program().hex()}
        try:
            self.control.send(json.dumps(plan).encode())
            answer = answered(self.control.recv(MESSAGE_BYTES))
        except OSError as error:
            raise OSError(f"the zygote did not start: {self._words() or error}") from error
        if not answer.get("ready"):
            raise OSError(f"the zygote did not start: {answer.get('error') or self._words()}")

    def _words(self) -> str:
        """What the jail printed, when it is ending anyway."""
        self._keeper.join(5)
        return self._said.decode("utf-8", "replace").strip()[-400:]

    def _keep(self, place: Workplace, stage: Path, theirs: socket.socket) -> None:
        mounts = [(str(stage), STAGE), *ground(place)]
        fd = theirs.fileno()
        try:
            command = [*python(place, "zygote.py"), str(fd)]
            self._process = launch(mounts, lambda staged: _arguments(place, staged), command, (fd,))
        except BaseException as error:
            self._problem = error
        finally:
            theirs.close()
            self._started.set()
        if self._process is not None and self._process.stdout:
            with self._process.stdout as output:
                while piece := os.read(output.fileno(), 1 << 12):
                    self._said[:] = (self._said + piece)[-_KEPT_BYTES:]
            self._process.wait()


def answered(message: bytes) -> dict[str, Any]:
    """A zygote's answer; it is ours, and runs no student code."""
    found = json.loads(message) if message else {}
    return found if isinstance(found, dict) else {}


def _arguments(place: Workplace, mounts: list[tuple[str, str]]) -> bytes:
    flags = [
        *("--unshare-all", "--unshare-user", "--die-with-parent", "--new-session"),
        *("--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN"),
        *("--clearenv", "--hostname", "box", "--uid", "65534", "--gid", "65534"),
        *("--ro-bind", "/usr", "/usr"),
        *system_folders(),
        *("--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"),
        *("--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys"),
        *("--size", "65536", "--perms", "0755", "--tmpfs", "/tmp", "--chdir", "/"),
    ]
    for name in _NODES:
        flags += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    flags += bound(place, mounts)
    # One thread: pools of threads that exist before a fork are missing after it.
    for name, value in environment(place, Limits(threads=1)).items():
        flags += ["--setenv", name, value]
    flags += ["--remount-ro", "/"]
    return "\0".join(flags).encode() + b"\0"

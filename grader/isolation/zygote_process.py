"""A worker that a zygote forked, in the shape of a `subprocess.Popen`: it is not our child, so others tell how it ended.

It is held by a pidfd, which can never come to mean another process. Its exit code comes from the zygote through a
pipe; that pipe closing without one means that the zygote is gone, and with it all of its workers.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
from pathlib import Path
from typing import IO

_CODE_BYTES = 16


class ForkedProcess:
    """See `grader.isolation.interface.Process`."""

    def __init__(self, pidfd: int, output: IO[bytes], exits: int) -> None:
        """
        Args:
            pidfd: of the worker; closed with it.
            output: what the worker prints.
            exits: where its exit code can be read.

        Raises:
            OSError: it has ended already.
        """
        self.pid = _host_pid(pidfd)
        self.stdout: IO[bytes] | None = output
        self.returncode: int | None = None
        self._pidfd = pidfd
        self._exits = exits

    def poll(self) -> int | None:
        return self._look(0.0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._look(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("worker", timeout or 0.0)
        return code

    def kill(self) -> None:
        """End it with all its processes: it is the first process of a namespace of its own."""
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def _look(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._exits], [], [], timeout)[0]:
            told = os.read(self._exits, _CODE_BYTES)
            self.returncode = int(told) if told else -signal.SIGKILL
            os.close(self._exits)
            os.close(self._pidfd)
        return self.returncode


def _host_pid(pidfd: int) -> int:
    """The number that the process has for us, whatever it is called where it runs."""
    for line in Path(f"/proc/self/fdinfo/{pidfd}").read_text().splitlines():
        if line.startswith("Pid:"):
            number = int(line.split()[1])
            if number > 0:
                return number
    raise ProcessLookupError("the forked worker has ended already")

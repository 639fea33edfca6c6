"""Level 1: a plain process with resource limits, an empty environment and a session of its own.

It keeps nothing away from the code it runs: for self-check of one's own code only.
"""

from __future__ import annotations

import resource
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from grader.isolation.interface import Held, Limits, MemoryLimit, Workplace


class Plain:
    level = "1"
    name = "plain process with resource limits: no isolation"
    own_memory_limit: MemoryLimit | None = "polling" if sys.platform == "linux" else "none"

    def unavailable(self) -> str:
        return ""

    def start(
        self, place: Workplace, limits: Limits, connection: socket.socket, enter: tuple[str, ...] = ()
    ) -> Held:
        del enter  # nothing is run here that is not the user's own
        fd = connection.fileno()
        package = place.harness[0][0].parent
        threads = str(limits.threads)
        command = [sys.executable, "-I", "-S", "-B", "-u", str(package / "worker" / "start.py")]
        command += [
            place.role,
            str(fd),
            str(place.submission),
            str(package.parent),
            *map(str, place.packages),
        ]
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": tempfile.gettempdir(),
            "OMP_NUM_THREADS": threads,
            "OMP_WAIT_POLICY": "PASSIVE",  # as in `starting.python_environment`
            "OPENBLAS_NUM_THREADS": threads,
            "MKL_NUM_THREADS": threads,
            "MPLBACKEND": "Agg",
            **(place.card.environment if place.card else {}),
        }
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=tempfile.gettempdir(),
            pass_fds=(fd,),
            start_new_session=True,
        )
        _limit(process.pid, limits)
        return Held(process)


def _limit(pid: int, limits: Limits) -> None:
    """Limits from outside, right after the start: a preexec function is not safe beside threads."""
    if not hasattr(resource, "prlimit") or not Path(f"/proc/{pid}").exists():
        return
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_CPU: limits.cpu_seconds,
        resource.RLIMIT_DATA: limits.data_bytes,
    }
    for kind, value in wanted.items():
        _, hard = resource.prlimit(pid, kind)
        ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.prlimit(pid, kind, (ceiling, ceiling))

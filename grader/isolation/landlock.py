"""Level 2: Landlock, seccomp and resource limits, for machines on which user namespaces are switched off.

What it keeps away: every file that is not the interpreter's, the packages', the harness's or the submission's; the
network and every named socket; signals to, and tracing of, other processes. What it cannot (docs/threat-model.md):
names of files stay visible, other processes exist, and the scratch folder is watched instead of fenced.
The worker runs below a keeper (`grader.isolation.keeper`) that stays outside.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from grader.isolation import confine, seccomp, seccomp_walls
from grader.isolation.interface import Held, Limits, MemoryLimit, Workplace
from grader.isolation.starting import as_file, hidden_in, python_environment, stage

_KEEPER = Path(__file__).with_name("keeper.py")
_READABLE = (
    "/usr",
    "/lib",
    "/lib64",
    "/bin",
    "/sbin",
    "/etc/ld.so.cache",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/self/status",
    "/proc/self/stat",
    "/proc/self/statm",
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
    "/dev/zero",
    "/dev/random",
    "/dev/urandom",
)
_END_SECONDS = 30.0


class Landlock:
    level = "2"
    name = (
        "Landlock, seccomp, resource limits: no process namespace, no private file system; "
        "names of files and other processes can be seen"
    )
    own_memory_limit: MemoryLimit | None = None

    def __init__(self, abi: int = 99) -> None:
        """`abi`: use no newer version of Landlock than this."""
        self._most = abi

    def unavailable(self) -> str:
        if sys.platform != "linux":
            return "Landlock is a part of Linux."
        abi = self._abi()
        if abi == 0:
            return "This kernel has no Landlock, or it is not among its security modules (boot parameter `lsm=`)."
        if abi < confine.LEAST_ABI:
            return f"This kernel has Landlock ABI {abi}; ABI {confine.LEAST_ABI} (Linux 6.2) is needed."
        if not seccomp.supported():
            return f"There is no seccomp filter for this architecture ({os.uname().machine})."
        return ""

    def start(
        self, place: Workplace, limits: Limits, connection: socket.socket, enter: tuple[str, ...] = ()
    ) -> Held:
        box = _box(place)
        connection_fd = connection.fileno()
        plan = {**self._plan(place, limits, box, connection_fd), "enter": enter}
        plan_fd = as_file(json.dumps(plan).encode())
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-B", str(_KEEPER), str(plan_fd)],
                stdin=subprocess.PIPE,  # the life-line: the keeper ends when it closes
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={},
                cwd="/",
                pass_fds=(connection_fd, plan_fd),
                start_new_session=True,
            )
        except BaseException:
            shutil.rmtree(box, ignore_errors=True)
            raise
        finally:
            os.close(plan_fd)
        return Held(process, box / "tmp", lambda: _end(process, box))

    def _abi(self) -> int:
        return min(confine.landlock_abi(), self._most)

    def _plan(self, place: Workplace, limits: Limits, box: Path, fd: int) -> dict[str, Any]:
        sources = [place.submission, *place.packages]
        own_python = place.python_prefix != Path("/usr")
        if own_python:
            sources.append(place.python_prefix)
        # "{N}" is where source number N lies for the worker; only the keeper knows that.
        packages = [f"{{{index + 1}}}" for index in range(len(place.packages))]
        prefix = f"{{{len(sources) - 1}}}" if own_python else "/usr"
        harness = str(box / "harness")
        start = [
            f"{prefix}/bin/{place.python_name}",
            "-I",
            "-S",
            "-B",
            "-u",
            f"{harness}/grader/worker/start.py",
        ]
        abi = self._abi()
        folders = place.card.folders if place.card else ()
        walls = seccomp_walls.instructions(signals_scoped=abi >= confine.SIGNAL_ABI)
        return {
            "package_root": str(_KEEPER.parent.parent.parent),
            "sources": [[str(source), hidden_in(source, place)] for source in sources],
            "readable": [[path, hidden_in(Path(path), place)] for path in (*_READABLE, *folders, harness)],
            "devices": place.card.nodes if place.card else (),
            "stage": stage(),
            "box": str(box),
            "tmp_bytes": limits.tmp_bytes,
            "limits": _limits(limits),
            "abi": abi,
            "filter": seccomp.program(more=walls).hex(),
            "connection": fd,
            "argv": [*start, place.role, str(fd), "{0}", harness, *packages],
            "environment": python_environment(
                limits, str(box / "tmp"), f"{prefix}/lib" if own_python else "", place.card
            ),
        }


def _box(place: Workplace) -> Path:
    """A folder for one worker: the harness in it to read, `tmp` to write. The keeper removes it."""
    box = Path(tempfile.mkdtemp(prefix="box-"))
    box.chmod(0o711 if os.geteuid() == 0 else 0o700)
    package = box / "harness" / "grader"
    package.mkdir(parents=True)
    for source, part in place.harness:
        target = package / part
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            target.parent.mkdir(exist_ok=True)
            shutil.copy2(source, target)
    (box / "tmp").mkdir(mode=0o700)
    (box / "tmp" / "home").mkdir(mode=0o700)
    return box


def _limits(limits: Limits) -> list[tuple[str, int]]:
    return [
        ("RLIMIT_CORE", 0),
        ("RLIMIT_FSIZE", limits.file_bytes),
        ("RLIMIT_NOFILE", limits.open_files),
        ("RLIMIT_CPU", limits.cpu_seconds),
        ("RLIMIT_DATA", limits.data_bytes),
        ("RLIMIT_NPROC", limits.processes + 4 * limits.threads),
    ]


def _end(process: subprocess.Popen[bytes], box: Path) -> None:
    """Let go of the life-line, and wait until the keeper has cleared up."""
    if process.stdin and not process.stdin.closed:
        process.stdin.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_END_SECONDS)
    shutil.rmtree(box, ignore_errors=True)

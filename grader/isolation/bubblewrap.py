"""Level 3: bubblewrap with a user namespace, no network, a seccomp filter, prlimit, and a non-root uid.

The flags and the reason for each are in docs/threat-model.md. Three of them are easy to lose: bubblewrap gets
an empty environment of its own (its environment is readable from the inside), all paths go through `--args`
(its command line is readable too), and the process limit is set inside of the user namespace (outside it would
count every process of that uid on the machine).
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from grader.isolation import seccomp
from grader.isolation.interface import Limits, Workplace

SANDBOX_UID = 64917
"""The uid that a supervisor started by root drops to. It needs no entry in /etc/passwd."""

_LAUNCHER = Path(__file__).with_name("launch.py")


class Bubblewrap:
    level = "3"
    name = "bubblewrap: user namespace, no network, seccomp, prlimit"

    def unavailable(self) -> str:
        if sys.platform != "linux":
            return "bubblewrap runs on Linux only."
        if not shutil.which("bwrap", path=_PATH):
            return "bubblewrap is not installed. Install the package `bubblewrap` (Debian, Ubuntu, Fedora, Arch)."
        if not shutil.which("prlimit", path=_PATH):
            return "prlimit is not installed. Install the package `util-linux`."
        if not seccomp.supported():
            return f"There is no seccomp filter for this architecture ({os.uname().machine})."
        return ""

    def start(self, place: Workplace, limits: Limits, connection: socket.socket) -> subprocess.Popen[bytes]:
        fd = connection.fileno()
        filter_fd = _as_file(seccomp.program())
        try:
            if os.geteuid() == 0:
                return self._start_as_root(place, limits, fd, filter_fd)
            mounts = _mounts(place)
            arguments_fd = _as_file(_arguments(place, limits, mounts, filter_fd))
            try:
                command = [_bwrap(), "--args", str(arguments_fd), "--", *_command(place, limits, fd)]
                return _popen(command, (fd, filter_fd, arguments_fd))
            finally:
                os.close(arguments_fd)
        finally:
            os.close(filter_fd)

    def _start_as_root(
        self, place: Workplace, limits: Limits, fd: int, filter_fd: int
    ) -> subprocess.Popen[bytes]:
        """Drop to `SANDBOX_UID` first. Sources below a folder that only root may enter are bound into a private
        mount namespace by the launcher, so that the dropped uid can bind them again."""
        stage = _stage()
        staged = [(f"{stage}/{index}", target) for index, (_, target) in enumerate(_mounts(place))]
        arguments_fd = _as_file(_arguments(place, limits, staged, filter_fd))
        plan = {
            "stage": stage,
            "binds": [source for source, _ in _mounts(place)],
            "uid": SANDBOX_UID,
            "argv": [_bwrap(), "--args", str(arguments_fd), "--", *_command(place, limits, fd)],
        }
        plan_fd = _as_file(json.dumps(plan).encode())
        try:
            command = [sys.executable, "-I", "-S", str(_LAUNCHER), str(plan_fd)]
            return _popen(command, (fd, filter_fd, arguments_fd, plan_fd))
        finally:
            os.close(arguments_fd)
            os.close(plan_fd)


_PATH = "/usr/bin:/bin:/usr/local/bin"


@cache
def _bwrap() -> str:
    found = shutil.which("bwrap", path=_PATH)
    assert found, "asked for only where `unavailable` said nothing"
    return found


@cache
def _stage() -> str:
    """The mount point that launchers use, each in a mount namespace of its own; here it stays empty."""
    folder = tempfile.mkdtemp(prefix="stage-")
    Path(folder).chmod(0o755)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _popen(command: list[str], fds: tuple[int, ...]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={},
        cwd="/",
        pass_fds=fds,
        start_new_session=True,
    )


def _as_file(content: bytes) -> int:
    """A readable descriptor with this content and no name in the file system."""
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        fd = os.dup(file.fileno())
    os.lseek(fd, 0, os.SEEK_SET)
    os.set_inheritable(fd, True)
    return fd


def _mounts(place: Workplace) -> list[tuple[str, str]]:
    """Everything that is bound read-only: host path and path inside."""
    mounts = [(str(place.submission), "/repo")]
    mounts += [(str(source), f"/harness/grader/{part}") for source, part in place.harness]
    mounts += [(str(folder), f"/opt/site{index}") for index, folder in enumerate(place.packages)]
    if place.python_prefix != Path("/usr"):
        mounts.append((str(place.python_prefix), "/opt/py"))
    return mounts


def _arguments(place: Workplace, limits: Limits, mounts: list[tuple[str, str]], filter_fd: int) -> bytes:
    size = str(limits.tmp_bytes)
    flags = [
        *("--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session"),
        *("--cap-drop", "ALL", "--clearenv", "--hostname", "box", "--uid", "65534", "--gid", "65534"),
        *("--ro-bind", "/usr", "/usr"),
        *_system_folders(),
        *("--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"),
        *("--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--dev", "/dev"),
        *("--size", size, "--perms", "1777", "--tmpfs", "/dev/shm"),
        *("--size", size, "--perms", "0700", "--tmpfs", "/tmp", "--dir", "/tmp/home", "--chdir", "/tmp"),
    ]
    for source, target in mounts:
        flags += ["--ro-bind", source, target]
    # An installed grader lies among the packages, with the specs in it: hide it there.
    for index, folder in enumerate(place.packages):
        if (folder / "grader").is_dir():
            flags += ["--tmpfs", f"/opt/site{index}/grader"]
    environment = _environment(limits)
    if place.python_prefix != Path("/usr"):
        # An interpreter with a shared libpython looks for it where it was installed, which is not there inside;
        # without this it would take the system's, of another version.
        environment["LD_LIBRARY_PATH"] = "/opt/py/lib"
    for name, value in environment.items():
        flags += ["--setenv", name, value]
    flags += ["--remount-ro", "/", "--seccomp", str(filter_fd)]
    return "\0".join(flags).encode() + b"\0"


def _system_folders() -> list[str]:
    """/lib, /lib64, /bin: links into /usr on a merged system, real folders else."""
    flags: list[str] = []
    for name in ("lib", "lib64", "bin", "sbin"):
        path = Path("/") / name
        if path.is_symlink():
            flags += ["--symlink", str(path.readlink()).lstrip("/"), str(path)]
        elif path.is_dir():
            flags += ["--ro-bind", str(path), str(path)]
    return flags


def _environment(limits: Limits) -> dict[str, str]:
    threads = str(limits.threads)
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": "/tmp/home",
        "TMPDIR": "/tmp",
        "LC_ALL": "C.UTF-8",
        "OMP_NUM_THREADS": threads,
        "OMP_WAIT_POLICY": "PASSIVE",  # threads that wait must not take the cores of another worker
        "OPENBLAS_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": "/tmp/home",
    }


def _command(place: Workplace, limits: Limits, fd: int) -> list[str]:
    prefix = "/usr" if place.python_prefix == Path("/usr") else "/opt/py"
    sites = [f"/opt/site{index}" for index in range(len(place.packages))]
    return [
        "/usr/bin/prlimit",
        f"--nproc={limits.processes + 4 * limits.threads}",
        "--core=0",
        f"--fsize={limits.file_bytes}",
        f"--nofile={limits.open_files}",
        f"--cpu={limits.cpu_seconds}",
        f"--data={limits.data_bytes}",
        "--",
        *(f"{prefix}/bin/{place.python_name}", "-I", "-S", "-B", "-u", "/harness/grader/worker/start.py"),
        *(place.role, str(fd), "/repo", "/harness", *sites),
    ]

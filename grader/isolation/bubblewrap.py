"""Level 3: bubblewrap with a user namespace, no network, a seccomp filter, prlimit, and a non-root uid.

The flags and the reason for each are in docs/threat-model.md. Three of them are easy to lose: bubblewrap gets
an empty environment of its own (its environment is readable from the inside), all paths go through `--args`
(its command line is readable too), and the process limit is set inside of the user namespace (outside it would
count every process of that uid on the machine).
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

from grader.isolation import seccomp
from grader.isolation.interface import Held, Limits, MemoryLimit, Workplace
from grader.isolation.starting import as_file, hidden_in, python_environment, stage

SANDBOX_UID = 64917
"""The uid that a supervisor started by root drops to. It needs no entry in /etc/passwd."""

_LAUNCHER = Path(__file__).with_name("launch.py")


class Bubblewrap:
    level = "3"
    name = "bubblewrap: user namespace, no network, seccomp, prlimit"
    own_memory_limit: MemoryLimit | None = None

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

    def start(
        self, place: Workplace, limits: Limits, connection: socket.socket, enter: tuple[str, ...] = ()
    ) -> Held:
        fd = connection.fileno()
        filter_fd = as_file(seccomp.program())
        try:
            return Held(
                launch(
                    _mounts(place),
                    lambda mounts: _arguments(place, limits, mounts, filter_fd),
                    _command(place, limits, fd),
                    (fd, filter_fd),
                    enter,
                )
            )
        finally:
            os.close(filter_fd)


def launch(
    mounts: list[tuple[str, str]],
    arguments: Callable[[list[tuple[str, str]]], bytes],
    command: list[str],
    fds: tuple[int, ...],
    enter: tuple[str, ...] = (),
) -> subprocess.Popen[bytes]:
    """Start bubblewrap with this command inside, as a plain user whoever we are.

    Args:
        mounts: host paths and paths inside, to be bound.
        arguments: makes the words for `--args` from the mounts as bubblewrap will find them.
        fds: what the command inherits.
        enter: the control groups to start in.
    """
    if os.geteuid() == 0:
        return _launch_as_root(mounts, arguments, command, fds, enter)
    arguments_fd = as_file(arguments(mounts))
    try:
        started = [_bwrap(), "--args", str(arguments_fd), "--", *command]
        return _popen([*_entering(enter), *started], (*fds, arguments_fd))
    finally:
        os.close(arguments_fd)


def _launch_as_root(
    mounts: list[tuple[str, str]],
    arguments: Callable[[list[tuple[str, str]]], bytes],
    command: list[str],
    fds: tuple[int, ...],
    enter: tuple[str, ...],
) -> subprocess.Popen[bytes]:
    """Drop to `SANDBOX_UID` first. Sources below a folder that only root may enter are bound into a private
    mount namespace by the launcher, so that the dropped uid can bind them again."""
    folder = stage()
    staged = [(f"{folder}/{index}", target) for index, (_, target) in enumerate(mounts)]
    arguments_fd = as_file(arguments(staged))
    plan = {
        "stage": folder,
        "enter": enter,
        "binds": [source for source, _ in mounts],
        "uid": SANDBOX_UID,
        "argv": [_bwrap(), "--args", str(arguments_fd), "--", *command],
    }
    plan_fd = as_file(json.dumps(plan).encode())
    try:
        launcher = [sys.executable, "-I", "-S", str(_LAUNCHER), str(plan_fd)]
        return _popen(launcher, (*fds, arguments_fd, plan_fd))
    finally:
        os.close(arguments_fd)
        os.close(plan_fd)


_PATH = "/usr/bin:/bin:/usr/local/bin"


@cache
def _bwrap() -> str:
    found = shutil.which("bwrap", path=_PATH)
    assert found, "asked for only where `unavailable` said nothing"
    return found


def _entering(enter: tuple[str, ...]) -> list[str]:
    """What goes before a command so that it starts inside of control groups; its own words stay as they are."""
    if not enter:
        return []
    steps = [f'echo $$ > "${index + 1}"' for index in range(len(enter))]
    return ["/bin/sh", "-c", f'{" && ".join(steps)} && shift {len(enter)} && exec "$@"', "sh", *enter]


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


def _mounts(place: Workplace) -> list[tuple[str, str]]:
    """Everything that is bound read-only: host path and path inside."""
    return [(str(place.submission), "/repo"), *ground(place)]


def ground(place: Workplace) -> list[tuple[str, str]]:
    """What all workers see alike: the harness, the packages and the interpreter."""
    return [*((str(source), f"/harness/grader/{part}") for source, part in place.harness), *_folders(place)]


def _folders(place: Workplace) -> list[tuple[str, str]]:
    """The packages and the interpreter, as `_mounts`."""
    found = [(str(folder), f"/opt/site{index}") for index, folder in enumerate(place.packages)]
    if place.python_prefix != Path("/usr"):
        found.append((str(place.python_prefix), "/opt/py"))
    return found


def _arguments(place: Workplace, limits: Limits, mounts: list[tuple[str, str]], filter_fd: int) -> bytes:
    size = str(limits.tmp_bytes)
    flags = [
        *("--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session"),
        *("--cap-drop", "ALL", "--clearenv", "--hostname", "box", "--uid", "65534", "--gid", "65534"),
        *("--ro-bind", "/usr", "/usr"),
        *system_folders(),
        *("--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"),
        *("--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--dev", "/dev"),
        *_card(place),
        *("--size", size, "--perms", "1777", "--tmpfs", "/dev/shm"),
        *("--size", size, "--perms", "0700", "--tmpfs", "/tmp", "--dir", "/tmp/home", "--chdir", "/tmp"),
    ]
    flags += bound(place, mounts)
    for name, value in environment(place, limits).items():
        flags += ["--setenv", name, value]
    flags += ["--remount-ro", "/", "--seccomp", str(filter_fd)]
    return "\0".join(flags).encode() + b"\0"


def _card(place: Workplace) -> list[str]:
    """The nodes of one card on top of the private /dev: bound for devices, as a plain bind allows none."""
    if place.card is None:
        return []
    flags: list[str] = []
    for node in place.card.nodes:
        flags += ["--dev-bind", node, node]
    for folder in place.card.folders:
        flags += ["--ro-bind", folder, folder]
    return flags


def bound(place: Workplace, mounts: list[tuple[str, str]]) -> list[str]:
    """The flags that bind these mounts read-only, without what is to be hidden of them."""
    flags: list[str] = []
    for source, target in mounts:
        flags += ["--ro-bind", source, target]
    for source, target in [("/usr", "/usr"), *_folders(place)]:
        for part in hidden_in(Path(source), place):
            flags += ["--tmpfs", f"{target}/{part}"]
    return flags


def environment(place: Workplace, limits: Limits) -> dict[str, str]:
    libraries = "" if place.python_prefix == Path("/usr") else "/opt/py/lib"
    return python_environment(limits, "/tmp", libraries, place.card)


def system_folders() -> list[str]:
    """/lib, /lib64, /bin: links into /usr on a merged system, real folders else."""
    flags: list[str] = []
    for name in ("lib", "lib64", "bin", "sbin"):
        path = Path("/") / name
        if path.is_symlink():
            flags += ["--symlink", str(path.readlink()).lstrip("/"), str(path)]
        elif path.is_dir():
            flags += ["--ro-bind", str(path), str(path)]
    return flags


def _command(place: Workplace, limits: Limits, fd: int) -> list[str]:
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
        *python(place, "start.py"),
        *(place.role, str(fd), "/repo", "/harness", *sites),
    ]


def python(place: Workplace, script: str) -> list[str]:
    """The command that runs a script of the worker inside."""
    prefix = "/usr" if place.python_prefix == Path("/usr") else "/opt/py"
    words = (f"{prefix}/bin/{place.python_name}", "-I", "-S", "-B", "-u", f"/harness/grader/worker/{script}")
    return list(words)

"""What student code could do in here, tried by ourselves before any student code runs.

Each probe answers with one word; the supervisor holds it against what the level promises.
"""

from __future__ import annotations

import ctypes
import os
import resource
import socket
from collections.abc import Callable
from pathlib import Path

from grader.isolation.frames import Channel


def serve(connection: socket.socket) -> None:
    channel = Channel(connection)
    channel.send({"op": "ready", "probes": {name: _try(probe) for name, probe in PROBES.items()}})


def _try(probe: Callable[[], str]) -> str:
    try:
        return probe()
    except OSError as error:
        return f"refused ({error.__class__.__name__})"


def _network() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
        tcp.settimeout(0.2)
        tcp.connect_ex(("127.0.0.1", 9))
    return "open"


def _accounts() -> str:
    Path("/etc/passwd").read_bytes()
    return "readable"


def _homes() -> str:
    found = [name for name in ("/home", "/root", "/var", "/run", "/srv", "/mnt", "/etc") if _visible(name)]
    if not found:
        return "absent"
    listed = [name for name in found if _lists(name)]
    return f"visible: {' '.join(listed)}" if listed else "names visible, contents refused"


def _visible(name: str) -> bool:
    """/etc may be there, with nothing in it but what the loader needs."""
    return Path(name).exists() and not (name == "/etc" and _lists(name) and len(os.listdir(name)) <= 1)  # noqa: PTH208


def _lists(name: str) -> bool:
    try:
        os.listdir(name)  # noqa: PTH208
    except OSError:
        return False
    return True


def _root_folder() -> str:
    Path("/canary").write_bytes(b"x")
    return "writable"


def _processes() -> str:
    numbers = [name for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208
    return "own only" if len(numbers) <= 3 else f"{len(numbers)} visible"


def _identity() -> str:
    return "root" if os.getuid() == 0 else "not root"


def _privileges() -> str:
    status = dict(
        line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line
    )
    held = any(int(status.get(name, "1"), 16) for name in ("CapPrm", "CapEff", "CapInh", "CapAmb"))
    if status.get("NoNewPrivs") != "1" or held:
        return "some"
    return "none" if int(status.get("CapBnd", "1"), 16) == 0 else "none held, none to gain"


def _filter() -> str:
    status = Path("/proc/self/status").read_text()
    return "on" if "Seccomp:\t2" in status else "off"


def _tracing() -> str:
    """PTRACE_TRACEME succeeds for any process unless a filter refuses it."""
    libc = ctypes.CDLL(None, use_errno=True)
    return "open" if libc.ptrace(0, 0, None, None) == 0 else "refused"


def _signals() -> str:
    """Signal 0 only asks whether one may be sent. Process 1 of a namespace of our own is no stranger."""
    if os.getppid() <= 1:
        return "own only"
    os.kill(os.getppid(), 0)
    return "reach other processes"


def _limits() -> str:
    """Whether another process of the same user could be given other limits."""
    if os.getppid() <= 1:
        return "own only"
    resource.prlimit(os.getppid(), resource.RLIMIT_CORE)
    return "of other processes too"


def _named_sockets() -> str:
    """A user's bus, agent and container engine listen on sockets that have a name in the file system."""
    if not any(Path(name).exists() for name in ("/run", "/var", "/home")):
        return "none there"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM):
        return "open"


def _harness() -> str:
    with Path(__file__).open("r+b"):
        return "writable"


def _environment() -> str:
    allowed = {
        "PATH",
        "HOME",
        "TMPDIR",
        "LC_ALL",
        "PWD",
        "OLDPWD",
        "MPLBACKEND",
        "MPLCONFIGDIR",
        "LD_LIBRARY_PATH",
        "CUDA_VISIBLE_DEVICES",
        "GRADER_DEVICE",
    }
    own = {name for name in os.environ if not name.startswith(("OMP_", "OPENBLAS_", "MKL_"))}
    return "empty" if own <= allowed else f"{len(own - allowed)} unexpected"


PROBES: dict[str, Callable[[], str]] = {
    "network": _network,
    "accounts of the host": _accounts,
    "folders of the host": _homes,
    "root folder": _root_folder,
    "processes": _processes,
    "user": _identity,
    "privileges": _privileges,
    "system call filter": _filter,
    "tracing": _tracing,
    "environment": _environment,
    "signals": _signals,
    "limits": _limits,
    "named sockets": _named_sockets,
    "harness": _harness,
}

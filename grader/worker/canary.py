"""What student code could do in here, tried by ourselves before any student code runs.

Each probe answers with one word; the supervisor holds it against what the level promises.
"""

from __future__ import annotations

import ctypes
import os
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
    found = [name for name in ("/home", "/root", "/var", "/run", "/srv", "/mnt") if Path(name).exists()]
    return f"visible: {' '.join(found)}" if found else "absent"


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
    closed = status.get("NoNewPrivs") == "1" and int(status.get("CapBnd", "1"), 16) == 0
    return "none" if closed else "some"


def _filter() -> str:
    status = Path("/proc/self/status").read_text()
    return "on" if "Seccomp:\t2" in status else "off"


def _tracing() -> str:
    """PTRACE_TRACEME succeeds for any process unless a filter refuses it."""
    libc = ctypes.CDLL(None, use_errno=True)
    return "open" if libc.ptrace(0, 0, None, None) == 0 else "refused"


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
}

"""What a forked worker could do, on top of what every canary tries: each wall that is our own code, one by one.

As in `grader.worker.canary`, each probe answers with a few words that the supervisor holds against the promised ones
(`grader.isolation.zygote_promises`). Nothing here changes anything where a wall should be missing.
"""

from __future__ import annotations

import ctypes
import errno
import importlib
import os
import platform
import resource
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from grader.isolation.frames import Channel
from grader.worker.canary import PROBES as COMMON

_libc = ctypes.CDLL(None, use_errno=True)

# name → (x86_64, aarch64), called with arguments that no kernel takes
_CALLS: dict[str, tuple[int, int]] = {
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "mount_setattr": (442, 442), "unshare": (272, 97),
    "setns": (308, 268), "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438), "bpf": (321, 280), "perf_event_open": (298, 241), "io_uring_setup": (425, 425),
    "userfaultfd": (323, 282), "open_by_handle_at": (304, 265), "syslog": (103, 116), "memfd_create": (319, 279),
}  # fmt: skip
_CLONE, _CLONE3 = (56, 220), (435, 435)
_NEW_USER, _PDEATHSIG, _SECUREBITS = 0x10000000, 2, 27
_FAMILIES = {"udp": 2, "ipv6": 10, "netlink": 16, "packet": 17, "vsock": 40}
_NOT_WRITABLE = (
    *("/x", "/usr/x", "/opt/x", "/repo/x", "/harness/x", "/dev/x", "/etc/x", "/stage/x"),
    *("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sys/vm/overcommit_memory"),
    "/proc/sysrq-trigger",
)
_ROOT = {"bin", "dev", "etc", "harness", "lib", "lib64", "opt", "proc", "repo", "sbin", "tmp", "usr"}
_MAPPED = ("/usr/", "/opt/", "/lib", "/harness/", "/dev/zero", "[")
_MAPPED_OR_TMP = (*_MAPPED, "/tmp")


def serve(connection: socket.socket) -> None:
    channel = Channel(connection)
    answers = {name: _try(probe) for name, probe in (COMMON | PROBES).items()}
    channel.send({"op": "ready", "probes": answers})


def _try(probe: Callable[[], str]) -> str:
    try:
        return probe()
    except OSError as error:
        return f"refused ({error.__class__.__name__})"


def _identity() -> str:
    numbers = {*os.getresuid(), *os.getresgid(), *os.getgroups()}
    return "nobody" if numbers == {65534} else f"{sorted(numbers)}"


def _user_namespace() -> str:
    return " ".join(Path("/proc/self/uid_map").read_text().split())


def _capabilities() -> str:
    lines = Path("/proc/self/status").read_text().splitlines()
    held = [line for line in lines if line.startswith("Cap") and int(line.split()[1], 16)]
    locked = _libc.prctl(_SECUREBITS, 0, 0, 0, 0) == 0xEF
    return "none, for good" if not held and locked else " ".join([*held, "" if locked else "not locked"])


def _descriptors() -> str:
    return " ".join(str(fd) for fd in range(1024) if _is_open(fd))


def _is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def _root() -> str:
    also = set(os.listdir("/")) - _ROOT  # noqa: PTH208
    return f"also {' '.join(sorted(also))}" if also else "its own"


def _other_submissions() -> str:
    """The one staged submission is bound; the folder of all of them is not there."""
    mounts = [line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    points = [words[4] for words in mounts]
    strange = [point for point in points if point.startswith("/stage")]
    return "absent" if not strange and points.count("/repo") == 1 and not Path("/stage").exists() else "there"


def _writing() -> str:
    found = [path for path in _NOT_WRITABLE if _opens(path)]
    with open("/proc/self/oom_score_adj", "r+b", buffering=0) as file:  # noqa: PTH123
        try:
            file.write(b"-999")
            found.append("oom_score_adj")
        except OSError:
            pass
    return f"open: {' '.join(found)}" if found else "refused"


def _opens(path: str) -> bool:
    """Whether it can be opened for writing, or made; nothing is written."""
    try:
        os.close(os.open(path, os.O_WRONLY | (0 if Path(path).exists() else os.O_CREAT)))
    except OSError:
        return False
    return True


def _mounts() -> str:
    """What is not mounted read-only, and what heeds set-uid bits."""
    found = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        point, options = line.split()[4], line.split()[5].split(",")
        if "ro" not in options or not ("nosuid" in options or point == "/"):
            found.append(point)
    return " ".join(sorted(found))


def _maps_of_users() -> str:
    with open("/proc/self/uid_map", "wb", buffering=0) as file:  # noqa: PTH123
        file.write(b"0 0 1")
    return "writable"


def _scratch() -> str:
    sizes = []
    for folder in ("/tmp", "/dev/shm"):
        (Path(folder) / "x").write_bytes(b"x")
        (Path(folder) / "x").unlink()
        whole = os.statvfs(folder)
        sizes.append(f"{whole.f_blocks * whole.f_frsize // 1024**2}")
    return f"{' and '.join(sizes)} MiB"


def _families() -> str:
    found = []
    for name, number in _FAMILIES.items():
        try:
            socket.socket(number, socket.SOCK_DGRAM).close()
            found.append(name)
        except PermissionError:
            continue
        except OSError as error:
            found.append(f"{name} ({errno.errorcode.get(error.errno or 0)})")
    return f"open: {' '.join(found)}" if found else "refused"


def _interfaces() -> str:
    lines = Path("/proc/self/net/dev").read_text().splitlines()[2:]
    names = [line.partition(":")[0].strip() for line in lines]
    return "loopback only" if set(names) <= {"lo"} else " ".join(names)


def _sockets_of_others() -> str:
    lines = Path("/proc/self/net/unix").read_text().splitlines()[1:]
    return f"{len(lines)} named" if any(len(line.split()) > 7 for line in lines) else "none"


def _processes() -> str:
    numbers = {name for name in os.listdir("/proc") if name.isdigit()}  # noqa: PTH208
    return "itself" if numbers == {"1"} and os.getpid() == 1 and os.getppid() == 0 else f"{sorted(numbers)}"


def _reach() -> str:
    try:
        os.kill(-1, 0)
    except ProcessLookupError:
        return "nobody"
    return "others"


def _calls() -> str:
    """Refused is EPERM; any other answer is the kernel's own, so the filter let the call through."""
    column = 0 if platform.machine() == "x86_64" else 1
    found = []
    for name, numbers in _CALLS.items():
        if _libc.syscall(numbers[column], -1, -1, -1, -1, -1, -1) != -1 or ctypes.get_errno() != errno.EPERM:
            found.append(name)
    return f"open: {' '.join(found)}" if found else "refused"


def _clone() -> str:
    column = 0 if platform.machine() == "x86_64" else 1
    child = _libc.syscall(_CLONE[column], ctypes.c_ulong(_NEW_USER | signal.SIGCHLD), 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    if child > 0:
        os.waitpid(child, 0)
        return "a user namespace"
    _libc.syscall(_CLONE3[column], 0, 0)
    return "refused" if ctypes.get_errno() == errno.ENOSYS else "clone3 is open"


def _keys() -> str:
    try:
        return "none" if not Path("/proc/keys").read_text().strip() else "some"
    except OSError:
        return "none"


def _segments() -> str:
    """SysV shared memory of this IPC namespace; the first line is a heading."""
    path = Path("/proc/sysvipc/shm")
    return "none" if not path.exists() or len(path.read_text().splitlines()) <= 1 else "some"


def _mapped_files() -> str:
    names = {line.split(maxsplit=5)[5] for line in Path("/proc/self/maps").read_text().splitlines() if line[-1:] != " "
             and len(line.split(maxsplit=5)) > 5}  # fmt: skip
    strange = [name for name in names if not name.startswith(_MAPPED)]
    return f"strange: {' '.join(sorted(strange)[:3])}" if strange else "neutral"


def _command_and_environment() -> str:
    words = Path("/proc/self/cmdline").read_text().split("\0")
    lines = Path("/proc/self/environ").read_text().split("\0")
    strange = [word for word in words if word.startswith("/") and not word.startswith(_MAPPED)]
    values = {name: value for name, _, value in (line.partition("=") for line in lines)}
    strange += [
        name
        for name, value in values.items()
        if value[:1] == "/" != value and not value.startswith(_MAPPED_OR_TMP)
    ]
    return f"strange: {' '.join(strange[:3])}" if strange else "neutral"


def _late_import() -> str:
    """The files of the libraries are there, not only what is in memory."""
    for name in ("colorsys", "encodings.idna", "torch.utils.model_zoo"):
        sys.modules.pop(name, None)
        importlib.import_module(name)
    return "works"


def _limits() -> str:
    kinds = (resource.RLIMIT_NPROC, resource.RLIMIT_NOFILE, resource.RLIMIT_CORE)
    return " ".join(str(resource.getrlimit(kind)[0]) for kind in kinds)


def _end() -> str:
    number = ctypes.c_int()
    _libc.prctl(_PDEATHSIG, ctypes.byref(number), 0, 0, 0)
    return "with the zygote" if number.value == signal.SIGKILL else "left behind"


def _threads() -> str:
    return str(len(os.listdir("/proc/self/task")))  # noqa: PTH208


PROBES: dict[str, Callable[[], str]] = {
    "identity": _identity,
    "map of users": _user_namespace,
    "another map of users": _maps_of_users,
    "capabilities": _capabilities,
    "open descriptors": _descriptors,
    "folders at the root": _root,
    "other submissions": _other_submissions,
    "writing elsewhere": _writing,
    "writable mounts": _mounts,
    "scratch space": _scratch,
    "kinds of sockets": _families,
    "interfaces": _interfaces,
    "sockets of others": _sockets_of_others,
    "process list": _processes,
    "signals to all": _reach,
    "system calls": _calls,
    "new namespaces": _clone,
    "kernel keys": _keys,
    "shared segments": _segments,
    "mapped files": _mapped_files,
    "command and environment": _command_and_environment,
    "late import": _late_import,
    "resource limits": _limits,
    "threads": _threads,
    "end": _end,
}

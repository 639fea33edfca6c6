"""The walls around a worker that was forked: what bubblewrap does for one that was started, done by the worker itself.

Everything happens in the fork, before any student code: namespaces, a root of its own, a user namespace without any
right over them, limits, no capabilities, the system call filter. A step that the kernel refuses raises: nothing runs
half walled in. Around it stays the jail that the zygote itself lives in (docs/decisions, "One zygote per batch").
Numbers: Linux `linux/sched.h`, `linux/mount.h`, `linux/prctl.h`, `linux/securebits.h`.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
from collections.abc import Mapping
from dataclasses import dataclass

NEW_PID, _NEW_USER = 0x20000000, 0x10000000
_NEW_NS, _NEW_NET, _NEW_IPC, _NEW_UTS, _NEW_CGROUP = (
    0x00020000,
    0x40000000,
    0x08000000,
    0x04000000,
    0x02000000,
)
_NOSUID, _NODEV, _NOEXEC, _BIND, _REC, _PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
_DETACH = 2
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_ATTR_RDONLY, _ATTR_NOSUID, _ATTR_NODEV = 1, 2, 4
_SET_PDEATHSIG, _SET_SECCOMP, _CAPBSET_DROP, _SET_SECUREBITS, _SET_NO_NEW_PRIVS, _CAP_AMBIENT = (
    1,
    22,
    24,
    28,
    38,
    47,
)
_AMBIENT_CLEAR_ALL, _FILTER, _KILL = 4, 2, 9
_SECUREBITS_LOCKED = (
    0xEF  # no root, no set-uid fix-up, no ambient raise, no kept capabilities; all of it for good
)
_CAPABILITY_VERSION = 0x20080522
_CALLS = {
    "x86_64": {"pivot_root": 155, "mount_setattr": 442},
    "aarch64": {"pivot_root": 41, "mount_setattr": 442},
}

UID = 65534
NODES = ("null", "zero", "full", "random", "urandom")
_LINKS = (("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"))
_NEW_ROOT = "/tmp"  # of the zygote's jail: nothing else is there
_READ_ONLY_FOLDERS = ("/usr", "/opt", "/harness")
_COVERED = ("/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus")

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Walls:
    """What differs between workers, and the filter that they share."""

    repository: str  # the staged submission, as the zygote sees it
    tmp_bytes: int
    limits: Mapping[str, int]  # RLIMIT_… → value
    program: bytes


def enclose(walls: Walls) -> None:
    """Wall this process in for good. It must be the first one of a process namespace.

    Raises:
        OSError: a step was refused; the process must end.
    """
    unshare(_NEW_NS | _NEW_NET | _NEW_IPC | _NEW_UTS | _NEW_CGROUP)
    _checked("hostname", _libc.sethostname(b"box", 3))
    _new_root(walls)
    _own_user_namespace()
    _checked("die with parent", _libc.prctl(_SET_PDEATHSIG, _KILL, 0, 0, 0))
    for name, value in walls.limits.items():
        _limit(getattr(resource, name), value)
    _drop_capabilities()
    _checked("no new privileges", _libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _filter(walls.program)


def unshare(flags: int) -> None:
    _checked(f"unshare {flags:#x}", _libc.unshare(flags))


def enter_process_namespace(fd: int) -> None:
    """Later children of this process are born in that namespace."""
    _checked("setns", _libc.setns(fd, NEW_PID))


# --- a root of its own --------------------------------------------------------------------------------------------


def _new_root(walls: Walls) -> None:
    _mount("none", "/", _REC | _PRIVATE)
    _mount("tmpfs", _NEW_ROOT, _NOSUID | _NODEV, "tmpfs", "size=256k,mode=0755")
    # Whatever may be written to comes before the binds: a bind source or target below it would be hidden.
    _folder("/tmp")
    _mount("tmpfs", f"{_NEW_ROOT}/tmp", _NOSUID | _NODEV, "tmpfs", f"size={walls.tmp_bytes},mode=0700")
    os.mkdir(f"{_NEW_ROOT}/tmp/home")  # noqa: PTH102
    for source in _READ_ONLY_FOLDERS:
        _folder(source)
        _bind(source, source)
    _folder("/repo")
    _bind(walls.repository, "/repo")
    _system_folders()
    if os.path.exists("/etc/ld.so.cache"):  # noqa: PTH110
        _folder("/etc")
        _file("/etc/ld.so.cache")
        _bind("/etc/ld.so.cache", "/etc/ld.so.cache")
    _devices(walls.tmp_bytes)
    _folder("/proc")
    _mount("proc", f"{_NEW_ROOT}/proc", _NOSUID | _NODEV | _NOEXEC, "proc")
    _pivot()
    for path in filter(os.path.exists, _COVERED):
        _mount(path, path, _BIND | _REC)
        _attributes(path, _ATTR_RDONLY | _ATTR_NOSUID | _ATTR_NODEV, recursive=True)
    for path in ("/dev", "/"):
        _attributes(path, _ATTR_RDONLY, recursive=False)
    os.chdir("/tmp")


def _system_folders() -> None:
    """/lib, /lib64, /bin: links into /usr on a merged system, real folders else."""
    for name in ("lib", "lib64", "bin", "sbin"):
        if os.path.islink(f"/{name}"):  # noqa: PTH114
            os.symlink(os.readlink(f"/{name}"), f"{_NEW_ROOT}/{name}")  # noqa: PTH115, PTH211
        elif os.path.isdir(f"/{name}"):  # noqa: PTH112
            _folder(f"/{name}")
            _bind(f"/{name}", f"/{name}")


def _devices(shared_bytes: int) -> None:
    _folder("/dev")
    _mount("tmpfs", f"{_NEW_ROOT}/dev", _NOSUID, "tmpfs", "size=64k,mode=0755")
    for name in NODES:
        _file(f"/dev/{name}")
        _mount(f"/dev/{name}", f"{_NEW_ROOT}/dev/{name}", _BIND)
    for name, target in (*_LINKS, ("stderr", "/proc/self/fd/2")):
        os.symlink(target, f"{_NEW_ROOT}/dev/{name}")  # noqa: PTH211
    _folder("/dev/shm")
    _mount("tmpfs", f"{_NEW_ROOT}/dev/shm", _NOSUID | _NODEV, "tmpfs", f"size={shared_bytes},mode=1777")


def _pivot() -> None:
    os.chdir(_NEW_ROOT)
    _checked("pivot_root", _libc.syscall(_number("pivot_root"), b".", b"."))
    _checked("umount of the old root", _libc.umount2(b".", _DETACH))
    os.chdir("/")


def _folder(name: str) -> None:
    os.mkdir(_NEW_ROOT + name, 0o755)  # noqa: PTH102 - between fork and student code, with as little as it can


def _file(name: str) -> None:
    os.close(os.open(_NEW_ROOT + name, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o644))


def _bind(source: str, target: str) -> None:
    """Bind read-only, with all that is mounted below. A source that is not there raises."""
    _mount(source, _NEW_ROOT + target, _BIND | _REC)
    _attributes(_NEW_ROOT + target, _ATTR_RDONLY | _ATTR_NOSUID | _ATTR_NODEV, recursive=True)


def _mount(source: str, target: str, flags: int, kind: str | None = None, data: str | None = None) -> None:
    words = [None if word is None else word.encode() for word in (source, target, kind, data)]
    _checked(f"mount {target}", _libc.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), words[3]))


def _attributes(target: str, attributes: int, *, recursive: bool) -> None:
    wanted = struct.pack("=QQQQ", attributes, 0, 0, 0)
    result = _libc.syscall(
        _number("mount_setattr"),
        _AT_FDCWD,
        target.encode(),
        ctypes.c_uint(_AT_RECURSIVE if recursive else 0),
        wanted,
        ctypes.c_size_t(len(wanted)),
    )
    _checked(f"mount_setattr {target}", result)


# --- no right over any of it --------------------------------------------------------------------------------------


def _own_user_namespace() -> None:
    """The namespaces above belong to the jail's user namespace; from within a new one they cannot be changed.

    It also gives the worker a process count of its own. Where it is refused, so is the worker.
    """
    unshare(_NEW_USER)
    for file, line in (("setgroups", "deny"), ("gid_map", f"{UID} {UID} 1"), ("uid_map", f"{UID} {UID} 1")):
        fd = os.open(f"/proc/self/{file}", os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(fd, line.encode())
        finally:
            os.close(fd)


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (ceiling, ceiling))


def _drop_capabilities() -> None:
    _checked("ambient capabilities", _libc.prctl(_CAP_AMBIENT, _AMBIENT_CLEAR_ALL, 0, 0, 0))
    for capability in range(64):
        if _libc.prctl(_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break  # there are no more
    _checked("securebits", _libc.prctl(_SET_SECUREBITS, _SECUREBITS_LOCKED, 0, 0, 0))
    header, none = struct.pack("=Ii", _CAPABILITY_VERSION, 0), bytes(24)
    _checked("capset", _libc.capset(header, none))


def _filter(program: bytes) -> None:
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    _checked("seccomp", _libc.prctl(_SET_SECCOMP, _FILTER, header, 0, 0))


def _number(call: str) -> int:
    return _CALLS[platform.machine()][call]


def _checked(what: str, result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")

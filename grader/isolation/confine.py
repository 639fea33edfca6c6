"""Confine the calling process for good: limits, uid, Landlock, seccomp. Standard library and ctypes only.

Everything here happens between fork and exec of a level 2 worker, in the keeper's child
(`grader.isolation.keeper`). A step that the kernel refuses raises: nothing runs half confined.
Numbers: Linux `linux/landlock.h`, `linux/prctl.h`; the three Landlock calls have the same numbers everywhere.
"""

from __future__ import annotations

import ctypes
import os
import resource
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

LEAST_ABI = 3
"""Before Landlock ABI 3 (Linux 6.2) a file could be cut to nothing in a folder that is read-only."""
SIGNAL_ABI = 6
"""From ABI 6 (Linux 6.12) on, Landlock keeps signals and abstract sockets inside."""

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_ASK_VERSION, _PATH_BENEATH = 1, 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG, _MAKE_FIFO, _MAKE_SYM = 16, 32, 128, 256, 1024, 4096
_REFER, _TRUNCATE = 1 << 13, 1 << 14
READ = EXECUTE | READ_FILE | READ_DIR
SCRATCH = (
    READ_FILE | READ_DIR | WRITE_FILE | _TRUNCATE | _REFER
    | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _MAKE_FIFO | _MAKE_SYM
)  # fmt: skip
_IOCTL_DEVICE = 1 << 15
DEVICE = READ_FILE | WRITE_FILE | _IOCTL_DEVICE
_OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | _TRUNCATE | _IOCTL_DEVICE

_ALL_FILES = {3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}  # 5 adds ioctl on devices
_TCP = 0b11  # bind and connect, from ABI 4 on
_SCOPES = 0b11  # abstract sockets and signals, from SIGNAL_ABI on

_PR_SET_SECCOMP, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_SET_CHILD_SUBREAPER = 22, 24, 38, 36
_SECCOMP_MODE_FILTER = 2

_libc = ctypes.CDLL(None, use_errno=True)


def landlock_abi() -> int:
    """The version of Landlock that this kernel offers; 0 for none."""
    return max(0, int(_libc.syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint(_ASK_VERSION))))


def become_reaper() -> None:
    """Orphans of this process come to it instead of to the init process."""
    _checked("subreaper", _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))


def limit(wanted: Iterable[tuple[str, int]], own_uid: bool) -> None:
    """Resource limits by name. RLIMIT_NPROC counts all processes of a uid: those that are there come on top."""
    for name, value in wanted:
        kind = getattr(resource, name)
        if name == "RLIMIT_NPROC" and not own_uid:
            value += _tasks_of(os.getuid())
        _, hard = resource.getrlimit(kind)
        ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (ceiling, ceiling))


def drop_to(uid: int) -> None:
    """Give up root for this uid, and what root's bounding set would allow to programs that it starts."""
    for capability in range(64):
        if _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def restrict(rules: Sequence[tuple[str, int]], abi: int, program: bytes) -> None:
    """No new privileges, then Landlock with these rules, then the seccomp filter.

    Args:
        rules: path and rights; a path that is not there raises.
        abi: the Landlock version to use, at most what the kernel offers.
    """
    _checked("no_new_privs", _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    ruleset = _ruleset(abi)
    for path, rights in rules:
        _allow(ruleset, path, rights & _ALL_FILES[min(abi, 5)])
    _checked("landlock", _libc.syscall(_RESTRICT, ruleset, 0))
    os.close(ruleset)
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    _checked("seccomp", _libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, header, 0, 0))


def without(folder: str, hidden: Sequence[str]) -> list[tuple[str, int]]:
    """Rules that make `folder` readable but for `hidden` in it: their names show, their contents do not."""
    inside = [path for path in hidden if Path(path).is_relative_to(folder)]
    if folder in inside:
        return []
    if not inside:
        return [(folder, READ)]
    rules = [(folder, READ_DIR)]
    for entry in sorted(Path(folder).iterdir()):
        if entry.exists():  # a broken link has nothing to allow
            rules += without(str(entry), inside)
    return rules


def _ruleset(abi: int) -> int:
    files = _ALL_FILES[min(abi, 5)]
    attributes = struct.pack("=QQQ", files, _TCP if abi >= 4 else 0, _SCOPES if abi >= SIGNAL_ABI else 0)
    size = 8 if abi < 4 else 16 if abi < SIGNAL_ABI else 24
    return _checked("landlock", _libc.syscall(_CREATE, attributes, ctypes.c_size_t(size), ctypes.c_uint(0)))


def _allow(ruleset: int, path: str, rights: int) -> None:
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not os.path.isdir(path):  # noqa: PTH112 - this runs between fork and exec, with as little as it can
            rights &= _OF_FILES
        rule = struct.pack("=Qi", rights, fd)
        _checked(f"landlock: {path}", _libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0))
    finally:
        os.close(fd)


def _tasks_of(uid: int) -> int:
    """Processes and threads of this uid on the whole machine."""
    found = 0
    for name in os.listdir("/proc"):  # noqa: PTH208
        try:
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == uid:  # noqa: PTH116
                found += len(os.listdir(f"/proc/{name}/task"))  # noqa: PTH208
        except OSError:
            continue
    return found


def _checked(what: str, result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return int(result)

"""System calls that a worker without namespaces of its own must not make: they reach what belongs to the same user.

Landlock does not hold these back. A user's bus or agent listens on a named socket; `chmod`, `truncate` of another's
limits and priorities act on whatever has the same owner; shared memory segments are shared by uid.
Numbers as in `grader.isolation.seccomp`.
"""

from __future__ import annotations

import errno
import platform

from grader.isolation.seccomp import (
    ARGUMENTS,
    JUMP_EQUAL,
    LOAD,
    Instruction,
    deny,
    on,
)

_AND = 0x54

REFUSED: dict[str, tuple[int, int]] = {
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201),
    "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195),
    "semget": (64, 190), "semop": (65, 193), "semctl": (66, 191), "semtimedop": (220, 192),
    "msgget": (68, 186), "msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187),
    "mq_open": (240, 180), "mq_unlink": (241, 181),
    "inotify_init": (253, -1), "inotify_init1": (294, 26), "inotify_add_watch": (254, 27),
    "ioprio_set": (251, 30), "process_madvise": (440, 440), "process_mrelease": (448, 448),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "setxattrat": (463, 463),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16), "removexattrat": (466, 466),
    "file_setattr": (469, 469),
}  # fmt: skip

IGNORED: dict[str, tuple[int, int]] = {
    "chmod": (90, -1), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, -1), "lchown": (94, -1), "fchown": (93, 55), "fchownat": (260, 54),
    "utime": (132, -1), "utimes": (235, -1), "futimesat": (261, -1), "utimensat": (280, 88),
}  # fmt: skip
"""These say "done" and do nothing: `shutil.copy` and `Path.touch` in honest code must not fail by them."""

SIGNALS: dict[str, tuple[int, int]] = {
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
}  # fmt: skip
"""Refused where Landlock cannot keep signals inside (before ABI 6)."""

OWN_ONLY: dict[str, tuple[int, int]] = {
    "prlimit64": (302, 261), "sched_setaffinity": (203, 122), "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118), "sched_setattr": (314, 274),
}  # fmt: skip
"""Allowed for the calling process, which has number 0 in their first argument, and for no other."""

_SOCKETPAIR, _FCNTL, _IOCTL, _SETPRIORITY = (53, 199), (72, 25), (16, 29), (141, 140)
_STREAM, _SEQPACKET, _TYPE_MASK = 1, 5, 0xF
_OWNER_COMMANDS = (8, 10, 15)  # F_SETOWN, F_SETSIG, F_SETOWN_EX: they send signals to whom they name
_OWNER_REQUESTS = (0x8901, 0x8902)  # FIOSETOWN, SIOCSPGRP


def instructions(*, signals_scoped: bool, machine: str = "") -> list[Instruction]:
    """What goes into the filter on top of `seccomp.DENIED`.

    Args:
        signals_scoped: Landlock keeps signals inside by itself.
    """
    column = 0 if (machine or platform.machine()) == "x86_64" else 1
    refused = REFUSED if signals_scoped else {**REFUSED, **SIGNALS}
    out: list[Instruction] = []
    for table, number in ((refused, errno.EPERM), (IGNORED, 0)):
        for calls in table.values():
            if calls[column] >= 0:
                out += [(JUMP_EQUAL, 0, 1, calls[column]), deny(number)]
    for calls in OWN_ONLY.values():
        out += on(calls[column], _unless_zero(0))
    out += on(_SETPRIORITY[column], [*_unless_zero(0), *_unless_zero(1)])
    # A datagram socket could still be pointed at another's address; these two kinds cannot.
    kind = [(LOAD, 0, 0, ARGUMENTS[1]), (_AND, 0, 0, _TYPE_MASK), (JUMP_EQUAL, 2, 0, _STREAM)]
    out += on(_SOCKETPAIR[column], [*kind, (JUMP_EQUAL, 1, 0, _SEQPACKET), deny(errno.EPERM)])
    for call, values in ((_FCNTL, _OWNER_COMMANDS), (_IOCTL, _OWNER_REQUESTS)):
        for value in values:
            body = [(LOAD, 0, 0, ARGUMENTS[1]), (JUMP_EQUAL, 0, 1, value), deny(errno.EPERM)]
            out += on(call[column], body)
    return out


def _unless_zero(argument: int) -> list[Instruction]:
    return [(LOAD, 0, 0, ARGUMENTS[argument]), (JUMP_EQUAL, 1, 0, 0), deny(errno.EPERM)]

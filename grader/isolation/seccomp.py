"""The seccomp filter: a deny-list compiled to classic BPF by hand, for x86_64 and aarch64.

A deny-list, because an allow-list breaks with every release of torch or CUDA. What it denies is what student
code never needs and what kernels were attacked through: other processes, kernel keys, namespaces, mounts,
io_uring, bpf, and every socket that is not a local one (docs/threat-model.md).
Numbers: Linux `asm/unistd_64.h` and `asm-generic/unistd.h`; program layout: `linux/filter.h`, `linux/seccomp.h`.
"""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Sequence

# name → (x86_64, aarch64); -1 where the architecture has no such call
DENIED: dict[str, tuple[int, int]] = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "unshare": (272, 97), "setns": (308, 268),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "memfd_create": (319, 279),
    "memfd_secret": (447, 447), "personality": (135, 92), "acct": (163, 89), "quotactl": (179, 60),
    "swapon": (167, 224), "swapoff": (168, 225), "reboot": (169, 142), "kexec_load": (246, 104),
    "kexec_file_load": (320, 294), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "syslog": (103, 116), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "clock_adjtime": (305, 266), "adjtimex": (159, 171), "vhangup": (153, 58), "lookup_dcookie": (212, 18),
    "iopl": (172, -1), "ioperm": (173, -1), "modify_ldt": (154, -1), "fanotify_init": (300, 262),
    "move_pages": (279, 239), "migrate_pages": (256, 238), "sethostname": (170, 161), "setdomainname": (171, 162),
}  # fmt: skip

_ARCHITECTURES = {
    # machine: (column, AUDIT_ARCH, socket, socketpair, clone, clone3, ioctl)
    "x86_64": (0, 0xC000003E, 41, 53, 56, 435, 16),
    "aarch64": (1, 0xC00000B7, 198, 199, 220, 435, 29),
}
_NAMESPACE_FLAGS = 0x7E020080  # CLONE_NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
_X32_BIT = 0x40000000
_TIOCSTI, _TIOCLINUX, _AF_UNIX = 0x5412, 0x541C, 1

LOAD, JUMP_EQUAL, _JUMP_ANY_BIT, _JUMP_AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_ALLOW, _KILL_PROCESS, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCH = 0, 4
ARGUMENTS = (16, 24)  # where the low halves of the first two arguments lie

Instruction = tuple[int, int, int, int]


def supported() -> bool:
    return platform.machine() in _ARCHITECTURES


def program(machine: str = "", more: Sequence[Instruction] = ()) -> bytes:
    """The compiled filter, as `bwrap --seccomp FD` and `prctl(PR_SET_SECCOMP)` take it.

    Args:
        more: what a level adds; each piece begins and ends with the call's number loaded.

    Raises:
        KeyError: for an architecture whose numbers are not in the table.
    """
    column, arch, socket, socketpair, clone, clone3, ioctl = _ARCHITECTURES[machine or platform.machine()]
    out: list[Instruction] = [
        (LOAD, 0, 0, _ARCH),
        (JUMP_EQUAL, 1, 0, arch),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (LOAD, 0, 0, _NUMBER),
    ]
    if column == 0:
        out += [(_JUMP_AT_LEAST, 0, 1, _X32_BIT), deny(errno.EPERM)]
    # glibc falls back to clone, whose flags a filter can read, when clone3 is not there.
    out += [(JUMP_EQUAL, 0, 1, clone3), deny(errno.ENOSYS)]
    for numbers in DENIED.values():
        if numbers[column] >= 0:
            out += [(JUMP_EQUAL, 0, 1, numbers[column]), deny(errno.EPERM)]
    for call in (socket, socketpair):
        out += on(call, [(LOAD, 0, 0, ARGUMENTS[0]), (JUMP_EQUAL, 1, 0, _AF_UNIX), deny(errno.EPERM)])
    out += on(clone, [(LOAD, 0, 0, ARGUMENTS[0]), (_JUMP_ANY_BIT, 0, 1, _NAMESPACE_FLAGS), deny(errno.EPERM)])
    for request in (_TIOCSTI, _TIOCLINUX):
        out += on(ioctl, [(LOAD, 0, 0, ARGUMENTS[1]), (JUMP_EQUAL, 0, 1, request), deny(errno.EPERM)])
    out += [*more, (_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in out)


def deny(number: int) -> Instruction:
    return (_RETURN, 0, 0, _ERRNO | number)


def on(call: int, body: list[Instruction]) -> list[Instruction]:
    """Run `body` for this call only, then go on with the call's number loaded again."""
    return [(JUMP_EQUAL, 0, len(body) + 1, call), *body, (LOAD, 0, 0, _NUMBER)]

"""Run as a script by a supervisor that is root: prepare a private mount namespace, drop to a plain uid, exec.

Bubblewrap must not run as root (docs/threat-model.md), and the uid it runs as may not be able to reach the
interpreter or the submission where these lie below a folder that only root may enter. So each source is bound
into a folder of this namespace first; nothing outside of this process ever sees these mounts.
Standard library only, no import of ours: it runs before anything else does.
"""

from __future__ import annotations

import ctypes
import json
import os
import stat
import sys

_CLONE_NEWNS = 0x00020000
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_REMOUNT, _MS_BIND, _MS_REC, _MS_PRIVATE = (
    1,
    2,
    4,
    32,
    4096,
    16384,
    1 << 18,
)


def main() -> None:
    fd = int(sys.argv[1])
    with os.fdopen(fd) as file:
        plan = json.load(file)
    libc = ctypes.CDLL(None, use_errno=True)

    def call(what: str, result: int) -> None:
        if result != 0:
            number = ctypes.get_errno()
            sys.exit(f"grader launcher: {what}: {os.strerror(number)}")

    def mount(source: str, target: str, flags: int, kind: bytes | None = None) -> None:
        call(f"mount {target}", libc.mount(source.encode(), target.encode(), kind, flags, None))

    for group in plan["enter"]:
        with open(group, "w") as procs:  # noqa: PTH123
            procs.write(str(os.getpid()))
    call("unshare", libc.unshare(_CLONE_NEWNS))
    mount("none", "/", _MS_REC | _MS_PRIVATE)
    # Held open, because what comes next may cover them.
    sources = [os.open(source, os.O_PATH) for source in plan["binds"]]
    mount("none", plan["stage"], _MS_NOSUID | _MS_NODEV, b"tmpfs")
    os.chmod(plan["stage"], 0o755)  # noqa: PTH101 - this script imports as little as it can
    for index in range(len(sources)):
        target = f"{plan['stage']}/{index}"
        if stat.S_ISDIR(os.fstat(sources[index]).st_mode):
            os.mkdir(target)  # noqa: PTH102
        else:
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
        mount(f"/proc/self/fd/{sources[index]}", target, _MS_BIND | _MS_REC)
        mount("none", target, _MS_BIND | _MS_REMOUNT | _MS_RDONLY | _MS_NOSUID)
    os.setgroups([])
    os.setresgid(plan["uid"], plan["uid"], plan["uid"])
    os.setresuid(plan["uid"], plan["uid"], plan["uid"])
    os.execve(plan["argv"][0], plan["argv"], {})


if __name__ == "__main__":
    main()

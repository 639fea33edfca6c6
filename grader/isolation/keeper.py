"""Run as a script by a supervisor: start one level 2 worker, keep it, and leave nothing of it behind.

The keeper stays outside of the walls. It adopts every orphan of the worker; when the worker ends, or when its own
standard input closes because the supervisor said so or died, it kills whatever is left and removes the scratch
folder. Started by root it takes a uid that no other process has, and a mount namespace where it may; the worker
gets the uid, the keeper kills by it. It ends with the worker's exit code, 128 + N after signal N.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from typing import Any

FIRST_UID, UIDS = 64918, 580
"""A range that needs no entry in /etc/passwd; systemd takes numbers from it for passing use, too."""
_CLONE_NEWNS = 0x00020000
_RDONLY, _NOSUID, _NODEV, _REMOUNT, _BIND, _REC, _PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
_KILL_SECONDS = 20.0


def main() -> int:
    with os.fdopen(int(sys.argv[1])) as file:
        plan = json.load(file)
    sys.path.insert(0, plan["package_root"])
    from grader.isolation import confine

    confine.become_reaper()
    uid, claim = _claim_uid() if os.getuid() == 0 else (None, None)
    places = [source for source, _ in plan["sources"]] if uid is None else _private_mounts(plan, uid)
    woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    worker = os.fork()
    if worker == 0:
        _become_worker(plan, places, uid)
    os.close(plan["connection"])
    try:
        return _keep(worker, woken)
    finally:
        _clear(uid)
        _remove(plan["box"])
        if claim:
            claim.close()


# --- the worker's side of the fork --------------------------------------------------------------------------------


def _become_worker(plan: dict[str, Any], places: list[str], uid: int | None) -> None:
    """Confine this process and become the worker's Python. Never returns."""
    from grader.isolation import confine

    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for file in plan["enter"]:
            with open(file, "w") as group:  # noqa: PTH123 - as little as possible here
                group.write(str(os.getpid()))
        confine.limit(plan["limits"], own_uid=uid is not None)
        null = os.open("/dev/null", os.O_RDONLY)
        os.dup2(null, 0)
        keep = plan["connection"]
        os.closerange(3, keep)
        os.closerange(keep + 1, 65536)
        os.chdir(plan["box"] + "/tmp")
        if uid is not None:
            confine.drop_to(uid)
        rules = _rules(plan, places)
        confine.restrict(rules, plan["abi"], bytes.fromhex(plan["filter"]))
        command = [word.format(*places) for word in plan["argv"]]
        environment = {name: value.format(*places) for name, value in plan["environment"].items()}
        os.execve(command[0], command, environment)
    except BaseException as error:
        os.write(2, f"grader keeper: {error}\n".encode())
    finally:
        os._exit(126)


def _rules(plan: dict[str, Any], places: list[str]) -> list[tuple[str, int]]:
    from grader.isolation import confine

    rules = [(plan["box"] + "/tmp", confine.SCRATCH), ("/dev/null", confine.READ_FILE | confine.WRITE_FILE)]
    rules += [(node, confine.DEVICE) for node in plan["devices"]]
    moved = [(place, hidden) for place, (_, hidden) in zip(places, plan["sources"], strict=True)]
    for path, hidden in [*moved, *plan["readable"]]:
        if os.path.exists(path):  # noqa: PTH110
            rules += confine.without(path, [f"{path}/{part}" for part in hidden])
    return rules


# --- the keeper's side --------------------------------------------------------------------------------------------


def _keep(worker: int, woken: int) -> int:
    """Wait until the worker ends or the supervisor lets go; bury the dead in between."""
    while True:
        ready, _, _ = select.select([0, woken], [], [])
        if woken in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(woken, 4096)
        for number, status in _buried():
            if number == worker:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code
        if 0 in ready and not os.read(0, 1):
            return 128 + signal.SIGKILL


def _buried() -> list[tuple[int, int]]:
    found = []
    with contextlib.suppress(ChildProcessError):
        while True:
            number, status = os.waitpid(-1, os.WNOHANG)
            if number == 0:
                break
            found.append((number, status))
    return found


def _clear(uid: int | None) -> None:
    """Kill until there is nobody left to adopt."""
    deadline = time.monotonic() + _KILL_SECONDS
    while time.monotonic() < deadline:
        if uid is not None:
            _kill_all_of(uid)
        below = _descendants()
        for number in below:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGSTOP)  # a process that stands still starts no other
        for number in below:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        _buried()
        if not _descendants():
            return
        time.sleep(0.002)


def _kill_all_of(uid: int) -> None:
    """The kernel kills all processes of a uid in one step, and a process that has that uid may ask for it."""
    child = os.fork()
    if child == 0:
        try:
            os.setresuid(uid, uid, uid)
            os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(child, 0)


def _descendants() -> list[int]:
    parents: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
                rest = file.read().rpartition(b")")[2].split()
                parents.setdefault(int(rest[1]), []).append(int(name))
    found, open_ends = [], [os.getpid()]
    while open_ends:
        below = parents.get(open_ends.pop(), [])
        found += below
        open_ends += below
    return found


def _claim_uid() -> tuple[int, socket.socket]:
    """A uid that no process has. The claim is the name of an abstract socket: it ends with this process."""
    taken = set()
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdigit():
            with contextlib.suppress(OSError):
                taken.add(os.stat(f"/proc/{name}").st_uid)  # noqa: PTH116
    start = int.from_bytes(os.urandom(4), "big")
    for step in range(UIDS):
        uid = FIRST_UID + (start + step) % UIDS
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f"\0grader-uid-{uid}")
        except OSError:
            claim.close()
            continue
        if uid not in taken:
            return uid, claim
        claim.close()
    raise RuntimeError("no free uid for the worker")


def _private_mounts(plan: dict[str, Any], uid: int) -> list[str]:
    """Sources below a folder that only root may enter are bound where the worker's uid can reach them, and its tmp
    folder gets a file system of its own. Without the right to mount, the sources must do as they are."""
    libc = ctypes.CDLL(None, use_errno=True)

    def mount(
        source: str, target: str, flags: int, kind: bytes | None = None, data: bytes | None = None
    ) -> None:
        if libc.mount(source.encode(), target.encode(), kind, flags, data) != 0:
            raise OSError(ctypes.get_errno(), f"mount {target}: {os.strerror(ctypes.get_errno())}")

    tmp = plan["box"] + "/tmp"
    if libc.unshare(_CLONE_NEWNS) != 0:
        for folder in (f"{tmp}/home", tmp):
            os.chown(folder, uid, uid)
        return [source for source, _ in plan["sources"]]
    mount("none", "/", _REC | _PRIVATE)
    # Held open, because what comes next may cover them.
    sources = [os.open(source, os.O_PATH) for source, _ in plan["sources"]]
    mount("none", plan["stage"], _NOSUID | _NODEV, b"tmpfs")
    os.chmod(plan["stage"], 0o755)  # noqa: PTH101
    places = []
    for index, source in enumerate(sources):
        target = f"{plan['stage']}/{index}"
        os.mkdir(target)  # noqa: PTH102
        mount(f"/proc/self/fd/{source}", target, _BIND | _REC)
        mount("none", target, _BIND | _REMOUNT | _RDONLY | _NOSUID)
        places.append(target)
        os.close(source)
    options = f"size={plan['tmp_bytes']},mode=0700,uid={uid},gid={uid}"
    mount("none", tmp, _NOSUID | _NODEV, b"tmpfs", options.encode())
    os.mkdir(f"{tmp}/home", 0o700)  # noqa: PTH102
    os.chown(f"{tmp}/home", uid, uid)
    return places


def _remove(box: str) -> None:
    """`rm` walks hostile trees of any depth without following a link."""
    ctypes.CDLL(None).umount2(f"{box}/tmp".encode(), 2)  # there is a mount in a namespace of our own only
    subprocess.run(["/bin/rm", "-rf", "--", box], check=False, env={}, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())

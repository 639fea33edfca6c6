"""A control group for one worker: the memory limit that counts every page once, and that no process can outrun.

Version 2 where a group was delegated to this user (or for root), version 1 for root. Nothing is taken that is not
ours: the group of the worker is made below the grader's own, holds the worker alone, and is removed after it. Where
there is none to be had, the supervisor polls instead (`grader.isolation.memory`), and the result says so.
Files: Linux `Documentation/admin-guide/cgroup-v2.rst` and `cgroup-v1/memory.rst`.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from dataclasses import dataclass
from pathlib import Path

from grader.isolation.interface import Limits

_NUMBER = itertools.count()
_PREFIX = "grader-"


@dataclass(frozen=True)
class Home:
    """Where groups can be made: a folder per controller. In version 2 they are one and the same."""

    version: int
    memory: Path
    pids: Path | None

    @property
    def folders(self) -> tuple[Path, ...]:
        return (self.memory,) if self.version == 2 or self.pids is None else (self.memory, self.pids)


@dataclass(frozen=True)
class Cell:
    """The group of one worker."""

    version: int
    folders: tuple[Path, ...]

    @property
    def enter(self) -> tuple[str, ...]:
        """The files that a process writes its number to, to be in the group with all its children."""
        return tuple(str(folder / "cgroup.procs") for folder in self.folders)

    def ran_out(self) -> bool:
        """Whether the kernel has killed a process of this group because the group's memory was used up."""
        events = "memory.events" if self.version == 2 else "memory.oom_control"
        return _event(self.folders[0] / events, "oom_kill") > 0

    def peak_bytes(self) -> int:
        """The most memory that the group ever held; 0 where the kernel does not tell."""
        name = "memory.peak" if self.version == 2 else "memory.max_usage_in_bytes"
        with contextlib.suppress(OSError, ValueError):
            return int((self.folders[0] / name).read_text())
        return 0

    def empty(self) -> None:
        """Kill what is left in it. Version 2 does it in one step; elsewhere the supervisor has done it."""
        with contextlib.suppress(OSError):
            (self.folders[0] / "cgroup.kill").write_text("1")

    def remove(self) -> None:
        """Take the group away, as soon as the kernel has forgotten its last process."""
        for folder in self.folders:
            for _ in range(100):
                try:
                    folder.rmdir()
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.01)
                else:
                    break


def find_home(root: Path = Path("/sys/fs/cgroup"), own: str | None = None) -> Home | str:
    """Where this process may make groups with a memory limit, or why it may not, as a sentence.

    Args:
        own: the content of /proc/self/cgroup.
    """
    try:
        listed = Path("/proc/self/cgroup").read_text() if own is None else own
    except OSError:
        return "This system has no control groups."
    paths = {}
    for line in listed.splitlines():
        _, _, rest = line.partition(":")
        names, _, path = rest.partition(":")
        paths.update(dict.fromkeys(names.split(","), path))
    if "memory" in paths:
        return _version_one(root, paths)
    if "" in paths:
        return _version_two(root / paths[""].lstrip("/"))
    return "This system has no control groups for memory."


def new_cell(home: Home, limits: Limits) -> Cell | None:
    """A group with these limits; None where the kernel refuses after all."""
    name = f"{_PREFIX}{os.getpid()}-{next(_NUMBER)}"
    cell = Cell(home.version, tuple(folder / name for folder in home.folders))
    try:
        for folder in cell.folders:
            folder.mkdir()
        _limit(cell, limits)
    except OSError:
        cell.remove()
        return None
    return cell


def sweep(home: Home) -> None:
    """Remove the groups of graders that were killed before they could."""
    for folder in home.folders:
        for left in folder.glob(f"{_PREFIX}*-*"):
            number = left.name.removeprefix(_PREFIX).partition("-")[0]
            if not Path("/proc", number).exists():
                with contextlib.suppress(OSError):
                    left.rmdir()


def _limit(cell: Cell, limits: Limits) -> None:
    memory, processes = str(limits.memory_bytes), str(limits.processes + 4 * limits.threads)
    first, last = cell.folders[0], cell.folders[-1]
    if cell.version == 2:
        (first / "memory.max").write_text(memory)
        (first / "memory.oom.group").write_text("1")
        optional = {"memory.swap.max": "0", "pids.max": processes}
    else:
        (first / "memory.limit_in_bytes").write_text(memory)
        optional = {"memory.memsw.limit_in_bytes": memory}
        if last != first:
            (last / "pids.max").write_text(processes)
    for name, value in optional.items():  # swap accounting and pids may be switched off in the kernel
        with contextlib.suppress(OSError):
            if (first / name).exists():
                (first / name).write_text(value)


def _version_one(root: Path, paths: dict[str, str]) -> Home | str:
    memory = root / "memory" / paths["memory"].lstrip("/")
    if os.geteuid() != 0 or not (memory / "cgroup.procs").exists():
        return "Control groups of version 1 are for root only."
    if not _can_make(memory):
        return "The control group of this process cannot be divided here."
    pids = root / "pids" / paths.get("pids", "/").lstrip("/")
    return Home(1, memory, pids if "pids" in paths and _can_make(pids) else None)


def _version_two(group: Path) -> Home | str:
    """A group can be divided if its files are ours and it holds no process but ours (or hands memory on already)."""
    controllers = _words(group / "cgroup.controllers")
    if "memory" not in controllers:
        return "The memory controller is not delegated to this process."
    if "memory" in _words(group / "cgroup.subtree_control"):
        return Home(2, group, group) if _can_make(group) else "Its control group belongs to another user."
    inside = set(_words(group / "cgroup.procs"))
    if inside != {str(os.getpid())}:
        return "The control group of this process holds other processes too, so it cannot be divided."
    return _divided(group, controllers)


def _divided(group: Path, controllers: list[str]) -> Home | str:
    """Move ourselves into a group below, as version 2 asks for, and hand the controllers on."""
    own = group / f"{_PREFIX}supervisor"
    try:
        own.mkdir(exist_ok=True)
        (own / "cgroup.procs").write_text(str(os.getpid()))
        wanted = " ".join(f"+{name}" for name in ("memory", "pids") if name in controllers)
        (group / "cgroup.subtree_control").write_text(wanted)
    except OSError:
        return "The control group of this process belongs to another user."
    return Home(2, group, group)


def _can_make(folder: Path) -> bool:
    probe = folder / f"{_PREFIX}{os.getpid()}-probe"
    try:
        probe.mkdir()
        probe.rmdir()
    except OSError:
        return False
    return True


def _words(file: Path) -> list[str]:
    with contextlib.suppress(OSError):
        return file.read_text().split()
    return []


def _event(file: Path, name: str) -> int:
    with contextlib.suppress(OSError, ValueError):
        for line in file.read_text().splitlines():
            key, _, value = line.partition(" ")
            if key == name:
                return int(value)
    return 0

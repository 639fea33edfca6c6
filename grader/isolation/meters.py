"""What a worker uses, as the kernel tells it: memory, CPU time, waiting for a core, files in its scratch folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import psutil

from grader.isolation import cgroups
from grader.isolation.interface import Limits, MemoryLimit, Sandbox

_MOST_ENTRIES = 20_000
"""Files and folders that are looked at in a scratch folder; more is as good as full."""


def cpu_seconds(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.Error):
        times = process.cpu_times()
        children = getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
        return float(times.user + times.system + children)
    return 0.0


def family(pid: int, *, thorough: bool = False) -> Iterator[psutil.Process]:
    """The process and all that descend from it.

    The kernel's own list of children where there is one: a search through all processes of a machine takes longer the
    more there are, and this is asked several times a second. A child whose sibling ends just now may be missing once,
    unless it is to be thorough.
    """
    with contextlib.suppress(psutil.Error):
        root = psutil.Process(pid)
        yield root
        if thorough or not _lists_children():
            yield from root.children(recursive=True)
            return
        waiting = _children(pid)
        while waiting:
            child = waiting.pop()
            with contextlib.suppress(psutil.Error):
                yield psutil.Process(child)
                waiting += _children(child)


@cache
def _lists_children() -> bool:
    own = os.getpid()
    return Path(f"/proc/{own}/task/{own}/children").exists()


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError, ValueError):
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208
            found += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_text().split())
    return found


def waited_seconds(process: psutil.Process) -> float:
    """Seconds in which its threads were ready to run and had no core (Linux: `schedstat`, second figure)."""
    found = 0
    with contextlib.suppress(OSError, ValueError, IndexError):
        for thread in Path(f"/proc/{process.pid}/task").iterdir():
            found += int((thread / "schedstat").read_text().split()[1])
    return found / 1e9


def kills_for_memory() -> int:
    """How often the kernel has killed a process of this machine for want of memory."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0


def memory_bytes(process: psutil.Process) -> int:
    """Proportional set size: of a page that several processes share, each is charged its part.

    Resident size, which counts such a page once per process, only where the system does not tell the other.
    """
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    with contextlib.suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def scratch_bytes(folder: Path, processes: Iterable[psutil.Process], limit: int) -> int:
    """What a worker's files take on the disk, deleted ones that it still holds open too.

    Stops counting at `limit`. A folder that cannot be looked into, and more entries than any honest code makes,
    count as the limit reached.
    """
    found, entries = 0, 0
    waiting = [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as listed:
                for entry in listed:
                    entries += 1
                    found += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    if found > limit or entries > _MOST_ENTRIES:
                        return limit + 1
        except FileNotFoundError:
            continue  # it went away meanwhile
        except OSError:
            return limit + 1
    return found + sum(_deleted_bytes(process.pid, folder) for process in processes)


def _deleted_bytes(pid: int, folder: Path) -> int:
    found = 0
    with contextlib.suppress(OSError):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                target = os.readlink(link)  # noqa: PTH115 - the name of a deleted file is no path
                if target.startswith(str(folder)) and target.endswith(" (deleted)"):
                    found += link.stat().st_blocks * 512
    return found


@cache
def cgroup_home() -> cgroups.Home | str:
    """Where groups can be made on this machine, looked up once; what dead graders left there is swept."""
    home = cgroups.find_home()
    if isinstance(home, cgroups.Home):
        cgroups.sweep(home)
    return home


def cell_for(sandbox: Sandbox, limits: Limits) -> cgroups.Cell | None:
    """A group for one worker in this sandbox, where there are groups and the sandbox leaves the limit to us."""
    home = cgroup_home()
    if sandbox.own_memory_limit is not None or isinstance(home, str):
        return None
    return cgroups.new_cell(home, limits)


def memory_limit(sandbox: Sandbox) -> MemoryLimit:
    """Which kind of limit a worker in this sandbox has on this machine, found by making and removing a group."""
    if sandbox.own_memory_limit is not None:
        return sandbox.own_memory_limit
    cell = cell_for(sandbox, Limits())
    if cell is None:
        return "polling" if Path("/proc/self/statm").exists() else "none"
    cell.remove()
    return "cgroup"

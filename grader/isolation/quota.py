"""Which cores this process may use: its affinity, and what its control groups leave of it.

Files: Linux `Documentation/admin-guide/cgroup-v2.rst` (cpu.max) and `scheduler/sched-bwc.rst` (cpu.cfs_quota_us).
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path


def usable_cores(root: Path = Path("/")) -> tuple[int, ...]:
    """Numbers of the cores, at least one. Of those in the affinity as many as the quota has room for, the lowest first.

    All processes of one group come to the same ones, so that they can agree on who has which.

    Args:
        root: where /proc and /sys are.
    """
    if hasattr(os, "sched_getaffinity"):
        found = sorted(os.sched_getaffinity(0))
    else:
        found = list(range(os.cpu_count() or 1))
    room = min((*_quotas(root), float(len(found))))
    return tuple(found[: max(1, math.floor(room))])


def _quotas(root: Path) -> Iterator[float]:
    """Cores that each control group over this process allows, where it has a limit."""
    with contextlib.suppress(OSError):
        for line in (root / "proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if not controllers:
                yield from _up(root / "sys/fs/cgroup", path, _version_2)
            elif "cpu" in controllers.split(","):
                yield from _up(root / "sys/fs/cgroup/cpu", path, _version_1)


def _up(mount: Path, path: str, read: Callable[[Path], float]) -> Iterator[float]:
    """Of the group and each one above it. In a container a path of the host may not be there: the top one is."""
    folder = mount / path.strip("/")
    for one in (folder, *folder.parents):
        with contextlib.suppress(OSError, ValueError, ZeroDivisionError):
            if (cores := read(one)) > 0:
                yield cores
        if one == mount:
            return


def _version_2(folder: Path) -> float:
    quota, period = (folder / "cpu.max").read_text().split()
    return int(quota) / int(period)  # "max" is no number: no limit


def _version_1(folder: Path) -> float:
    return int((folder / "cpu.cfs_quota_us").read_text()) / int((folder / "cpu.cfs_period_us").read_text())

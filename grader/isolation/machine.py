"""What this machine can hold: every level tried for real, and what stands in the way of the next one."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from grader.errors import SandboxUnavailable
from grader.isolation import cgroups
from grader.isolation.choose import full_sandbox, kernel_sandbox, plain_process
from grader.isolation.confine import landlock_abi
from grader.isolation.container import Container
from grader.isolation.interface import Sandbox
from grader.isolation.meters import cgroup_home
from grader.records import Isolation

_PATH = "/usr/bin:/bin:/usr/local/bin"


@dataclass(frozen=True)
class LevelState:
    """One isolation level: what its canary saw, or why it is not given."""

    level: str
    isolation: Isolation | None
    reason: str
    hint: str


@dataclass(frozen=True)
class Setting:
    """Something of the kernel or the system that a level depends on. `advice` is "" where it is as it should be."""

    name: str
    value: str
    advice: str = ""


def levels() -> tuple[LevelState, ...]:
    """Levels 3, 2 and 1, each with its real flags and a canary inside."""
    tried: list[tuple[str, Callable[[], tuple[Sandbox, Isolation]]]]
    tried = [("3", full_sandbox), ("2", kernel_sandbox), ("1", plain_process)]
    return tuple(_state(level, start) for level, start in tried)


def settings(proc: Path = Path("/proc/sys")) -> tuple[Setting, ...]:
    """What decides whether user namespaces, Landlock, control groups and containers are to be had."""
    if sys.platform != "linux":
        return (
            Setting("system", sys.platform, "Isolation needs Linux; use a Linux machine to grade others."),
        )
    found = [_bubblewrap(), *(_sysctl(proc, *row) for row in _SYSCTLS), _landlock(), _groups(), _engine()]
    return tuple(setting for setting in found if setting.value)


def _state(level: str, start: Callable[[], tuple[Sandbox, Isolation]]) -> LevelState:
    try:
        _, isolation = start()
    except SandboxUnavailable as error:
        return LevelState(level, None, error.message, error.hint)
    return LevelState(level, isolation, "", "")


_SYSCTLS: tuple[tuple[str, Callable[[int], bool], str], ...] = (
    (
        "kernel.unprivileged_userns_clone",
        lambda value: value == 1,
        "As root: sysctl -w kernel.unprivileged_userns_clone=1, and the same line in /etc/sysctl.d.",
    ),
    (
        "kernel.apparmor_restrict_unprivileged_userns",
        lambda value: value == 0,
        "As root: give /usr/bin/bwrap an AppArmor profile with `userns,` (docs/threat-model.md, section Levels).",
    ),
    (
        "user.max_user_namespaces",
        lambda value: value >= 100,
        "As root: sysctl -w user.max_user_namespaces=10000, and the same line in /etc/sysctl.d.",
    ),
)


def _sysctl(proc: Path, name: str, fine: Callable[[int], bool], advice: str) -> Setting:
    """A kernel that does not have the switch does not restrict by it: then there is no row."""
    try:
        value = int((proc / name.replace(".", "/")).read_text())
    except (OSError, ValueError):
        return Setting(name, "")
    return Setting(name, str(value), "" if fine(value) else advice)


def _bubblewrap() -> Setting:
    version = program_version("bwrap")
    return Setting(
        "bubblewrap", version or "not installed", "" if version else "Install the package `bubblewrap`."
    )


def _landlock() -> Setting:
    abi = landlock_abi()
    if abi == 0:
        return Setting(
            "Landlock", "none", "Linux 6.2 or later, with `landlock` in the boot parameter `lsm=`."
        )
    advice = "" if abi >= 6 else "Linux 6.12 or later has more of it; below 6.2 level 2 is not given."
    return Setting("Landlock", f"ABI {abi}", advice)


def _groups() -> Setting:
    home = cgroup_home()
    if isinstance(home, cgroups.Home):
        return Setting("control groups", f"version {home.version}, can be used")
    return Setting(
        "control groups",
        home,
        "For a memory limit that the kernel holds: systemd-run --user --scope -p Delegate=yes grader …",
    )


def _engine() -> Setting:
    lacking = Container().unavailable()
    return Setting(
        "container engine", "none" if lacking else "installed (level 3c is used only when asked for)"
    )


def program_version(name: str) -> str:
    """The first line that a program of the system says about its version; "" where it is not there or fails."""
    program = shutil.which(name, path=_PATH)
    if program:
        with contextlib.suppress(OSError, subprocess.SubprocessError, IndexError):
            done = subprocess.run(
                [program, "--version"], capture_output=True, text=True, timeout=5, check=False, env={}
            )
            return done.stdout.splitlines()[0][:80]
    return ""

"""Choose the isolation level: try the real flags with a canary inside, and believe only what it saw."""

from __future__ import annotations

import sys
from functools import cache
from typing import Literal

from grader.errors import GraderFault, SandboxUnavailable
from grader.isolation import zygote_promises
from grader.isolation.bubblewrap import Bubblewrap
from grader.isolation.cards import Card
from grader.isolation.container import Container
from grader.isolation.interface import Limits, Sandbox
from grader.isolation.landlock import Landlock
from grader.isolation.meters import memory_limit
from grader.isolation.plain import Plain
from grader.isolation.supervisor import Worker
from grader.isolation.workplace import workplace
from grader.isolation.zygote import Zygote
from grader.records import Isolation, Probe
from grader.scratch import private_folder
from grader.text import clean

_ALWAYS: dict[str, tuple[str, ...]] = {
    "network": ("refused",),
    "accounts of the host": ("refused",),
    "folders of the host": ("absent",),
    "root folder": ("refused",),
    "processes": ("own only",),
    "user": ("not root",),
    "privileges": ("none",),
    "system call filter": ("on",),
    "tracing": ("refused",),
    "environment": ("empty",),
    "signals": ("own only",),
    "limits": ("own only",),
    "named sockets": ("none there",),
    "harness": ("refused",),
}

PROMISED: dict[str, dict[str, tuple[str, ...]]] = {
    "3": _ALWAYS,
    "3c": {
        **_ALWAYS,
        "folders of the host": ("absent", "names visible"),
        "named sockets": ("none there", "open"),
    },
    "2": {
        **_ALWAYS,
        "folders of the host": ("absent", "names visible, contents refused"),
        "processes": ("refused",),
        "signals": ("refused",),
        "limits": ("refused",),
        "named sockets": ("refused",),
    },
}
"""What every probe of the canary must answer at a level, by its first words."""

Level = Literal["auto", "3", "3c", "2"]


def full_sandbox() -> tuple[Sandbox, Isolation]:
    """Level 3, proven by its canary.

    Raises:
        SandboxUnavailable: it cannot run here; the message names the package or the setting.
    """
    return _proven(Bubblewrap(), "bubblewrap is installed, but cannot run here.")


def forking_sandbox() -> tuple[Sandbox, Isolation]:
    """Level 3 with workers that are forked instead of started, proven by the canary and by the zygote's own probes.

    There is one zygote for this process. Where it does not hold, `full_sandbox` may.

    Raises:
        SandboxUnavailable: as `full_sandbox`.
    """
    zygote = _zygote()
    if reason := zygote.unavailable():
        raise SandboxUnavailable(f"Workers cannot be forked here: {reason}", _SLOWER)
    try:
        probes = canary(zygote)
    except GraderFault as error:
        raise SandboxUnavailable(f"Workers cannot be forked here. {error.message}", _SLOWER) from error
    return zygote, _record(zygote, probes)


@cache
def _zygote() -> Zygote:
    return Zygote(_must_hold)


def _must_hold(zygote: Zygote) -> None:
    """Called after every start of the zygote, before a worker of it is used."""
    probes = canary(zygote)
    broken = broken_promises(zygote.level, probes) + zygote_promises.broken(probes)
    if broken:
        raise OSError(f"a forked worker is not walled in as promised: {'; '.join(broken)}")


def kernel_sandbox() -> tuple[Sandbox, Isolation]:
    """Level 2, proven by its canary.

    Raises:
        SandboxUnavailable: as `full_sandbox`.
    """
    return _proven(Landlock(), "This kernel has Landlock, but a worker cannot start behind it.")


def container_sandbox() -> tuple[Sandbox, Isolation]:
    """Level 3c, proven by its canary. It is used only where somebody asks for it.

    Raises:
        SandboxUnavailable: as `full_sandbox`.
    """
    return _proven(Container(), "A container engine is installed, but the worker's container does not start.")


def best_sandbox(level: Level = "auto") -> tuple[Sandbox, Isolation]:
    """The highest of the levels 3 and 2 that holds here, or the one that was asked for and no other.

    Raises:
        SandboxUnavailable: none holds; the message says of each why not.
    """
    if level != "auto":
        return {"3": full_sandbox, "3c": container_sandbox, "2": kernel_sandbox}[level]()
    try:
        return full_sandbox()
    except SandboxUnavailable as error:
        higher = error
    try:
        return kernel_sandbox()
    except SandboxUnavailable as error:
        message = f"{higher.message}\nNor at level 2: {error.message}"
        raise SandboxUnavailable(message, higher.hint) from error


def level_note(isolation: Isolation) -> tuple[Probe, ...]:
    """What a reader of the result has to know of the level it was made at; () at full isolation."""
    if isolation.level != "2":
        return ()
    return (Probe("isolation level", "note", _LEVEL_TWO),)


def _proven(sandbox: Sandbox, cannot: str) -> tuple[Sandbox, Isolation]:
    reason = sandbox.unavailable()
    if reason:
        raise SandboxUnavailable(f"Student code cannot be isolated here: {reason}", _WAY_OUT)
    try:
        probes = canary(sandbox)
    except GraderFault as error:
        raise SandboxUnavailable(
            f"{cannot}\n{error.message}",
            "User namespaces may be switched off: `grader doctor` says what to set. " + _WAY_OUT,
        ) from error
    broken = broken_promises(sandbox.level, probes)
    if broken:
        raise SandboxUnavailable(
            f"The sandbox does not hold what it promises here: {'; '.join(broken)}.", _WAY_OUT
        )
    return sandbox, _record(sandbox, probes)


def broken_promises(level: str, probes: dict[str, str]) -> list[str]:
    """The probes that did not answer as the level promises."""
    return [
        f"{name}: {probes.get(name, 'no answer')}"
        for name, promised in PROMISED[level].items()
        if not probes.get(name, "").startswith(promised)
    ]


def plain_process() -> tuple[Sandbox, Isolation]:
    """Level 1: no isolation. For one's own code only."""
    sandbox = Plain()
    return sandbox, _record(sandbox, canary(sandbox))


def canary(sandbox: Sandbox, card: Card | None = None) -> dict[str, str]:
    """What the probes answer inside of this sandbox, where a card is to be seen in it."""
    with private_folder() as empty:
        empty.chmod(0o755)
        with Worker(sandbox, workplace(empty, "canary", card), Limits()) as worker:
            greeting = worker.wait_until_ready()
    probes = greeting.header.get("probes")
    if not isinstance(probes, dict):
        raise GraderFault("The sandbox's canary gave no answer.")
    return {clean(str(name)): clean(str(answer)) for name, answer in probes.items()}


def same_python(versions: object) -> None:
    """A worker must run the interpreter and packages that the supervisor has.

    Raises:
        GraderFault: it runs another one.
    """
    inside = versions.get("python") if isinstance(versions, dict) else None
    outside = sys.version.split()[0]
    if inside != outside:
        raise GraderFault(
            f"The worker runs Python {inside}, the grader {outside}.", "Make the environment anew."
        )


def _record(sandbox: Sandbox, probes: dict[str, str]) -> Isolation:
    return Isolation(sandbox.level, sandbox.name, memory_limit(sandbox), tuple(probes.items()))


_LEVEL_TWO = (
    "The code ran at isolation level 2: no process namespace and no file system of its own. It could see the names of "
    "files and that other processes exist, not what is in them; its files were watched, not fenced."
)
_SLOWER = "Each worker starts by itself then, which takes a second or two longer and changes no result."
_WAY_OUT = "For your own code, `--trust-this-code` runs it without isolation; the result is then not a grade."

"""Choose the isolation level: try the real flags with a canary inside, and believe only what it saw."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from grader.errors import GraderFault, SandboxUnavailable
from grader.isolation.bubblewrap import Bubblewrap
from grader.isolation.interface import Limits, Sandbox
from grader.isolation.plain import Plain
from grader.isolation.supervisor import Worker
from grader.isolation.workplace import workplace
from grader.records import Isolation
from grader.text import clean

PROMISED: dict[str, tuple[str, ...]] = {
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
}
"""What every probe of the canary must answer at level 3, by its first words."""


def full_sandbox() -> tuple[Sandbox, Isolation]:
    """Level 3, proven by its canary.

    Raises:
        SandboxUnavailable: it cannot run here; the message names the package or the setting.
    """
    sandbox = Bubblewrap()
    reason = sandbox.unavailable()
    if reason:
        raise SandboxUnavailable(f"Student code cannot be isolated here: {reason}", _WAY_OUT)
    try:
        probes = canary(sandbox)
    except GraderFault as error:
        raise SandboxUnavailable(
            f"bubblewrap is installed, but cannot run here.\n{error.message}",
            "User namespaces may be switched off: see docs/threat-model.md, section Levels. " + _WAY_OUT,
        ) from error
    broken = [f"{name}: {probes.get(name, 'no answer')}" for name in PROMISED if not _kept(name, probes)]
    if broken:
        raise SandboxUnavailable(
            f"The sandbox does not hold what it promises here: {'; '.join(broken)}.", _WAY_OUT
        )
    return sandbox, _record(sandbox, probes)


def plain_process() -> tuple[Sandbox, Isolation]:
    """Level 1: no isolation. For one's own code only."""
    sandbox = Plain()
    return sandbox, _record(sandbox, canary(sandbox))


def canary(sandbox: Sandbox) -> dict[str, str]:
    """What the probes answer inside of this sandbox."""
    with tempfile.TemporaryDirectory() as empty:
        Path(empty).chmod(0o755)
        with Worker(sandbox, workplace(Path(empty), "canary"), Limits()) as worker:
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


def _kept(name: str, probes: dict[str, str]) -> bool:
    return probes.get(name, "").startswith(PROMISED[name])


def _record(sandbox: Sandbox, probes: dict[str, str]) -> Isolation:
    memory = "polling" if sys.platform == "linux" else "none"
    return Isolation(sandbox.level, sandbox.name, memory, tuple(probes.items()))  # type: ignore[arg-type]


_WAY_OUT = "For your own code, `--trust-this-code` runs it without isolation; the result is then not a grade."

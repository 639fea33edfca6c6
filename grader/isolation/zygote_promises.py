"""What every probe of a forked worker must answer (`grader.worker.zygote_probes`), before one is used."""

from __future__ import annotations

from collections.abc import Mapping

from grader.isolation.interface import MIB, Limits

_USUAL = Limits()

PROMISED: dict[str, str] = {
    "identity": "nobody",
    "map of users": "65534 65534 1",
    "another map of users": "refused",
    "capabilities": "none, for good",
    "open descriptors": "0 1 2 3",
    "folders at the root": "its own",
    "other submissions": "absent",
    "writing elsewhere": "refused",
    "writable mounts": "/dev/full /dev/null /dev/random /dev/shm /dev/urandom /dev/zero /proc /tmp",
    "scratch space": f"{_USUAL.tmp_bytes // MIB} and {_USUAL.tmp_bytes // MIB} MiB",
    "kinds of sockets": "refused",
    "interfaces": "loopback only",
    "sockets of others": "none",
    "process list": "itself",
    "signals to all": "nobody",
    "system calls": "refused",
    "new namespaces": "refused",
    "kernel keys": "none",
    "shared segments": "none",
    "mapped files": "neutral",
    "command and environment": "neutral",
    "late import": "works",
    "resource limits": f"{_USUAL.processes + 4 * _USUAL.threads} {_USUAL.open_files} 0",
    "threads": "1",
    "end": "with the zygote",
}
"""Answers of a canary with the usual limits. A refusal may name the error after it."""


def broken(probes: Mapping[str, str]) -> list[str]:
    """The probes that did not answer as promised; one that is missing did not."""
    return [
        f"{name}: {probes.get(name, 'no answer')}"
        for name, promised in PROMISED.items()
        if not _kept(probes.get(name, ""), promised)
    ]


def _kept(answer: str, promised: str) -> bool:
    return answer == promised or (promised == "refused" and answer.startswith("refused ("))

"""What a benchmark's numbers hang on: the machine and its versions, and the key of one trial."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from grader.bench.records import Conditions
from grader.course.stored.database import device_class
from grader.isolation.quota import usable_cores
from grader.text import clean

_PACKAGES = ("numpy", "torch", "torchvision")


@dataclass(frozen=True)
class TrialKey:
    """With all of it equal, a stored trial is used again in place of a new one."""

    tree_digest: str
    plan_digest: str
    seed: int
    measuring_version: int
    data_digest: str
    device_class: str
    conditions: str  # their digest: a time of another machine, or with another torch, is another number

    @property
    def name(self) -> str:
        """As a file name."""
        return _digest(asdict(self))[:32]


def conditions(device: str, *, threads: int, slots: int, lane: str, isolation: str) -> Conditions:
    """The conditions on this machine, as it is now.

    Args:
        device: as the machine was settled on: "cpu", "cuda:0 (NAME)".
    """
    versions = {"python": platform.python_version(), **{one: metadata.version(one) for one in _PACKAGES}}
    return Conditions(
        device=clean(device),
        device_class=device_class(clean(device)),
        processor=processor(),
        cores=len(usable_cores()),
        platform=clean(f"{platform.system()} {platform.machine()}"),
        versions=tuple(sorted(versions.items())),
        threads=threads,
        slots=slots,
        lane=lane,
        isolation=isolation,
    )


def conditions_digest(found: Conditions) -> str:
    return _digest(asdict(found))[:16]


def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The name of this machine's processor, as far as the kernel tells it."""
    try:
        for line in cpuinfo.read_text("utf-8", "replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() in ("model name", "Model") and value.strip():
                return clean(value.strip())
    except OSError:
        pass
    return clean(platform.processor() or os.uname().machine)


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()

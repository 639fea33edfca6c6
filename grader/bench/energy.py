"""Energy that a training uses, where the machine counts it: the processor's own counters.

Linux `Documentation/power/powercap/powercap.rst`: `energy_uj` counts microjoules of a package and begins anew beyond
`max_energy_range_uj`. It counts all that the package does, so it says something of one training only where no other runs.
Most systems let only root read it; virtual machines and GPUs have none.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from grader.bench.trials import NO_ENERGY
from grader.records import Absent

_FOLDER = Path("/sys/class/powercap")
SHARED = Absent("skipped", "Several trainings at once share the processor: `--slots 1` tells them apart.")
ON_A_GPU = Absent("skipped", "The GPU's energy is not read.")


class Meter:
    """Hears the events of one run, and reads the counters when the training begins and at each report of it."""

    def __init__(self, folder: Path = _FOLDER) -> None:
        self._packages = sorted(_packages(folder))
        self._last: dict[Path, int] = {}
        self._used = 0
        self._steps = 0

    def hear(self, event: dict[str, Any]) -> None:
        """An event as the attempt tells it; after the last progress of the training nothing is added."""
        if event.get("stage") != "train" or not self._packages:
            return
        if event.get("kind") == "start":
            self._last, self._used, self._steps = _counts(self._packages), 0, 0
        elif event.get("kind") == "progress" and self._last:
            now = _counts(self._packages)
            self._used += sum(
                _grown(place, self._last[place], now[place]) for place in now if place in self._last
            )
            self._last, self._steps = now, self._steps + 1

    @property
    def joules(self) -> float | Absent:
        return round(self._used / 1e6, 1) if self._steps else NO_ENERGY


def _packages(folder: Path) -> Iterable[Path]:
    """Folders of whole packages that can be read, not of their parts."""
    for place in folder.glob("intel-rapl:*"):
        if place.name.count(":") == 1 and _number(place / "energy_uj") is not None:
            yield place


def _counts(packages: Iterable[Path]) -> dict[Path, int]:
    found = {place: _number(place / "energy_uj") for place in packages}
    return {place: number for place, number in found.items() if number is not None}


def _grown(place: Path, before: int, now: int) -> int:
    return (
        now - before if now >= before else now - before + (_number(place / "max_energy_range_uj") or before)
    )


def _number(place: Path) -> int | None:
    try:
        return int(place.read_text("ascii"))
    except (OSError, ValueError):
        return None

"""The reference steps of devices from what `benchmarks/reference_step.py` printed on them: the fastest round counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from calibrate_code import module, text
from calibrate_sources import ROOT, CalibrationError, number, shown, table_with

COLUMNS = ("device", "task", "fastest", "spread of the middle half")
STEADY_PERCENT = 10.0
"""Spread of the middle rounds above which a device did something else meanwhile: limits must not hang on it."""


def reference_steps(asked: dict[str, Any], root: Path = ROOT) -> str:
    """The module's text.

    Raises:
        CalibrationError: a result cannot be used, or a device stands in two of them.
    """
    found: dict[tuple[str, str], float] = {}
    places = sorted(root.glob(asked["steps"]["results"]))
    for place in places:
        for row in table_with(place, *COLUMNS):
            key = row["task"], row["device"]
            if key in found:
                raise CalibrationError(
                    f"{shown(place)}: {' on '.join(key)} stands in another result: keep one."
                )
            found[key] = _seconds(place, row)
    lines = [
        f"    ({text(task)}, {text(device)}): {step!r}," for (task, device), step in sorted(found.items())
    ]
    what = "Seconds of the reference step: (task, reference device) → the fastest round on that device."
    return module(
        what, [shown(place) for place in places], "", "STEPS", "dict[tuple[str, str], float]", lines
    )


def _seconds(place: Path, row: dict[str, str]) -> float:
    spread = row["spread of the middle half"].rstrip(" %")
    if spread != "–" and number(place, spread) > STEADY_PERCENT:
        what = f"the rounds of {row['device']} spread by {spread} %"
        raise CalibrationError(f"{shown(place)}: {what}: measure again on an idle machine.")
    return round(number(place, row["fastest"]) / 1000, 7)

"""An outside yardstick on a GPU: a public speed-record script for CIFAR-10, beside the fast lane's custom ResNet.

The script is fetched by whoever measures and given by its path, for example `airbench94.py` of KellerJordan/airbench on
GitHub. It is never part of this repository. It runs as it is, as the user, outside of every sandbox: read it first.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from grader.text import clean

LIMIT_SECONDS = 1800
SHOWN = 300


@dataclass(frozen=True)
class Yardstick:
    """Whole wall-clock seconds of the script, its start and compilation included, and what it printed last."""

    seconds: float
    said: str


def run_yardstick(script: Path, limit_seconds: float = LIMIT_SECONDS) -> Yardstick | str:
    """Run it once in its own folder; a sentence where it did not end well."""
    begin = time.perf_counter()
    try:
        done = subprocess.run(
            [sys.executable, script.name],
            cwd=script.parent,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=limit_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{clean(script.name)} did not end within {limit_seconds:.0f} s."
    seconds = time.perf_counter() - begin
    if done.returncode:
        return f"{clean(script.name)} ended with {done.returncode}: {clean(done.stderr[-SHOWN:], SHOWN)}"
    return Yardstick(seconds, _last(done.stdout))


def _last(printed: str) -> str:
    """The last lines that hold a number: where such a script states its accuracy and its time."""
    lines = [line for line in printed.splitlines() if re.search(r"\d\.\d", line)]
    return clean(" · ".join(lines[-3:]), SHOWN)

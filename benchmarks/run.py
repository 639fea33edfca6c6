"""`make bench-overhead`: what a run costs beyond its training. Prints a Markdown table; commit it under results/.

Seconds depend on the machine and on what else it does: quote the ratios. Every figure is the median of several
runs, interleaved where two things are compared.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from grader.isolation.bubblewrap import Bubblewrap
from grader.isolation.interface import Limits, Sandbox
from grader.isolation.plain import Plain
from grader.isolation.supervisor import Worker
from grader.isolation.workplace import workplace

REFERENCE = Path(__file__).parents[1] / "reference_models" / "s4"
GRADER = [sys.executable, "-m", "grader"]
RUNS = 5


def main() -> None:
    starts = interleaved({"bubblewrap": lambda: start(Bubblewrap()), "plain process": lambda: start(Plain())})
    whole, training = zip(*(one_run() for _ in range(3)), strict=True)
    rows = [
        ("`grader --help`, CPU seconds", statistics.median(help_cpu() for _ in range(RUNS)), "s"),
        (
            "`grader check s4` of the reference",
            statistics.median(seconds(["check", "s4", str(REFERENCE)]) for _ in range(3)),
            "s",
        ),
        ("`grader run s4` of the reference", statistics.median(whole), "s"),
        ("of these, the training itself", statistics.median(training), "s"),
        ("worker start, bubblewrap", starts["bubblewrap"], "s"),
        ("worker start, plain process", starts["plain process"], "s"),
        ("worker start, bubblewrap / plain", starts["bubblewrap"] / starts["plain process"], ""),
    ]
    print(f"Date: {datetime.now(UTC):%Y-%m-%d}. Command: `make bench-overhead`.")
    print(
        f"Machine: {os.cpu_count()} cores, {platform.machine()}, {platform.system()} {platform.release()}.\n"
    )
    print("| what | median |\n| --- | ---: |")
    for name, value, unit in rows:
        print(f"| {name} | {value:.2f} {unit} |".replace("  |", " |"))


def interleaved(actions: dict[str, Callable[[], float]]) -> dict[str, float]:
    found: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(RUNS):
        for name, action in actions.items():
            found[name].append(action())
    return {name: statistics.median(values) for name, values in found.items()}


def start(sandbox: Sandbox) -> float:
    """From nothing to a worker that has imported torch and waits for a request."""
    begin = time.monotonic()
    with Worker(sandbox, workplace(REFERENCE), Limits()) as worker:
        worker.wait_until_ready()
        return time.monotonic() - begin


def help_cpu() -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*GRADER, "--help"], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def seconds(words: list[str]) -> float:
    begin = time.monotonic()
    subprocess.run([*GRADER, *words], capture_output=True, check=True)
    return time.monotonic() - begin


def one_run() -> tuple[float, float]:
    """Wall seconds of a whole run, and of the training in it."""
    with tempfile.TemporaryDirectory() as out:
        begin = time.monotonic()
        command = [*GRADER, "run", "s4", "--repo", str(REFERENCE), "--out", out, "--json"]
        done = subprocess.run(command, capture_output=True, check=True)
        whole = time.monotonic() - begin
    return whole, sum(trial["wall_seconds"] for trial in json.loads(done.stdout)["evidence"]["trials"])


if __name__ == "__main__":
    main()

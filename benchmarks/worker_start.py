"""What a worker's start costs, three ways in turn: untrimmed and trimmed in bubblewrap, and forked by a zygote.

    python benchmarks/worker_start.py [ROUNDS]

Prints a Markdown table; commit it under results/. Seconds depend on the machine and on what else it does, so CPU time
stands beside them, and ratios are what to quote. The CPU time of a forked worker includes what its zygote spends on it.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import psutil

from grader.isolation.bubblewrap import Bubblewrap
from grader.isolation.interface import Limits, Sandbox, Workplace
from grader.isolation.meters import memory_bytes
from grader.isolation.supervisor import Ending, Patience, Worker
from grader.isolation.workplace import workplace
from grader.isolation.zygote import Zygote

ROUNDS = 9
AT_ONCE = 8
MODEL = "import torch\nclass Net(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n"
PATIENCE = Patience(120, cpu_seconds=60)


@dataclass(frozen=True)
class Start:
    """From the call to the worker's greeting, to the student's first line, and the CPU time of it all."""

    ready_seconds: float
    line_seconds: float
    cpu_seconds: float


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        place = submission(Path(folder, "submission"))
        before = untrimmed(place, Path(folder, "harness"))
        memory = {"trimmed": together(Bubblewrap(), place)}  # before there is a zygote to be counted
        zygote = Zygote()
        begin = time.monotonic()
        parent = parent_of_workers(zygote, place)
        first = time.monotonic() - begin
        ways: dict[str, Callable[[], Start]] = {
            "bubblewrap, untrimmed": lambda: once(Bubblewrap(), before),
            "bubblewrap, trimmed": lambda: once(Bubblewrap(), place),
            "forked by the zygote": lambda: once(zygote, place, parent),
        }
        found: dict[str, list[Start]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, way in ways.items():
                found[name].append(way())
        memory["forked"] = together(zygote, place)
        walls = canaries(zygote, place, rounds)
        zygote.close()
    show(found, first, memory, walls, rounds)


def submission(folder: Path) -> Workplace:
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "model.py").write_text(MODEL)
    return workplace(folder)


def untrimmed(place: Workplace, folder: Path) -> Workplace:
    """The same place with a harness that knows no release of torch to trim."""
    worker = {part: source for source, part in place.harness}["worker"]
    shutil.copytree(worker, folder, ignore=shutil.ignore_patterns("__pycache__"))
    trim = (folder / "trim.py").read_text()
    (folder / "trim.py").write_text(
        trim.replace("RELEASES = ((2, 15), (2, 16))", "RELEASES = ((0, 0), (0, 0))")
    )
    assert (folder / "trim.py").read_text() != trim
    return replace(
        place, harness=tuple((folder if part == "worker" else s, part) for s, part in place.harness)
    )


def once(sandbox: Sandbox, place: Workplace, parent: int = 0) -> Start:
    """Start a worker and let it load a small model.

    Args:
        parent: the zygote, whose CPU time for it is counted too.
    """
    before = run_seconds(parent)
    begin = time.monotonic()
    with Worker(sandbox, place, Limits()) as worker:
        worker.wait_until_ready()
        ready = time.monotonic() - begin
        answer = worker.request(
            "load", {"file": "model.py", "cell": 0, "class_name": "Net"}, patience=PATIENCE
        )
        assert not isinstance(answer, Ending), answer
        line = time.monotonic() - begin
        tree = [
            psutil.Process(worker._process.pid),
            *psutil.Process(worker._process.pid).children(recursive=True),
        ]
        spent = sum(run_seconds(process.pid) for process in tree) + run_seconds(parent) - before
    return Start(ready, line, spent)


def run_seconds(pid: int) -> float:
    """CPU time of all threads of a process, finer than in clock ticks (Linux: `schedstat`, first figure)."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat") if pid else ()
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def parent_of_workers(zygote: Zygote, place: Workplace) -> int:
    with Worker(zygote, place, Limits()) as worker:
        worker.wait_until_ready()
        return psutil.Process(worker._process.pid).ppid()


def canaries(zygote: Zygote, place: Workplace, rounds: int) -> float:
    """The share of isolation: what a forked worker that imports and computes nothing takes until it greets."""
    return statistics.median(_canary(zygote, place) for _ in range(rounds))


def _canary(zygote: Zygote, place: Workplace) -> float:
    begin = time.monotonic()
    worker = Worker(zygote, replace(place, role="canary"), Limits())
    seconds = time.monotonic() - begin  # the gate is open: it is walled in
    worker.wait_until_ready()
    worker.stop()
    return seconds


def together(sandbox: Sandbox, place: Workplace) -> tuple[float, float]:
    """Proportional set size in MB of one worker and of eight at once, with the zygote where there is one."""
    workers: list[Worker] = []
    found = []
    try:
        for wanted in (1, AT_ONCE):
            while len(workers) < wanted:
                workers.append(Worker(sandbox, place, Limits()))
                workers[-1].wait_until_ready()
            below = psutil.Process().children(recursive=True)
            found.append(sum(memory_bytes(process) for process in below) / 1e6)
    finally:
        for worker in workers:
            worker.stop()
    return found[0], found[1]


def show(
    found: dict[str, list[Start]],
    first: float,
    memory: dict[str, tuple[float, float]],
    walls: float,
    rounds: int,
) -> None:
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"Date: {datetime.now(UTC):%Y-%m-%d}. Command: `python benchmarks/worker_start.py {rounds}`.")
    print(
        f"Machine: {os.cpu_count()} cores, {platform.machine()}, {platform.system()} {platform.release()}, load {load}."
    )
    print(
        f"Medians of {rounds} rounds, the three ways in turn; lowest and highest in brackets. "
        "`first line`: the student's module is loaded.\n"
    )
    print(
        "| worker | ready, ms | first line, ms | CPU, ms | CPU, ratio |\n| --- | ---: | ---: | ---: | ---: |"
    )
    base = statistics.median(start.cpu_seconds for start in found["bubblewrap, untrimmed"])
    for name, starts in found.items():
        spent = statistics.median(start.cpu_seconds for start in starts)
        cells = [
            _spread([start.ready_seconds for start in starts]),
            _spread([start.line_seconds for start in starts]),
        ]
        print(f"| {name} | {' | '.join(cells)} | {1000 * spent:.0f} | {spent / base:.3f} |")
    print(
        f"\nThe zygote itself, once: {first:.1f} s. A forked worker is walled in after {1000 * walls:.0f} ms (median).\n"
    )
    print(f"| memory (PSS), MB | 1 worker | {AT_ONCE} workers |\n| --- | ---: | ---: |")
    for name, (one, many) in memory.items():
        print(f"| {name}{' (both with the zygote)' if name == 'forked' else ''} | {one:.0f} | {many:.0f} |")


def _spread(seconds: list[float]) -> str:
    low, high = 1000 * min(seconds), 1000 * max(seconds)
    return f"{1000 * statistics.median(seconds):.0f} ({low:.0f}-{high:.0f})"


if __name__ == "__main__":
    main()

"""`python benchmarks/lanes.py PATH_OR_URL... [--seeds 3]`: both lanes on the same submissions, some minutes each.

Each submission is graded twice by `grader run`, once per lane, with the same fixed seeds and one secret. Prints
Markdown for results/: the mean accuracy of each lane, their difference in standard errors of a difference of two
such means (with the deviation that the noise table has for the task), and what the training took. Student code
runs in the grader's sandbox only. The results as JSON stay in the folder given by `--keep`.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from grader.text import clean

GRADER = [sys.executable, "-m", "grader"]
LANES = ("fast", "faithful")
FIRST_SEED = 101
SECRET = 20_011
GRADED = (0, 3, 4, 6)
"""Exit codes with a result; the others are a mistake in the command, or a fault of the grader or its machine."""


@dataclass(frozen=True)
class Lane:
    """What one lane gave. `fault` says why it cannot be compared; then the rest is not to be used."""

    tabulated_sd: float = 0.0
    accuracies: tuple[float, ...] = ()
    wall_seconds: tuple[
        float, ...
    ] = ()  # of each trial's training, with what else the student's loop does in it
    cpu_seconds: tuple[float, ...] = ()
    fault: str = ""

    @property
    def mean(self) -> float:
        return statistics.fmean(self.accuracies)

    @property
    def observed_sd(self) -> float:
        return statistics.stdev(self.accuracies) if len(self.accuracies) > 1 else math.nan


def main() -> int:
    options = parsed()
    options.keep.mkdir(parents=True, exist_ok=True)
    head(options)
    faults: list[str] = []
    for number, source in enumerate(options.sources, 1):
        name = f"{number}-{source.rstrip('/').rsplit('/', 1)[-1]}"
        found = {
            lane: one_lane(options, source, lane, options.keep / f"{name}-{lane}.json") for lane in LANES
        }
        faults += [f"{name}, {lane} lane: {one.fault}" for lane, one in found.items() if one.fault]
        if not any(one.fault for one in found.values()):
            print(row(name, found["fast"], found["faithful"]), flush=True)
    print("".join(f"\n- {fault}" for fault in faults))
    print(f"The results as JSON are in {options.keep}.", file=sys.stderr)
    return 1 if faults else 0


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sources", nargs="+", metavar="PATH_OR_URL")
    parser.add_argument("--spec", default="s4")
    parser.add_argument("--seeds", type=int, default=3, help="trials in each lane (default: 3)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--stand-in", action="store_true", help="generated data: tries the command out")
    parser.add_argument("--keep", type=Path, help="folder for the results as JSON (default: a new one)")
    options = parser.parse_args()
    if options.seeds < 1 or options.threads < 1:
        parser.error("--seeds and --threads are 1 or more")
    options.keep = options.keep or Path(tempfile.mkdtemp(prefix="lanes-"))
    return options


def head(options: argparse.Namespace) -> None:
    seeds = [str(FIRST_SEED + n) for n in range(options.seeds)]
    print(f"Date: {datetime.now(UTC):%Y-%m-%d}. Command: `{shlex.join(['python', *sys.argv])}`.")
    print(
        f"Machine: {os.cpu_count()} cores, {platform.machine()}, {platform.system()} {platform.release()}. "
        f"Spec {options.spec}, seeds {', '.join(seeds)}, threads: {options.threads}."
    )
    print(
        "Accuracies in percent, the observed deviation in brackets. Difference: faithful minus fast, in points, and in "
        "standard errors by the task's tabulated deviation and by the observed one. Seconds: median of the trainings, "
        "in the faithful lane with all that the student's own code does beside; ratios: fast / faithful.\n"
    )
    compared = ["fast", "faithful", "difference", "by table", "by observed"]
    spent = ["fast, s", "faithful, s", "ratio", "CPU ratio"]
    print(f"| submission | {' | '.join(compared + spent)} |\n| --- |{' ---: |' * 9}", flush=True)


def one_lane(options: argparse.Namespace, source: str, lane: str, kept: Path) -> Lane:
    """Grade in one lane and keep the result as it is printed."""
    seeds = ",".join(str(FIRST_SEED + n) for n in range(options.seeds))
    words = ["run", options.spec, "--repo", source, "--lane", lane, "--seeds", seeds, "--json"]
    words += ["--secret", str(SECRET), "--threads", str(options.threads)]
    words += ["--stand-in"] if options.stand_in else []
    with tempfile.TemporaryDirectory() as out:
        done = subprocess.run([*GRADER, *words, "--out", out], capture_output=True, text=True, check=False)
    if done.returncode not in GRADED:
        return Lane(fault=f"`grader run` ended with {done.returncode}: {clean(done.stderr, 500)}")
    kept.write_text(done.stdout, encoding="utf-8")
    return read(json.loads(done.stdout), lane)


def read(record: dict[str, Any], lane: str) -> Lane:
    """What a stored result says of the lane that was asked for."""
    evidence = record["evidence"]
    for part in ("model", "recipe", "data", "test_accuracy"):
        if evidence[part].get("kind") == "absent":
            return Lane(fault=f"no {part.replace('_', ' ')}: {evidence[part]['reason']}")
    recipe, trials = evidence["recipe"], evidence["trials"]
    if recipe["lane"] != lane:
        return Lane(fault=f"it was trained in the {recipe['lane']} lane instead. {recipe['lane_reason']}")
    return Lane(
        trials[0]["accuracy"]["spread"],
        tuple(trial["accuracy"]["value"] for trial in trials),
        tuple(trial["wall_seconds"] for trial in trials),
        tuple(trial["cpu_seconds"] for trial in trials),
    )


def row(name: str, fast: Lane, faithful: Lane) -> str:
    difference = faithful.mean - fast.mean
    seconds = [statistics.median(one.wall_seconds) for one in (fast, faithful)]
    spent = [statistics.median(one.cpu_seconds) for one in (fast, faithful)]
    cells = [
        name,
        shown(fast),
        shown(faithful),
        f"{100 * difference:+.2f}",
        *(f"{difference / error:+.2f}" if error > 0 else "-" for error in standard_errors(fast, faithful)),
        *(f"{one:.1f}" for one in seconds),
        f"{seconds[0] / seconds[1]:.2f}",
        f"{spent[0] / spent[1]:.2f}",
    ]
    return f"| {' | '.join(cells)} |"


def shown(lane: Lane) -> str:
    return f"{100 * lane.mean:.2f} ({100 * lane.observed_sd:.2f})".replace(" (nan)", "")


def standard_errors(fast: Lane, faithful: Lane) -> tuple[float, float]:
    """Of the difference of the two means: by the task's own deviation, by the observed one (NaN with one seed).

    They are not paired: the lanes draw other numbers from one seed.
    """
    pairs = [(one.tabulated_sd, one.observed_sd, len(one.accuracies)) for one in (fast, faithful)]
    table = math.sqrt(sum(known**2 / n for known, _, n in pairs))
    return table, math.sqrt(sum(observed**2 / n for _, observed, n in pairs))


if __name__ == "__main__":
    sys.exit(main())

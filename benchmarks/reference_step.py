"""How fast a device is at the reference step: `python benchmarks/reference_step.py NAME [--device cuda]`, a minute.

What it prints makes NAME a reference device which specs can name: commit it under results/, as
`reference-step-NAME-DATE.md`, and run `python benchmarks/calibrate.py`. On a CPU the step is timed on one core, in CPU
time, as limits are counted; on another device in wall clock, each step waited for. A device that does something else
meanwhile gives a longer step, and every limit that names it would then be too short: so the fastest round counts, and
the spread between the rounds must be small.
"""

from __future__ import annotations

import argparse
import platform
import time
from datetime import UTC, datetime
from statistics import median
from typing import get_args

import torch

from grader.data.interface import DataSet, load
from grader.spec.schema import Task
from grader.training.reference_step import step_times

ROUNDS = 15
STEPS = 60
STEADY = 0.1
"""Spread between the middle rounds, as a share of their median, above which the figure is not used (`calibrate.py`)."""


def rounds_of(data: DataSet, device: str) -> list[float]:
    """The median step of each round, sorted."""
    clock = time.process_time if device == "cpu" else time.perf_counter
    shape, classes = data.input_shape, data.classes
    return sorted(
        median(step_times(shape, classes, device=device, steps=STEPS, clock=clock)) for _ in range(ROUNDS)
    )


def main() -> None:
    asked = argparse.ArgumentParser(description="Time the reference step on a device.")
    asked.add_argument("name", help="what specs will call it: t4")
    asked.add_argument("--device", default="cpu", help="as torch names it: cpu, cuda")
    asked.add_argument("--tasks", nargs="+", default=get_args(Task))
    given = asked.parse_args()
    torch.set_num_threads(1)
    print(f"Date: {datetime.now(UTC):%Y-%m-%d}. Command: `python benchmarks/reference_step.py {given.name}`.")
    print(f"torch {torch.__version__}, {platform.system()} {platform.machine()}, device {given.device}.\n")
    print(
        f"| device | task | median of {ROUNDS} rounds, ms | fastest | slowest | spread of the middle half |"
    )
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    unsteady = []
    for task in given.tasks:
        times = rounds_of(load(task, data_dir=None, stand_in=True), given.device)
        middle, spread = median(times), times[3 * ROUNDS // 4] - times[ROUNDS // 4]
        cells = (f"{1000 * one:.3f}" for one in (middle, times[0], times[-1]))
        print(f"| {given.name} | {task} | {' | '.join(cells)} | {100 * spread / middle:.1f} % |")
        unsteady += [] if spread <= STEADY * middle else [task]
    if unsteady:
        print(f"\nNot steady: {', '.join(unsteady)}. Measure again on an idle machine.")


if __name__ == "__main__":
    main()

"""How often the verdict rule errs, and how many seeds it takes: `python benchmarks/verdicts.py`, some two minutes.

Simulated submissions, judged by the grader's own functions. A submission has a true mean, so many of its own true
standard deviations above or below the line; each trial draws an accuracy around it, and seeds are added as in a
study. The table's deviation is what the rule knows; the true one may be another. Prints Markdown for results/.
"""

from __future__ import annotations

import math
import os
import platform
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import fmean

from grader.evaluation.consistency import EpochValues, held
from grader.evaluation.noise import interval
from grader.evaluation.verdict import another_trial_helps, decide

LINE = 0.95
TABLE_SD = 0.0016
IMAGES = 10_000
AT_MOST = 5
MARGINS = (0.0, 0.5, 1.0, 2.0, 3.0, 6.0)
TRUE_SDS = (0.5, 1.0, 1.5)
STUDIES = 20_000


@dataclass(frozen=True)
class Found:
    """Shares of the studies, 0 to 1, and the mean number of seeds."""

    passed: float
    right: float
    borderline: float
    wrong: float
    seeds: float
    covered: float  # the 95 % interval holds the true mean


Ending = tuple[str, int, bool]
"""A study's verdict, its seeds, and whether its interval holds the true mean."""


def single(rng: random.Random, mean: float, sd: float, at_most: int = AT_MOST) -> Ending:
    """One submission held against a line after its training."""
    values: tuple[float, ...] = ()
    while len(values) < at_most and another_trial_helps(values, LINE, TABLE_SD):
        values = (*values, drawn(rng, mean, sd))
    shown = interval(values, TABLE_SD)
    return decide(values, LINE, TABLE_SD).outcome, len(values), shown.low <= mean <= shown.high


def consistent(correlation: float, epochs: int = 3) -> Callable[[random.Random, float, float], Ending]:
    """One submission held against a line in each of its last epochs, whose accuracies in a trial are correlated."""
    shared, own = math.sqrt(correlation), math.sqrt(1 - correlation)

    def study(rng: random.Random, mean: float, sd: float) -> Ending:
        rows: list[list[float]] = []
        while True:
            run = rng.gauss(0, 1)
            rows.append([drawn(rng, mean + sd * shared * run, sd * own) for _ in range(epochs)])
            columns = [EpochValues(f"epoch {n}", tuple(one)) for n, one in enumerate(zip(*rows, strict=True))]
            found = held(columns, LINE, TABLE_SD)
            if len(rows) == AT_MOST or found.decision.outcome != "borderline":
                shown = interval(columns[-1].values, TABLE_SD)
                return found.decision.outcome, len(rows), shown.low <= mean <= shown.high

    return study


def drawn(rng: random.Random, mean: float, sd: float) -> float:
    """An accuracy as a test set gives it, in whole images."""
    return round(rng.gauss(mean, sd) * IMAGES) / IMAGES


def simulate(
    study: Callable[[random.Random, float, float], Ending], margin: float, true_sd: float, studies: int
) -> Found:
    """Half of the submissions lie above the line, half below.

    Args:
        margin: between the line and the true mean, in true deviations.
        true_sd: in deviations of the table.
    """
    rng = random.Random(f"{margin} {true_sd}")
    sd = true_sd * TABLE_SD
    endings = [
        (side, *study(rng, LINE + side * margin * sd, sd)) for side in (1, -1) for _ in range(studies // 2)
    ]
    sides = {"passed": 1, "failed": -1, "borderline": 0}
    return Found(
        passed=fmean(outcome == "passed" for _, outcome, _, _ in endings),
        right=fmean(sides[outcome] == side for side, outcome, _, _ in endings),
        borderline=fmean(outcome == "borderline" for _, outcome, _, _ in endings),
        wrong=fmean(sides[outcome] == -side for side, outcome, _, _ in endings),
        seeds=fmean(n for _, _, n, _ in endings),
        covered=fmean(held for _, _, _, held in endings),
    )


def row(found: Found, margin: float) -> str:
    """At the line itself no verdict is right or wrong: what passed and what failed is shown in their columns."""
    failed = 1 - found.passed - found.borderline
    right, wrong = (found.right, found.wrong) if margin else (found.passed, failed)
    return (
        f"{100 * right:.1f} | {100 * found.borderline:.1f} | {100 * wrong:.2f} | {found.seeds:.2f} | "
        f"{100 * found.covered:.1f}"
    )


def main() -> None:
    print(f"Date: {datetime.now(UTC):%Y-%m-%d}. Command: `python benchmarks/verdicts.py`.")
    print(f"Machine: {os.cpu_count()} cores, {platform.machine()}; arithmetic only, it does not matter.")
    print(
        f"Python {sys.version.split()[0]}; {STUDIES:,} simulated studies a row, half of them in the second table."
    )
    print(f"Line {100 * LINE:g} %, table's sd {100 * TABLE_SD:g} points, {AT_MOST} seeds at most.")
    print("With a margin of 0 nothing is right or wrong: the columns show what passed and what failed.\n")
    head = "right % | borderline % | wrong % | seeds | interval covers % |"
    print(f"| true sd / table's | margin in true sd | {head}\n|{' ---: |' * 7}")
    for true_sd in TRUE_SDS:
        for margin in MARGINS:
            found = simulate(single, margin, true_sd, STUDIES)
            print(f"| {true_sd:g} | {margin:g} | {row(found, margin)} |", flush=True)
    print(
        f"\nIn each of the last 3 epochs, true sd as in the table:\n\n| correlation of epochs | margin | {head}"
    )
    print(f"|{' ---: |' * 7}")
    for correlation in (0.0, 0.8):
        for margin in MARGINS:
            found = simulate(consistent(correlation), margin, 1.0, STUDIES // 2)
            print(f"| {correlation:g} | {margin:g} | {row(found, margin)} |", flush=True)


if __name__ == "__main__":
    main()

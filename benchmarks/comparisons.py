"""How often `grader bench compare` errs: `python benchmarks/comparisons.py`, half a minute. Prints a Markdown table.

Two samples are drawn, many times: without a difference; with one of three standard errors; and without one but with
deviations of which one is three times the other. Each row says how often a difference was reported.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from grader.bench.compare import ERROR_RATE
from grader.bench.stats import welch

SEEDS = (2, 3, 5, 10, 20)
PLANTED = 3.0
"""Standard errors of the difference."""


def pair(source: random.Random, seeds: int, by: float, sd: float) -> tuple[list[float], list[float]]:
    """Two samples; the second one's mean is larger by `by`, its deviation `sd` times the first one's."""
    return [source.gauss(0, 1) for _ in range(seeds)], [source.gauss(by, sd) for _ in range(seeds)]


def reported(draw: Callable[[], tuple[list[float], list[float]]], pairs: int) -> float:
    """The share of pairs for which a difference is reported."""
    return sum(welch(*draw()).p < ERROR_RATE for _ in range(pairs)) / pairs


def main() -> None:
    asked = argparse.ArgumentParser(description="How often a comparison of two results errs.")
    asked.add_argument("--pairs", type=int, default=10_000)
    pairs: int = asked.parse_args().pairs
    source = random.Random(2026)
    print(
        f"Date: {datetime.now(UTC):%Y-%m-%d}. Command: `python benchmarks/comparisons.py`. {pairs:,} pairs each.\n"
    )
    print("| seeds of each | no difference | none, deviations 1 and 3 | a difference of 3 standard errors |")
    print("| ---: | ---: | ---: | ---: |")
    for n in SEEDS:
        kinds = ((0.0, 1.0), (0.0, 3.0), (PLANTED * math.sqrt(2 / n), 1.0))
        shares = [reported(partial(pair, source, n, by, sd), pairs) for by, sd in kinds]
        print(f"| {n} | {' | '.join(f'{100 * share:.1f} %' for share in shares)} |")


if __name__ == "__main__":
    main()

"""A class of generated submissions with known copies through `grader similarity`: what comes on top, how long it takes.

    python benchmarks/similarity.py [--rows 150] [--classes 1]

Prints the list of the first class, and of all: which copies and which honest pairs are listed, seconds of CPU, memory.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from similarity_class import SEED, Planted, written

from grader.course.similarity.compare import compared
from grader.course.similarity.places import place_of, read_place
from grader.records.similarity import Similarity, SimilarPair

GOAL_SECONDS = 20.0
"""Of CPU, for 150 submissions."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=150)
    parser.add_argument("--classes", type=int, default=1)
    options = parser.parse_args()
    wrong = [_class(options.rows, SEED + number, shown=number == 0) for number in range(options.classes)]
    print(f"Classes with a copy that is not listed, or an honest pair that is: {sum(wrong)} of {len(wrong)}.")
    print(f"Memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB at most.")
    return 1 if any(wrong) else 0


def _class(rows: int, seed: int, *, shown: bool) -> bool:
    """Compare one class; whether its list is not what it should be."""
    with tempfile.TemporaryDirectory() as name:
        planted = written(Path(name), rows, seed=seed)
        begin = _cpu_seconds()
        read = read_place(place_of(Path(name)))
        middle = _cpu_seconds()
        found = compared(read.works, place="class")
        end = _cpu_seconds()
    if shown:
        _show(found, planted)
        verdict = "met" if end - begin < GOAL_SECONDS else "missed"
        compare_seconds = end - middle
        print(
            f"CPU: {end - begin:.1f} s (goal {GOAL_SECONDS:g} s: {verdict}), {compare_seconds:.1f} s of it comparing."
        )
    listed = {_names(pair) for pair in found.pairs}
    return listed != {frozenset(one.names) for one in planted}


def _show(found: Similarity, planted: Sequence[Planted]) -> None:
    compared_pairs = f"{found.works} submissions, {found.compared:,} pairs"
    print(f"{compared_pairs}; median {found.median:.3f}, margin {found.margin:.3f}.\n")
    kinds = {frozenset(one.names): one.kind for one in planted}
    print("| place | alike | signs | what it is |\n| ---: | ---: | --- | --- |")
    for number, pair in enumerate(found.pairs, 1):
        signs = ", ".join(one.kind for one in pair.signs) or "-"
        print(f"| {number} | {pair.score:.2f} | {signs} | {kinds.get(_names(pair), 'an honest pair')} |")
    print()


def _names(pair: SimilarPair) -> frozenset[str]:
    return frozenset((pair.left.name, pair.right.name))


def _cpu_seconds() -> float:
    """Of this process and of all that it started."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())

"""How a batch scales: 10,000 submissions on 1 to 64 devices, replayed in virtual time from the stages of a real batch.

    python benchmarks/scaling.py RUNS [--submissions 10000] [--devices 1 2 4 8] [--lost-per-hour 0.1] [--check]

RUNS is a folder of stored runs that one batch left: how long each of its looks and attempts took is read from there, and
submissions are drawn from them at random. The scheduler is the batch's own (`scaling_replay.py`). `--check` predicts how
long that batch took in all, from all of its rows and from halves of them, and holds it against the clock.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from scaling_replay import Losses, Replay, replay
from scaling_times import RowTimes, Times, read_times

DEVICES = (1, 2, 4, 8, 16, 32, 64)
SUBMISSIONS = 10_000
SEED = 13
HALVES = 20
GOAL = 0.10
"""So far off, at most, may a prediction be."""


def main() -> int:
    options = _options()
    times = read_times(options.runs)
    print(described(times))
    if options.check:
        return 0 if check(times, options.slots) else 1
    losses = Losses(options.lost_per_hour, options.repair_minutes * 60)
    rows = random.Random(SEED).choices(times.rows, k=options.submissions)
    print(HEAD)
    for devices in options.devices:
        print(line(replay(rows, times, devices, losses)), flush=True)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("runs", type=Path, help="The folder of runs that a batch left.")
    parser.add_argument("--submissions", type=int, default=SUBMISSIONS)
    parser.add_argument("--devices", type=int, nargs="+", default=DEVICES)
    parser.add_argument("--lost-per-hour", type=float, default=0.0, help="How often a device is lost.")
    parser.add_argument("--repair-minutes", type=float, default=10.0, help="Until a lost one is back.")
    parser.add_argument("--check", action="store_true", help="Predict how long this batch took.")
    parser.add_argument("--slots", type=int, default=2, help="Slots of the batch that is checked.")
    return parser.parse_args()


def described(times: Times) -> str:
    took = [row.attempt_seconds for row in times.rows if row.attempt_seconds]
    looks = [row.look_seconds for row in times.rows]
    return (
        f"Measured: {len(times.rows)} runs, {len(took)} of them with an attempt of "
        f"{statistics.fmean(took):.1f} s on average ({min(took):.1f} to {max(took):.1f} s, of which "
        f"{times.gap_seconds:.1f} s start and end); a look takes {statistics.median(looks):.2f} s "
        f"(median; at most {max(looks):.0f} s), its process starts in {times.look_start_seconds:.1f} s.\n"
    )


# --- the table --------------------------------------------------------------------------------------------------------

HEAD = (
    "| devices | hours | submissions an hour | devices busy | device minutes a submission | attempts | lost |\n"
    "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
)


def line(found: Replay) -> str:
    hours = found.makespan_seconds / 3600
    other = found.submissions - found.states["graded"]
    lost = f"{found.lost}" + (f", {other} submissions not graded" if other else "")
    return (
        f"| {found.devices} | {hours:.2f} | {found.submissions / hours:,.0f} | {100 * found.utilisation:.1f} % | "
        f"{found.device_minutes:.3f} | {found.attempts:,} | {lost} |"
    )


# --- the check --------------------------------------------------------------------------------------------------------


def check(times: Times, slots: int) -> bool:
    """Print how far the predictions are off; whether all of them are within the goal."""
    print(f"Took {times.span_seconds:.0f} s, from the start of its first run to the end of its last one.\n")
    print(
        "| predicted from | times | mean, s | off by, mean | off by, at most |\n| --- | ---: | ---: | ---: | ---: |"
    )
    good = True
    for name, samples in SAMPLES.items():
        spans = [replay(rows, times, slots).span_seconds for rows in samples(times)]
        off = [span / times.span_seconds - 1 for span in spans]
        worst = max(off, key=abs)
        print(
            f"| {name} | {len(off)} | {statistics.fmean(spans):.0f} | {100 * statistics.fmean(off):+.1f} % | "
            f"{100 * worst:+.1f} % |"
        )
        good = good and abs(statistics.fmean(off)) <= GOAL
    own = replay(times.rows, times, slots, whole=True).own_seconds / len(times.rows)
    print(f"\nThe batch itself computes for {1000 * own:.1f} ms of processor a submission.")
    return good


def _itself(times: Times) -> Iterator[Sequence[RowTimes]]:
    yield times.rows


def _first_half(times: Times) -> Iterator[Sequence[RowTimes]]:
    """What is known when half of the roster is done."""
    yield _as_many(times.rows[: len(times.rows) // 2], len(times.rows), random.Random(SEED))


def _halves(times: Times) -> Iterator[Sequence[RowTimes]]:
    for number in range(HALVES):
        chance = random.Random(SEED + number)
        yield _as_many(chance.sample(times.rows, len(times.rows) // 2), len(times.rows), chance)


def _as_many(some: Sequence[RowTimes], count: int, chance: random.Random) -> list[RowTimes]:
    """Each of these as often as the others, as nearly as it goes, in any order."""
    whole, rest = divmod(count, len(some))
    made = [*some] * whole + chance.sample(some, rest)
    chance.shuffle(made)
    return made


SAMPLES: dict[str, Callable[[Times], Iterator[Sequence[RowTimes]]]] = {
    "all rows, in their order": _itself,
    "the first half of the roster": _first_half,
    "a half drawn at random": _halves,
}


if __name__ == "__main__":
    sys.exit(main())

"""`python benchmarks/goals.py [--only NAME]`: the goals for speed as ratios from one run, some minutes.

Prints Markdown for results/. What is compared runs in turn; every figure is the median of the turns with the lowest
and the highest. Epochs are CPU time of one thread, so that waiting for a core does not count; the rest is wall clock
and wants a quiet machine. The submission is the s4 reference; the data is MNIST, generated digits where there is none.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shlex
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from goals_epochs import epochs
from goals_overhead import overhead
from goals_rows import BATCH, GRADER, REFERENCE, SECRET, SEED, Row, Setting

from grader.data.interface import DataSet, load
from grader.errors import DataMissing

AT_ONCE_TURNS = 2  # each takes four runs
GRADED = (0, 3, 6)


def main() -> None:
    options = parsed()
    with tempfile.TemporaryDirectory() as place:
        setting = prepared(Path(place), options.images, options.turns)
        head(setting)
        for name, rows in ROWS.items():
            if options.only in (None, name):
                for row in rows(setting):
                    print(row.line(), flush=True)
    print("\n".join(setting.details))


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", choices=ROWS, help="measure this and nothing else")
    parser.add_argument("--turns", type=int, default=5, help="default: 5; overhead has 3 at most, at-once 2")
    parser.add_argument(
        "--images", type=int, default=9_600, help="training images of an epoch (default: 9600)"
    )
    options = parser.parse_args()
    if options.turns < 1 or options.images < BATCH:
        parser.error(f"--turns is 1 or more, --images {BATCH} or more")
    return options


def prepared(folder: Path, images: int, turns: int) -> Setting:
    try:
        data = load("mnist", data_dir=None, download=False)
    except DataMissing:
        data = load("mnist", data_dir=None, stand_in=True)
    few = replace(data, train_images=data.train_images[:images], train_labels=data.train_labels[:images])
    write_raw(folder / "MNIST" / "raw", few)
    return Setting(data, few, folder, turns)


def write_raw(folder: Path, data: DataSet) -> None:
    """In the files of MNIST, as torchvision and `--data-dir` read them."""
    folder.mkdir(parents=True)
    splits = (("train", data.train_images, data.train_labels), ("t10k", data.test_images, data.test_labels))
    for part, images, labels in splits:
        first = struct.pack(">iiii", 2051, *images.shape)
        (folder / f"{part}-images-idx3-ubyte").write_bytes(first + images.tobytes())
        first = struct.pack(">ii", 2049, len(labels))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(first + labels.tobytes())


def head(setting: Setting) -> None:
    load_now = " ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"Date: {datetime.now(UTC):%Y-%m-%d}. Command: `{shlex.join(['python', *sys.argv])}`.")
    print(
        f"Machine: {os.cpu_count()} cores, {platform.machine()}, {platform.system()} {platform.release()}, "
        f"load at the start {load_now}."
    )
    few, whole = len(setting.small.train_images), len(setting.data.train_images)
    print(
        f"Data: {setting.data.facts.name}. Epochs and runs at once have {few:,} training images in batches of {BATCH}; "
        f"a submission's overhead is measured with all {whole:,}.\n"
    )
    print(
        "| what | goal | median (lowest-highest) | turns | met |\n| --- | ---: | ---: | ---: | --- |",
        flush=True,
    )


def at_once(setting: Setting) -> list[Row]:
    """Two runs beside each other with one thread each, against twice the time of one run alone."""
    single, wide = [], []
    for _ in range(min(AT_ONCE_TURNS, setting.turns)):
        two, one, both = together(setting, 2, 1), together(setting, 1, 1), together(setting, 1, 2)
        single.append(2 * one / two)
        wide.append(2 * both / two)
    what = "throughput of two runs at once, a thread each / one at a time"
    return [Row(f"{what} with 1 thread", single, 0.9, False), Row(f"{what} with 2 threads", wide, 0.9, False)]


def together(setting: Setting, runs: int, threads: int) -> float:
    """Wall seconds until the last of so many `grader run` is done."""
    words = ["run", "s4", "--repo", str(REFERENCE), "--data-dir", str(setting.folder), "--unofficial-data"]
    words += ["--threads", str(threads), "--seeds", str(SEED), "--secret", str(SECRET), "--json"]
    with tempfile.TemporaryDirectory() as out:
        begin = time.monotonic()
        command = [*GRADER, *words, "--out", out]
        started = [
            subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(runs)
        ]
        said = [process.communicate()[1] for process in started]
        spent = time.monotonic() - begin
    for process, error in zip(started, said, strict=True):
        if process.returncode not in GRADED:
            raise SystemExit(f"`grader run` ended with {process.returncode}: {error.decode()[-500:]}")
    return spent


def help_text(setting: Setting) -> list[Row]:
    found = []
    for _ in range(setting.turns):
        before = children_cpu()
        subprocess.run([*GRADER, "--help"], capture_output=True, check=True)
        found.append(children_cpu() - before)
    return [Row("`grader --help`, CPU time", found, 0.3, unit=" s")]


def children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


ROWS: dict[str, Callable[[Setting], list[Row]]] = {
    "epoch": epochs,
    "overhead": overhead,
    "at-once": at_once,
    "help": help_text,
}

if __name__ == "__main__":
    main()

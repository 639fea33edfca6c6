"""`python benchmarks/anchors.py [--epochs 1] [--seeds 3]`: one net, one recipe, three ways to train it, in one run.

The nets and recipes of the s4 and eva8_s4 references, trained (a) by the reference's own plain script, (b) in the shape
of torchvision's reference code, (c) by the fast lane. All ways start from the same weights with the same seed and are
scored in the same way; they take turns, and each begins as often as any other. Prints Markdown for results/.
MNIST, or generated digits where there is none. `--yardstick SCRIPT` adds, on a GPU, a public speed record.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import shlex
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import torch
from anchors_ways import ANCHORS, WAYS, Anchor, Setting, Trained, trained
from anchors_yardstick import Yardstick, run_yardstick
from goals import write_raw

from grader.bench.conditions import processor
from grader.bench.stats import welch
from grader.data.interface import DataSet, load
from grader.errors import DataMissing
from grader.evaluation.noise import tabulated

FIRST_SEED = 101
WARM_UP_IMAGES = 256
USAGE = 2
Found = dict[str, list[Trained]]


def main() -> int:
    options = parsed()
    device = torch.device(options.device)
    if fault := _fault(options, device):
        print(fault, file=sys.stderr)
        return USAGE
    torch.set_num_threads(options.threads)
    data = _data(options.images)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        small = _laid_out(replace_images(data, WARM_UP_IMAGES), folder / "small", options, device)
        whole = _laid_out(data, folder / "whole", options, device)
        head(options, whole)
        for name in options.nets:
            in_turn(ANCHORS[name], small, 1)  # loads what each way loads, and counts nowhere
            taken = in_turn(ANCHORS[name], whole, options.seeds)
            print("\n".join(table(name, taken, whole)), flush=True)
    if options.yardstick:
        print("\n".join(beside_a_record(options.yardstick, device)))
    return 0


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--nets", nargs="+", choices=ANCHORS, default=list(ANCHORS))
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--images", type=int, default=0, help="training images of an epoch (default: all)")
    parser.add_argument(
        "--workers", type=int, default=2, help="processes of the torchvision-style loader (default: 2)"
    )
    parser.add_argument("--threads", type=int, default=1, help="of torch (default: 1)")
    parser.add_argument("--device", default="cpu", help="cpu, cuda")
    parser.add_argument(
        "--yardstick", type=Path, help="a public speed-record script that you fetched and read"
    )
    return parser.parse_args()


def _fault(options: argparse.Namespace, device: torch.device) -> str:
    if min(options.epochs, options.seeds, options.threads) < 1 or min(options.workers, options.images) < 0:
        return "--epochs, --seeds and --threads are 1 or more, --workers and --images 0 or more."
    if device.type == "cuda" and not torch.cuda.is_available():
        return "There is no GPU here. Leave --device out."
    if options.yardstick and (device.type != "cuda" or not options.yardstick.is_file()):
        return "--yardstick SCRIPT wants a file, and --device cuda: a speed record is one of a GPU."
    return ""


def _data(images: int) -> DataSet:
    try:
        data = load("mnist", data_dir=None, download=False)
    except DataMissing:
        data = load("mnist", data_dir=None, stand_in=True)
    return replace_images(data, images) if images else data


def replace_images(data: DataSet, count: int) -> DataSet:
    """The same data set with its first training images."""
    return replace(data, train_images=data.train_images[:count], train_labels=data.train_labels[:count])


def _laid_out(data: DataSet, folder: Path, options: argparse.Namespace, device: torch.device) -> Setting:
    write_raw(folder / "MNIST" / "raw", data)
    return Setting(data, folder, options.epochs, options.workers, device)


def in_turn(anchor: Anchor, setting: Setting, seeds: int) -> Found:
    """Seed by seed, all ways, another one first each time."""
    names = list(WAYS)
    found: Found = {name: [] for name in names}
    for number in range(seeds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            found[name].append(trained(WAYS[name], anchor, setting, FIRST_SEED + number))
    return found


# --- what is printed ----------------------------------------------------------------------------------------


def head(options: argparse.Namespace, setting: Setting) -> None:
    on = torch.cuda.get_device_name(setting.device) if setting.device.type == "cuda" else processor()
    load_now = " ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"Date: {datetime.now(UTC):%Y-%m-%d}. Command: `{shlex.join(['python', *_words()])}`.")
    print(
        f"Machine: {on}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, torch {torch.__version__}, "
        f"{options.threads} thread{'s' if options.threads > 1 else ''}, load at the start {load_now}."
    )
    print(
        f"Data: {setting.data.facts.name}, {len(setting.data.train_images):,} training images, "
        f"{len(setting.data.test_images):,} test images. Epochs: {setting.epochs}; seeds: {options.seeds}. "
        f"torchvision style: {setting.workers} loader processes.\n"
    )
    print(
        "Medians of a whole training without its evaluation; CPU seconds with those of loader processes. Ratios: to the "
        "plain script, by turns; below 1 is faster. Difference: of the mean accuracy, to the plain script's, in points, "
        "with its 95 % interval by Welch's test, or in standard errors by the noise table where there is one seed."
    )


def _words() -> list[str]:
    """The command without the folders of this machine."""
    shown = ["benchmarks/anchors.py", *sys.argv[1:]]
    return [Path(word).name if Path(word).is_absolute() else word for word in shown]


def table(name: str, taken: Found, setting: Setting) -> list[str]:
    plain = taken[next(iter(WAYS))]
    lines = [
        "",
        f"`{name}`, {ANCHORS[name].net}:",
        "",
        "| way | accuracy, % (sd) | difference | CPU s | ratio | wall s | ratio |",
        "| --- | ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    for way, found in taken.items():
        own = way == next(iter(WAYS))
        lines.append(
            f"| {way} | {_accuracy(found)} | {'' if own else _difference(plain, found, setting)} "
            f"| {_median([one.cpu_seconds for one in found])} | {_ratio(plain, found, 'cpu_seconds')} "
            f"| {_median([one.wall_seconds for one in found])} | {_ratio(plain, found, 'wall_seconds')} |"
        )
    return lines


def _accuracy(found: Sequence[Trained]) -> str:
    values = [100 * one.accuracy for one in found]
    return f"{statistics.fmean(values):.2f}{f' ({statistics.stdev(values):.2f})' if len(values) > 1 else ''}"


def _median(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2f}"


def _ratio(plain: Sequence[Trained], found: Sequence[Trained], clock: str) -> str:
    """The median of the ratios of each turn, with the lowest and the highest."""
    ratios = [getattr(one, clock) / getattr(base, clock) for one, base in zip(found, plain, strict=True)]
    spread = f" ({min(ratios):.2f}-{max(ratios):.2f})" if len(ratios) > 1 else ""
    return f"{statistics.median(ratios):.2f}{spread}"


def _difference(plain: Sequence[Trained], found: Sequence[Trained], setting: Setting) -> str:
    theirs, ours = ([one.accuracy for one in group] for group in (plain, found))
    if len(ours) > 1:
        seen = welch(theirs, ours)
        differs = "differs" if seen.p < 0.05 else "no evidence of a difference"
        return f"{100 * seen.mean:+.2f} [{100 * seen.low:+.2f}, {100 * seen.high:+.2f}]: {differs}"
    difference = ours[0] - theirs[0]
    sd = tabulated(setting.data.facts.name, max(*ours, *theirs), setting.data.tabulated_sd).sd
    return f"{100 * difference:+.2f} = {difference / (math.sqrt(2) * sd):+.1f} standard errors"


def beside_a_record(script: Path, device: torch.device) -> list[str]:
    """The outside yardstick: other nets, so that only the order of the figures says anything."""
    from gpu import ROWS, Bench

    Bench(ROWS["custom-resnet"], device, 8).harness()
    ours = Bench(ROWS["custom-resnet"], device, 0).harness()
    lines = [
        "",
        "| CIFAR-10 on this GPU | wall s | said |",
        "| --- | ---: | --- |",
        f"| fast lane, custom ResNet, 24 epochs, random images | {ours:.1f} | |",
    ]
    record = run_yardstick(script.resolve())
    if isinstance(record, Yardstick):
        return [*lines, f"| {script.name}, its whole process | {record.seconds:.1f} | {record.said} |"]
    return [*lines, "", f"The yardstick gave nothing: {record}"]


if __name__ == "__main__":
    sys.exit(main())

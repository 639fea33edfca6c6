"""`python benchmarks/gpu.py`: the GPU's rows of the goal table, in one command.

For each assignment, in one run: the harness's training to its last epoch; bare compute, which is the same steps on
one batch that is there already; and the student's own way, torchvision's transforms image by image behind a
DataLoader, one epoch of it, times the epochs. Then the first row by several processes at once. Prints a Markdown
table; commit it under results/. Images are random: only the time is measured.

Without a GPU it says so and ends with 2. `--device cpu --steps 2 --batch-size 8` runs every part in small.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import torch
from gpu_nets import cifar_small, custom_resnet, mnist_net, resnet18
from torch import nn

from grader.training.loop import Plan, pipeline_of, steps_of, train
from grader.training.transforms.interface import Stated
from grader.training.transforms.selfcheck import built, picture

NO_GPU = 2
AT_ONCE = (1, 4, 8, 16)
Call = dict[str, object]


def call(name: str, **arguments: object) -> Call:
    return {"name": name, "arguments": [list(pair) for pair in arguments.items()], "library": "torchvision"}


GREY = [call("ToTensor"), call("Normalize", mean="(0.1307,)", std="(0.3081,)")]
COLOUR = [call("ToTensor"), call("Normalize", mean="(0.49, 0.48, 0.45)", std="(0.25, 0.24, 0.26)")]
CROP = [call("RandomCrop", size=32, padding=4), call("RandomHorizontalFlip"), *COLOUR]


@dataclass(frozen=True)
class Row:
    """One assignment: its net, its images, and how long it trains."""

    name: str
    net: Callable[[], nn.Module]
    images: int
    shape: tuple[int, int, int]
    epochs: int
    batch_size: int
    transforms: list[Call]


ROWS = {
    "mnist-1": Row("MNIST, 1 epoch", mnist_net, 60_000, (1, 28, 28), 1, 128, GREY),
    "mnist-15": Row(
        "MNIST, 15 epochs, rotation",
        *(mnist_net, 60_000, (1, 28, 28), 15, 128),
        [call("RandomRotation", degrees=7, fill=1), *GREY],
    ),
    "cifar-small": Row(
        "CIFAR-10 under 200,000 parameters, 20 epochs",
        *(cifar_small, 50_000, (3, 32, 32), 20, 128),
        [*CROP, call("RandomErasing")],
    ),
    "resnet18": Row(
        "CIFAR-10, ResNet-18, 20 epochs", resnet18, 50_000, (3, 32, 32), 20, 128, [*CROP, call("RandomErasing")]
    ),
    "custom-resnet": Row(
        "CIFAR-10, custom ResNet, 24 epochs", custom_resnet, 50_000, (3, 32, 32), 24, 512, CROP
    ),
}  # fmt: skip


class Silent:
    def report(self, steps: int, samples: int, loss: float, rate: float, right: float) -> None:
        pass

    def epoch_ended(self, epoch: int, samples: int) -> None:
        pass


@dataclass(frozen=True)
class Bench:
    """A row on a device; `steps` for each part, or all of them where it is 0."""

    row: Row
    device: torch.device
    steps: int

    def plan(self) -> Plan:
        steps = steps_of(self.row.images, self.row.batch_size, self.row.epochs)
        cycle = {"max_lr": 0.05, "total_steps": steps}
        return Plan(
            optimizer={"name": "SGD", "arguments": {"lr": 0.01, "momentum": 0.9, "weight_decay": 5e-4}},
            loss={"name": "cross_entropy", "arguments": {}},
            batch_size=self.row.batch_size,
            epochs=self.row.epochs,
            transforms=self.row.transforms,
            seed=0,
            report_every=max(1, steps // self.row.epochs // 24),
            schedules=[{"name": "OneCycleLR", "arguments": cycle, "steps": "per batch"}],
            max_steps=self.steps,
        )

    @property
    def all_steps(self) -> int:
        whole = steps_of(self.row.images, self.row.batch_size, self.row.epochs)
        return min(whole, self.steps) if self.steps else whole

    def harness(self) -> float:
        """Seconds of the whole training, data on the device."""
        images, labels = self._data()
        images, labels = images.to(self.device), labels.to(self.device)
        model = self._model()
        return self._timed(lambda: train(model, images, labels, self.plan(), Silent()))

    def bare(self) -> float:
        """Seconds of as many steps on one batch."""
        images, labels = self._data(self.row.batch_size)
        model = self._model()
        batch = pipeline_of(self.row.transforms, images)(images).to(self.device)
        step = self._step(model)
        labels = labels.to(self.device)

        def all_steps() -> None:
            for _ in range(self.all_steps):
                step(batch, labels)

        step(batch, labels)
        return self._timed(all_steps)

    def students(self) -> float:
        """Seconds by a DataLoader, of one epoch times the epochs."""
        per_epoch = steps_of(self.row.images, self.row.batch_size, 1)
        steps = min(per_epoch, self.steps) if self.steps else per_epoch
        images, labels = self._data(steps * self.row.batch_size)
        loader = torch.utils.data.DataLoader(
            _Pictures(images, labels, self.row.transforms), self.row.batch_size, shuffle=True, num_workers=2
        )
        step = self._step(self._model())

        def epoch() -> None:
            for batch, target in loader:
                step(batch.to(self.device), target.to(self.device))

        return self._timed(epoch) * (self.all_steps / steps)

    def _data(self, count: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
        most = self.steps * self.row.batch_size or self.row.images
        count = count or max(min(self.row.images, most), self.row.batch_size)
        generator = torch.Generator().manual_seed(0)
        images = torch.randint(0, 256, (count, *self.row.shape), generator=generator, dtype=torch.uint8)
        return images, torch.randint(0, 10, (count,), generator=generator)

    def _model(self) -> nn.Module:
        torch.manual_seed(0)
        model = self.row.net().to(self.device)
        with torch.no_grad():  # the libraries load their kernels
            model.eval()(torch.zeros(2, *self.row.shape, device=self.device))
        return model.train()

    def _step(self, model: nn.Module) -> Callable[[torch.Tensor, torch.Tensor], None]:
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)

        def step(batch: torch.Tensor, labels: torch.Tensor) -> None:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(batch), labels).backward()  # type: ignore[no-untyped-call]
            optimizer.step()

        return step

    def _timed(self, action: Callable[[], object]) -> float:
        self._wait()
        begin = time.perf_counter()
        action()
        self._wait()
        return time.perf_counter() - begin

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


class _Pictures(torch.utils.data.Dataset[tuple[torch.Tensor, int]]):
    """What torchvision's data sets give, with its own transforms."""

    def __init__(self, images: torch.Tensor, labels: torch.Tensor, transforms: list[Call]) -> None:
        from torchvision.transforms import Compose

        stated = [Stated(str(one["name"]), tuple(map(tuple, one["arguments"])), "torchvision") for one in transforms]  # type: ignore[call-overload]  # fmt: skip
        self._images, self._labels = images, labels.tolist()
        self._transform = Compose([built(one) for one in stated])

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self._transform(picture(self._images[index])), self._labels[index]


def at_once(count: int, words: list[str]) -> float:
    """Seconds until as many processes, each with its own model and data, have all trained the first row."""
    command = [sys.executable, __file__, "--one", "mnist-1", *words]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    spans = []
    for process in processes:
        said, _ = process.communicate()
        if process.returncode != 0:
            raise SystemExit(f"one of {count} trainings at once ended with {process.returncode}")
        spans.append(json.loads(said))
    return float(max(span["end"] for span in spans) - min(span["begin"] for span in spans))


def main() -> int:
    parser = argparse.ArgumentParser(description="The GPU's rows of the goal table.")
    parser.add_argument("--device", default="cuda", help="cuda, cuda:N, or cpu")
    parser.add_argument("--steps", type=int, default=0, help="so many steps of each part instead of all")
    parser.add_argument("--batch-size", type=int, default=0, help="another than the row's")
    parser.add_argument("--rows", nargs="*", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("--at-once", nargs="*", type=int, default=list(AT_ONCE))
    parser.add_argument("--one", choices=list(ROWS), help=argparse.SUPPRESS)
    given = parser.parse_args()
    device = torch.device(given.device)
    if device.type == "cuda" and not torch.cuda.is_available():
        print(
            "no GPU here: `--device cpu --steps 2 --batch-size 8` runs every part in small", file=sys.stderr
        )
        return NO_GPU
    Bench(_row("mnist-1", given.batch_size), device, 1).bare()  # what a process does once is in no row
    if given.one:
        return _one(Bench(_row(given.one, given.batch_size), device, given.steps))
    _print_head(given, device)
    for name in given.rows:
        bench = Bench(_row(name, given.batch_size), device, given.steps)
        ours, bare, students = bench.harness(), bench.bare(), bench.students()
        figures = f"{ours:.2f} | {bare:.2f} | {ours / bare:.2f} | {students:.1f} | {ours / students:.3f}"
        print(f"| {bench.row.name} | {bench.all_steps:,} | {figures} |", flush=True)
    words = ["--device", given.device, "--steps", str(given.steps), "--batch-size", str(given.batch_size)]
    _print_at_once(given.at_once, words)
    return 0


def _row(name: str, batch_size: int) -> Row:
    row = ROWS[name]
    return replace(row, batch_size=batch_size) if batch_size else row


def _one(bench: Bench) -> int:
    """Where several run at once: from its first step to its last, by the clock that all processes share."""
    begin = time.time()
    seconds = bench.harness()
    end = time.time()
    print(json.dumps({"begin": max(begin, end - seconds), "end": end}))
    return 0


def _print_head(given: argparse.Namespace, device: torch.device) -> None:
    name = (
        torch.cuda.get_device_name(device) if device.type == "cuda" else f"{torch.get_num_threads()} threads"
    )
    small = f" --steps {given.steps}" if given.steps else ""
    small += f" --batch-size {given.batch_size}" if given.batch_size else ""
    print(
        f"Date: {datetime.now(UTC):%Y-%m-%d}. Command: `python benchmarks/gpu.py --device {given.device}{small}`."
    )
    print(f"Machine: {name}; {os.cpu_count()} cores, {platform.machine()}, torch {torch.__version__}.\n")
    print("| what | steps | seconds | bare compute, s | ratio | by the student's loader, s | ratio |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")


def _print_at_once(counts: list[int], words: list[str]) -> None:
    if not counts:
        return
    print("\n| MNIST, 1 epoch, at once | seconds | seconds for each | throughput of one at a time |")
    print("| ---: | ---: | ---: | ---: |")
    alone = at_once(1, words)
    for count in counts:
        seconds = alone if count == 1 else at_once(count, words)
        print(
            f"| {count} | {seconds:.2f} | {seconds / count:.2f} | {count * alone / seconds:.2f} |", flush=True
        )


if __name__ == "__main__":
    sys.exit(main())

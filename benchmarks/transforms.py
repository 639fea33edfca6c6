"""`python benchmarks/transforms.py`: batched transforms against torchvision's own, image by image.

Prints a Markdown table; commit it under results/. Both run in one process with one thread, interleaved, with the
same seed; every figure is the median over rounds. Seconds depend on the machine: quote the ratios. The last
column sets the batched transforms beside one training step of a small network on the same batch.
"""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

import torch
from torch import nn
from torchvision.transforms import Compose

from grader.training.transforms.interface import Stated, Value
from grader.training.transforms.pipeline import Pipeline
from grader.training.transforms.selfcheck import built, picture

ROUNDS = 15
BATCH = 128


def call(name: str, library: str = "torchvision", **arguments: Value) -> Stated:
    return Stated(name, tuple(arguments.items()), library)


MNIST = [call("ToTensor"), call("Normalize", mean="(0.1307,)", std="(0.3081,)")]
CIFAR = [call("ToTensor"), call("Normalize", mean="(0.49, 0.48, 0.45)", std="(0.25, 0.24, 0.26)")]
AFFINE = call("RandomAffine", degrees=0, translate="(0.12, 0.12)", scale="(0.85, 1.15)")
RECIPES = {
    "ToTensor, Normalize": (MNIST, (1, 28, 28)),
    "RandomRotation, ToTensor, Normalize": (
        [call("RandomRotation", degrees="(-7.0, 7.0)", fill="(1,)"), *MNIST],
        (1, 28, 28),
    ),
    "RandomRotation, RandomAffine, ToTensor, Normalize": (
        [call("RandomRotation", degrees=5), AFFINE, *MNIST],
        (1, 28, 28),
    ),
    "ToTensor, Normalize, RandomRotation, RandomAffine": (
        [*MNIST, call("RandomRotation", degrees=15), AFFINE],
        (1, 28, 28),
    ),
    "RandomApply([CenterCrop]), Resize, RandomRotation, ToTensor, Normalize": (
        [
            call("RandomApply", transforms="[CenterCrop(size=22)]", p=0.1),
            call("Resize", size="(28, 28)"),
            call("RandomRotation", degrees=15),
            *MNIST,
        ],
        (1, 28, 28),
    ),
    "RandomCrop, RandomHorizontalFlip, ToTensor, Normalize, RandomErasing": (
        [
            call("RandomCrop", size=32, padding=4),
            call("RandomHorizontalFlip"),
            *CIFAR,
            call("RandomErasing"),
        ],
        (3, 32, 32),
    ),
}


def main() -> None:
    torch.set_num_threads(1)
    print(f"Date: {datetime.now(UTC):%Y-%m-%d}. Command: `python benchmarks/transforms.py`.")
    print(
        f"Machine: {os.cpu_count()} cores, {platform.machine()}, {platform.system()} {platform.release()}; "
        f"one thread, batches of {BATCH}, torch {torch.__version__}.\n"
    )
    print("| transforms | batched, ms | image by image, ms | ratio | share of a training step |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, (calls, shape) in RECIPES.items():
        ours, theirs, step = measured(calls, shape)
        print(f"| {name} | {ours:.2f} | {theirs:.2f} | {ours / theirs:.3f} | {ours / step:.1%} |")


def measured(calls: list[Stated], shape: tuple[int, int, int]) -> tuple[float, float, float]:
    """Milliseconds of a batch: with the pipeline, with torchvision's Compose and stacking, of a training step."""
    images = torch.randint(0, 256, (BATCH, *shape), dtype=torch.uint8)
    pipeline, library = Pipeline.of(calls, shape), Compose([built(one) for one in calls])
    pictures = [picture(image) for image in images]
    step = training_step(pipeline(images))
    actions: list[Callable[[], object]] = [
        lambda: pipeline(images),
        lambda: torch.stack([library(one) for one in pictures]),
        step,
    ]
    times: list[list[float]] = [[], [], []]
    for _ in range(ROUNDS + 2):
        for action, found in zip(actions, times, strict=True):
            begin = time.perf_counter()
            action()
            found.append(1000 * (time.perf_counter() - begin))
    ours, theirs, training = (statistics.median(found[2:]) for found in times)
    return ours, theirs, training


def training_step(batch: torch.Tensor) -> Callable[[], object]:
    """Forward, backward and update of a network of about 20,000 parameters."""
    model = nn.Sequential(
        *(nn.Conv2d(batch.shape[1], 16, 3), nn.BatchNorm2d(16), nn.ReLU()),
        *(nn.Conv2d(16, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 3), nn.BatchNorm2d(32), nn.ReLU()),
        *(nn.Conv2d(32, 32, 3), nn.BatchNorm2d(32), nn.ReLU()),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10)),
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    labels = torch.randint(0, 10, (len(batch),))

    def step() -> None:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(batch), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return step


if __name__ == "__main__":
    main()

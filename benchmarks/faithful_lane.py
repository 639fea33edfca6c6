"""What the faithful lane costs beside the student's script alone: `python benchmarks/faithful_lane.py`, some minutes.

The same script runs by itself and in the faithful lane, in turn, with one thread and no loader processes each, on the
same generated digits. It takes the CPU time of each of its epochs itself, in both in the same way, so that neither
imports nor waiting for a core count. Prints Markdown for results/.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import numpy as np

from grader.data import standin
from grader.data.interface import DataSet
from grader.fetch.interface import fetch
from grader.isolation import conversation, faithful
from grader.isolation.faithful import Budget, Wanted
from grader.isolation.interface import Limits
from grader.isolation.supervisor import Ending, Patience, Worker
from grader.isolation.workplace import workplace
from grader.stages.workers import choose_sandbox

TURNS = 3
EPOCHS = 8
IMAGES = 3_000
SEED = 7
SCRIPT = """\
import time
import torch
import torch.nn as nn
import torch.nn.functional as F
from torchvision import datasets, transforms

torch.set_num_threads(1)
torch.manual_seed(7)


def block(inside, outside):
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, padding=1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(), nn.Dropout(0.05))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            block(1, 8), block(8, 16), nn.MaxPool2d(2), block(16, 16), block(16, 16), nn.MaxPool2d(2), block(16, 24))
        self.last = nn.Linear(24, 10)

    def forward(self, x):
        return F.log_softmax(self.last(self.layers(x).mean((2, 3))), dim=1)


fixed = [transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))]
train_set = datasets.MNIST('data', train=True, transform=transforms.Compose(TRANSFORMS + fixed))
test_set = datasets.MNIST('data', train=False, transform=transforms.Compose(fixed))
loader = torch.utils.data.DataLoader(train_set, batch_size=128, shuffle=True)
test_loader = torch.utils.data.DataLoader(test_set, batch_size=1000)
model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for epoch in range(EPOCHS):
    start = time.process_time()
    model.train()
    for data, target in loader:
        optimizer.zero_grad()
        loss = F.nll_loss(model(data), target)
        loss.backward()
        optimizer.step()
    model.eval()
    correct = 0
    with torch.no_grad():
        for data, target in test_loader:
            correct += (model(data).argmax(1) == target).sum().item()
    print('seconds', time.process_time() - start)
"""
PARAMETERS = 9_698
KINDS = {"rotation": "[transforms.RandomRotation(7, fill=0)]", "no augmentation": "[]"}


def main() -> int:
    data = standin.generate(train=IMAGES)
    print(f"Date: {datetime.now(UTC):%Y-%m-%d}. Command: `python benchmarks/faithful_lane.py`.")
    print(
        f"{TURNS} turns of {EPOCHS} epochs, one thread. CPU seconds of one epoch: {IMAGES:,} generated digits and"
    )
    print("one pass over the test split, by the script's own clock.\n")
    print("| training images | script alone | faithful lane | ratio of medians | ratio of the fastest |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, transforms in KINDS.items():
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            script = SCRIPT.replace("TRANSFORMS", transforms).replace("EPOCHS", str(EPOCHS))
            (folder / "train.py").write_text(script)
            alone, here = [], []
            for _ in range(TURNS):
                alone += _alone(folder, data)
                here += _faithful(folder, data)
        print(
            f"| {name} | {median(alone):.3f} | {median(here):.3f} | {median(here) / median(alone):.3f} "
            f"| {min(here) / min(alone):.3f} |"
        )
    return 0


def _alone(folder: Path, data: DataSet) -> list[float]:
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "train.py").write_text((folder / "train.py").read_text())
        write_raw(Path(place) / "data" / "MNIST" / "raw", data)
        done = subprocess.run(
            [sys.executable, "train.py"],
            cwd=place,
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
    return _seconds(done.stdout)


def _faithful(folder: Path, data: DataSet) -> list[float]:
    lines = SCRIPT.split("\n")
    step = 1 + next(n for n, line in enumerate(lines) if "optimizer.step()" in line)
    wanted = Wanted("train.py", (), (), f"train.py:{step}", "Net", PARAMETERS, 128, 0, 0.01)
    budget = Budget("MNIST", data.classes, len(data.train_images), epochs=EPOCHS + 1, seed=SEED, threads=1)
    with fetch(str(folder)) as fetched:
        sandbox, _ = choose_sandbox(plain_allowed=False)
        with Worker(sandbox, workplace(fetched.root), Limits(threads=1)) as worker:
            worker.wait_until_ready()
            ended = conversation.hand_over(worker, data.train_images, data.train_labels.astype(np.int64))
            if isinstance(ended, Ending):
                raise SystemExit(ended.sentence)
            run = faithful.train(worker, wanted, budget, patience=Patience(3600, cpu_seconds=900))
    if run.ending != "finished":
        raise SystemExit(f"{run.ending}: {run.sentence} {run.notes}")
    return _seconds(run.output_tail)


def _seconds(printed: str) -> list[float]:
    """Of each epoch but the first, which warms up."""
    return [float(line.split()[1]) for line in printed.splitlines() if line.startswith("seconds")][1:]


def write_raw(folder: Path, data: DataSet) -> None:
    """The training images as MNIST's files, their last sixth as the test split: what the faithful lane serves."""
    folder.mkdir(parents=True)
    held = round(len(data.train_images) / 6)
    for part, rows in (("train", slice(None)), ("t10k", slice(-held, None))):
        images, labels = data.train_images[rows], data.train_labels[rows]
        head = struct.pack(">iiii", 2051, *images.shape)
        (folder / f"{part}-images-idx3-ubyte").write_bytes(head + images.tobytes())
        head = struct.pack(">ii", 2049, len(labels))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(head + labels.astype(np.uint8).tobytes())


if __name__ == "__main__":
    sys.exit(main())

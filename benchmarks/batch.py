"""A course of generated submissions through `grader batch`: is everybody accounted for, and how long does it take?

    python benchmarks/batch.py [--rows 150] [--slots 2] [--keep FOLDER]

Submissions differ in their networks, recipes and forms, in about the shares that real ones have: the model in a script
(half), in a notebook alone (a third) or elsewhere; half with a fully connected layer, half with global average pooling;
a third with no schedule of the learning rate, a third stepwise, a quarter with one cycle;
faults of all kinds (one in seven), hostile ones (one in ten), rows without a link and with a wrong one. One is another
one's copy with other names. All are trained for one epoch on the real MNIST where it is at hand. Prints rows by
state, throughput, the most memory that all processes had together, and how far the time that was shown as left was off.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from similarity_class import own_code
from similarity_copies import renamed
from similarity_parts import IMPORTS

GOAL_RATE = 150 / 30
"""Rows a minute: 150 of one epoch on MNIST in half an hour, on two cores."""
OVER = ("graded", "missing", "unreachable", "blocked")
SEED = 20
LOOK_SECONDS = 5

NET = """import torch
import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, {a}, 3, padding=1), nn.ReLU(), nn.BatchNorm2d({a}), nn.MaxPool2d(2),
            nn.Conv2d({a}, {b}, 3, padding=1), nn.ReLU(), nn.BatchNorm2d({b}), nn.MaxPool2d(2),
            {more}nn.Dropout({p}),
        )
        self.head = nn.Linear({features}, 10)

    def forward(self, x):
        {extra}x = {pool}.flatten(1)
        return F.log_softmax(self.head(x), dim=1)
"""
POOLED = "F.adaptive_avg_pool2d(self.features(x), 1)"
TRAIN = """import torch
import torch.nn.functional as F
from torchvision import datasets, transforms
{use}

transform = transforms.Compose([{augment}transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
train_set = datasets.MNIST("data", train=True, download=True, transform=transform)
loader = torch.utils.data.DataLoader(train_set, batch_size={batch}, shuffle=True)
model = Net()
optimizer = {optimizer}
{scheduler}for epoch in range({epochs}):
    model.train()
    for images, labels in loader:
        optimizer.zero_grad()
        loss = F.nll_loss(model(images), labels)
        loss.backward()
        optimizer.step()
{per_batch}{per_epoch}"""
README = """# Digits in one epoch

A convolutional network for MNIST. Convolutions with batch norm and ReLU find strokes, two max-pooling layers make the
map smaller, and one linear layer gives the ten scores. Dropout of {p} keeps it from learning single pixels. The
convolutions have {a} and {b} channels, which keeps the number of parameters below 25,000. It is trained with a batch
size of {batch}.

## Training log

```
Epoch 1: loss 0.21, test accuracy {accuracy} %
```
"""
# How often each is found among public submissions: (times, what makes it, after each batch, after each epoch).
_STEP = "    scheduler.step()\n"
SCHEDULERS = (
    (52, "", "", ""),
    (48, "StepLR(optimizer, step_size=6, gamma=0.1)", "", _STEP),
    (
        41,
        "OneCycleLR(optimizer, max_lr={rate}, epochs={epochs}, steps_per_epoch=len(loader))",
        f"    {_STEP}",
        "",
    ),
    (10, 'ReduceLROnPlateau(optimizer, mode="min", patience=2)', "", "    scheduler.step(loss.item())\n"),
    (8, "CosineAnnealingLR(optimizer, T_max={epochs})", "", _STEP),
)
Files = dict[str, str]
Values = Mapping[str, object]


def _replaced(old: str, new: str) -> Callable[[Files], Files]:
    """A fault of the model: one piece of its source is another."""
    return lambda files: files | {"model.py": files["model.py"].replace(old, new)}


FAULTS: dict[str, Callable[[Files], Files]] = {
    "no model": lambda files: {"README.md": files["README.md"]},
    "no readme": lambda files: {name: text for name, text in files.items() if name != "README.md"},
    "syntax error": _replaced("def forward", "def forward("),
    "wrong output": _replaced("10)", "11)"),
    "does not run": _replaced("self.head(x)", "self.heads(x)"),
    "too many parameters": _replaced("self.head =", "self.wide = nn.Linear(1000, 90)\n        self.head ="),
}
_LOOKS = (
    "import os\n        self.seen = [f for _, _, files in os.walk('/') for f in files if 'label' in f] "
    "if not hasattr(self, 'seen') else self.seen\n        "
)
HOSTILE = {
    "spins": "while True:\n            pass\n        ",
    "exits": "import os; os._exit(0)\n        ",
    "eats memory": "self.held = [bytearray(1 << 30) for _ in range(64)]\n        ",
    "looks for the answers": _LOOKS,
    "forks": "import os\n        while True:\n            os.fork()\n        ",
}


@dataclass
class Watched:
    """What was seen while a batch ran."""

    peak_bytes: int = 0
    left: list[tuple[float, float]] = field(
        default_factory=list
    )  # (seconds since the start, seconds shown as left)


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory() as place:
        course = options.keep or Path(place)
        kinds = written(course, options.rows)
        print(
            f"{options.rows} rows: {', '.join(f'{count} {kind}' for kind, count in Counter(kinds.values()).items())}"
        )
        watched, begin = Watched(), time.monotonic()
        states = graded(course, options.slots, watched)
        seconds = time.monotonic() - begin
        report(kinds, states, watched, seconds)
        return 0 if len(states) == options.rows else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=150)
    parser.add_argument("--slots", type=int, default=2)
    parser.add_argument(
        "--keep", type=Path, help="An empty folder for the course and its runs, which stay there."
    )
    return parser.parse_args()


# --- the submissions --------------------------------------------------------------------------------------------------


def written(course: Path, rows: int) -> dict[str, str]:
    """Write the submissions and their roster: name of each row → what it is."""
    chance = random.Random(SEED)
    kinds: dict[str, str] = {}
    lines = ["name,repository"]
    first: Files = {}
    for number in range(rows):
        name = f"student{number:04d}"
        kind, files = _submission(chance, number)
        if kind == "model in a script" and not first:
            first = files
        elif first and number == rows - 1:
            kind, files = "copy with other names", _copied(first, chance)
        kinds[name] = kind
        link = "" if kind == "nothing handed in" else "https://github.com/" if kind == "wrong link" else name
        lines.append(f"{name},{link}")
        for file, text in files.items():
            (course / name).mkdir(parents=True, exist_ok=True)
            (course / name / file).write_text(text, "utf-8")
    (course / "roster.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return kinds


def _submission(chance: random.Random, number: int) -> tuple[str, Files]:
    drawn = chance.random()
    if drawn < 0.02:
        return "nothing handed in", {}
    if drawn < 0.03:
        return "wrong link", {}
    values = _network(chance) | {
        "p": chance.choice((0.05, 0.1)),
        "batch": chance.choice((64, 128, 128, 256)),
        "epochs": chance.choice((1, 1, 1, 5, 10, 20)),
        "accuracy": f"{97 + chance.random():.2f}",
        "augment": chance.choice(("", "", "transforms.RandomRotation(7), ")),
        "optimizer": chance.choice(
            (
                "torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)",
                "torch.optim.Adam(model.parameters(), lr=0.003)",
                "torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)",
            )
        ),
        "extra": f"# network {number}\n        ",
        "use": "from model import Net",
        "own": own_code(chance),
    }
    values |= _schedule(chance, values["epochs"], "Adam" in str(values["optimizer"]))
    if drawn < 0.13:
        kind = chance.choice(sorted(HOSTILE))
        values["extra"] = HOSTILE[kind]
        return f"hostile: {kind}", _files(values)
    if drawn < 0.27:
        kind = chance.choice(sorted(FAULTS))
        return f"fault: {kind}", FAULTS[kind](_files(values))
    if drawn < 0.6:
        return "model in a notebook", _notebook(values)
    return "model in a script", _files(values)


def _schedule(chance: random.Random, epochs: object, is_adam: bool) -> dict[str, str]:
    drawn = chance.choices(SCHEDULERS, [often for often, *_ in SCHEDULERS])[0]
    _, made, per_batch, per_epoch = drawn
    line = (
        f"scheduler = torch.optim.lr_scheduler.{made.format(epochs=epochs, rate=0.01 if is_adam else 0.1)}\n"
        if made
        else ""
    )
    return {"scheduler": line, "per_batch": per_batch, "per_epoch": per_epoch}


def _network(chance: random.Random) -> dict[str, object]:
    """Channels, and how it ends: in a fully connected layer, or in global average pooling."""
    a, b = chance.choice((8, 10, 12, 16)), chance.choice((16, 20, 24, 28))
    if chance.random() < 0.5:
        return {"a": a, "b": b, "more": "", "features": b * 49, "pool": "self.features(x)"}
    more = f"nn.Conv2d({b}, {b}, 3), nn.ReLU(), nn.BatchNorm2d({b}), "
    return {"a": a, "b": b, "more": more, "features": b, "pool": POOLED}


def _copied(files: Files, chance: random.Random) -> Files:
    """A copy with other names, comments and numbers."""
    names = {"Net": "DigitModel", "features": "body", "head": "classifier", "train_set": "digits"}
    made = {"analysis.py": renamed(files["analysis.py"], chance)}
    for name in ("model.py", "train.py"):
        text = files[name]
        for old, new in names.items():
            text = re.sub(rf"\b{old}\b", new, text)
        made[name] = f"# my own work\n{text}"
    return made | {"README.md": files["README.md"].replace("A convolutional network", "My network")}


def _files(values: Values) -> Files:
    return {
        "model.py": NET.format(**values),
        "train.py": TRAIN.format(**values),
        "analysis.py": f"{IMPORTS}{values['own']}",
        "README.md": README.format(**values),
    }


def _notebook(values: Values) -> Files:
    cells = [NET.format(**values), str(values["own"]).strip(), TRAIN.format(**{**values, "use": ""})]
    book = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {},
        "cells": [
            {
                "cell_type": "code",
                "source": text,
                "outputs": [],
                "execution_count": None,
                "metadata": {},
                "id": f"c{n}",
            }
            for n, text in enumerate(cells)
        ],
    }
    return {"train.ipynb": json.dumps(book), "README.md": README.format(**values)}


# --- the batch --------------------------------------------------------------------------------------------------------


def graded(course: Path, slots: int, watched: Watched) -> dict[str, dict[str, object]]:
    """Run the batch: the last that was said of each row."""
    words = ["batch", "s4", "--roster", str(course / "roster.csv"), "--out", str(course / "reports")]
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", *words, "--slots", str(slots), "--json"],
        stdout=subprocess.PIPE,
        text=True,
    )
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, watched, over))
    watcher.start()
    states: dict[str, dict[str, object]] = {}
    begin = time.monotonic()
    assert process.stdout is not None
    for line in process.stdout:
        told = json.loads(line)
        states[told["name"]] = told
        if told["seconds_left"] is not None:
            watched.left.append((time.monotonic() - begin, told["seconds_left"]))
    process.wait()
    over.set()
    watcher.join()
    return states


def _watch(pid: int, watched: Watched, over: threading.Event) -> None:
    """The most memory that the batch and everything below it had at once, shared pages counted once."""
    while not over.wait(LOOK_SECONDS):
        total = 0
        try:
            parent = psutil.Process(pid)
            for one in (parent, *parent.children(recursive=True)):
                total += one.memory_full_info().pss
        except psutil.Error:
            continue
        watched.peak_bytes = max(watched.peak_bytes, total)


def report(
    kinds: dict[str, str], states: dict[str, dict[str, object]], watched: Watched, seconds: float
) -> None:
    print("\n| what it is | rows | came to |\n| --- | ---: | --- |")
    for kind in sorted(set(kinds.values())):
        names = [name for name, one in kinds.items() if one == kind]
        came = Counter(_ending(states.get(name)) for name in names)
        print(
            f"| {kind} | {len(names)} | {', '.join(f'{count} {ending}' for ending, count in came.items())} |"
        )
    unsaid = set(kinds) - set(states)
    print(f"\nAccounted for: {len(states)} of {len(kinds)}{f', not: {sorted(unsaid)}' if unsaid else ''}.")
    settled = sum(told["state"] in OVER for told in states.values())
    rate = 60 * settled / seconds
    verdict = "met" if rate >= GOAL_RATE else "missed"
    if settled < len(kinds):
        verdict = f"not known: {len(kinds) - settled} rows are left"
    print(f"Time: {seconds / 60:.1f} min; {rate:.1f} rows a minute, goal {GOAL_RATE:g}: {verdict}.")
    print(f"Most memory at once: {watched.peak_bytes / 2**30:.1f} GiB.")
    for share in (0.1, 0.25, 0.5, 0.75):
        near = [left + at - seconds for at, left in watched.left if abs(at / seconds - share) < 0.05]
        if near:
            print(
                f"Time left as shown at {100 * share:.0f} %: off by {statistics.fmean(near) / 60:+.1f} min."
            )


def _ending(told: dict[str, object] | None) -> str:
    if told is None:
        return "nothing was said"
    return str(told["state"]) + (f" ({told['status']})" if told["status"] else "")


if __name__ == "__main__":
    sys.exit(main())

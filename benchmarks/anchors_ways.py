"""One net, one recipe, three ways to train it: a plain script, torchvision-style reference code, and the fast lane.

Nets and recipes are those of the reference models, whose `train.py` is the plain script itself.
"""

from __future__ import annotations

import importlib
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from anchors_torchvision import make_loader, train_one_epoch
from torch import nn

from grader.data.interface import DataSet
from grader.isolation.training import named
from grader.records import Call
from grader.training.loop import Plan, train

REFERENCES = Path(__file__).parents[1] / "reference_models"
REPORTS = 24  # of an epoch, as a trial asks for


@dataclass(frozen=True)
class Anchor:
    """A reference model and its recipe: SGD with momentum and a one-cycle schedule, by batches."""

    spec: str
    net: str
    batch_size: int
    max_lr: float
    nesterov: bool
    moved: dict[str, Any]  # arguments of RandomAffine; empty for none

    def module(self, name: str) -> ModuleType:
        """A module of the reference model, which is the project's own work and may run here. Two references have
        modules of one name, so none stays known by it."""
        folder = str(REFERENCES / self.spec)
        mine = ("model", "train")
        kept = {one: sys.modules.pop(one) for one in mine if one in sys.modules}
        sys.path.insert(0, folder)
        try:
            return importlib.import_module(name)
        finally:
            sys.path.remove(folder)
            for one in mine:
                sys.modules.pop(one, None)
            sys.modules.update(kept)

    def built(self, seed: int, device: torch.device) -> nn.Module:
        torch.manual_seed(seed)
        made: nn.Module = getattr(self.module("model"), self.net)()
        return made.to(device)

    def optimizer(self, model: nn.Module, steps: int) -> tuple[torch.optim.Optimizer, Any]:
        made = torch.optim.SGD(model.parameters(), lr=self.max_lr, momentum=0.9, nesterov=self.nesterov)
        return made, torch.optim.lr_scheduler.OneCycleLR(made, max_lr=self.max_lr, total_steps=steps)


ANCHORS = {
    "s4": Anchor("s4", "DigitNet", 128, 0.05, nesterov=False, moved={}),
    "eva8_s4": Anchor(
        "eva8_s4",
        "SmallNet",
        64,
        0.1,
        nesterov=True,
        moved={"degrees": 8, "translate": (0.08, 0.08), "scale": (0.92, 1.08)},
    ),
}


@dataclass(frozen=True)
class Setting:
    """What every training has in common. `folder` holds the images of `data` in torchvision's layout."""

    data: DataSet
    folder: Path
    epochs: int
    workers: int  # of the torchvision-style loader
    device: torch.device


@dataclass(frozen=True)
class Trained:
    """Of one training: seconds without the evaluation, CPU seconds with those of loader processes."""

    accuracy: float
    wall_seconds: float
    cpu_seconds: float


Way = Callable[[Anchor, Setting, int, nn.Module], None]


def plain(anchor: Anchor, setting: Setting, seed: int, model: nn.Module) -> None:
    """The reference's own script: its loaders, in its own process, and its loop."""
    del seed
    script = anchor.module("train")
    loader, _ = script.make_loaders(str(setting.folder), download=False)
    optimizer, schedule = anchor.optimizer(model, setting.epochs * len(loader))
    for _ in range(setting.epochs):
        script.train_epoch(model, loader, optimizer, schedule, setting.device)


def reference_style(anchor: Anchor, setting: Setting, seed: int, model: nn.Module) -> None:
    """Loader processes, transforms v2, and a loop that logs."""
    del seed
    pin = setting.device.type == "cuda"
    loader = make_loader(str(setting.folder), anchor.moved, anchor.batch_size, setting.workers, pin=pin)
    optimizer, schedule = anchor.optimizer(model, setting.epochs * len(loader))
    for epoch in range(setting.epochs):
        train_one_epoch(model, nn.CrossEntropyLoss(), optimizer, schedule, loader, setting.device, epoch)


def fast_lane(anchor: Anchor, setting: Setting, seed: int, model: nn.Module) -> None:
    """The grader's own loop, with what it checks before its first step."""
    data = setting.data
    images = torch.from_numpy(np.array(data.train_images)).to(setting.device)
    labels = torch.from_numpy(data.train_labels.astype(np.int64)).to(setting.device)
    steps = -(-len(images) // anchor.batch_size)
    train(model, images, labels, _plan(anchor, setting.epochs, steps, seed), _Silent())


WAYS: dict[str, Way] = {
    "plain script": plain,
    "torchvision style": reference_style,
    "fast lane": fast_lane,
}


def trained(way: Way, anchor: Anchor, setting: Setting, seed: int) -> Trained:
    """Train from the same initial weights as every other way does with this seed, and score it."""
    model = anchor.built(seed, setting.device)
    torch.manual_seed(seed)
    begin, cpu = _now(setting.device), _cpu_seconds()
    way(anchor, setting, seed, model)
    wall, spent = _now(setting.device) - begin, _cpu_seconds() - cpu
    return Trained(scored(model, setting), wall, spent)


@torch.no_grad()
def scored(model: nn.Module, setting: Setting) -> float:
    """Share of the test images that are classified rightly."""
    model.eval()
    data, right = setting.data, 0
    for start in range(0, len(data.test_images), 1000):
        pixels = np.asarray(data.test_images[start : start + 1000], dtype=np.float32)[:, None] / 255
        images = torch.from_numpy((pixels - data.mean) / data.std).to(setting.device, torch.float32)
        answers = model(images).argmax(1).cpu().numpy()
        right += int((answers == data.test_labels[start : start + 1000]).sum())
    return right / len(data.test_images)


# --- the fast lane's plan -----------------------------------------------------------------------------------


def _plan(anchor: Anchor, epochs: int, steps: int, seed: int) -> Plan:
    momentum = {"lr": anchor.max_lr, "momentum": 0.9, "nesterov": anchor.nesterov}
    cycle = {"max_lr": anchor.max_lr, "total_steps": epochs * steps}
    return Plan(
        optimizer={"name": "SGD", "arguments": momentum},
        loss={"name": "cross_entropy", "arguments": {}},
        batch_size=anchor.batch_size,
        epochs=epochs,
        transforms=[named(call) for call in _calls(anchor.moved)],
        seed=seed,
        report_every=max(1, steps // REPORTS),
        schedules=[{"name": "OneCycleLR", "arguments": cycle, "steps": "per batch"}],
    )


def _calls(moved: dict[str, Any]) -> Sequence[Call]:
    """As they are captured of a student's script."""
    given = tuple((name, str(value) if isinstance(value, tuple) else value) for name, value in moved.items())
    first = (Call("RandomAffine", given, library="torchvision"),) if moved else ()
    normalise = Call("Normalize", (("mean", "(0.1307,)"), ("std", "(0.3081,)")), library="torchvision")
    return (*first, Call("ToTensor", (), library="torchvision"), normalise)


class _Silent:
    """Nobody listens; the loss is computed for a report all the same."""

    def report(self, steps: int, samples: int, loss: float, rate: float, right: float) -> None:
        del steps, samples, loss, rate, right

    def epoch_ended(self, epoch: int, samples: int) -> None:
        del epoch, samples


# --- clocks -------------------------------------------------------------------------------------------------


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def _cpu_seconds() -> float:
    """Of this process and of the loader processes that it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = os.times()
    return own.user + own.system + children.ru_utime + children.ru_stime

"""Goals: an epoch of the fast lane beside a student's loop, the bare steps, and the floor of its arithmetic.

CPU seconds of one thread, all in one process, in turn. The student's loop is the `train_epoch` of the reference.
"""

from __future__ import annotations

import importlib
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from goals_rows import BATCH, REFERENCE, SEED, Row, Setting
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader
from torch.utils.flop_counter import FlopCounterMode
from torchvision import datasets
from torchvision.transforms import Compose

from grader.isolation.training import named
from grader.records import Call
from grader.training.loop import Plan, train
from grader.training.memory import channels_last
from grader.training.transforms.interface import stated
from grader.training.transforms.pipeline import Pipeline
from grader.training.transforms.selfcheck import built

MAX_LR, MOMENTUM = 0.05, 0.9
MATRIX, PRODUCTS = 1024, 10
REPORTS = 24  # of an epoch, as a trial asks for


def transform(name: str, **arguments: str) -> Call:
    return Call(name, tuple(arguments.items()), library="torchvision")


PLAIN = (transform("ToTensor"), transform("Normalize", mean="(0.1307,)", std="(0.3081,)"))
ROTATED = (transform("RandomRotation", degrees="(-7.0, 7.0)", fill="(1,)"), *PLAIN)
RECIPES = {"ToTensor, Normalize": PLAIN, "RandomRotation, ToTensor, Normalize": ROTATED}


@dataclass(frozen=True)
class Epoch:
    """One epoch's images, uint8 (N, 28, 28), with their class ids, int64."""

    images: torch.Tensor
    labels: torch.Tensor

    @property
    def steps(self) -> int:
        return -(-len(self.images) // BATCH)


def epochs(setting: Setting) -> list[Row]:
    """Rows for both recipes; there is no goal for bare compute with rotation, whose batches it has for nothing."""
    torch.set_num_threads(1)
    seconds = _taken_in_turn(_actions(setting), setting.turns)
    setting.details += _table(seconds)
    rows = []
    bare = seconds["bare compute"]
    for name, goal in zip(RECIPES, (1.05, 0.0), strict=True):
        fast, student = seconds[f"fast lane: {name}"], seconds[f"student: {name}"]
        rows.append(_ratio(f"fast lane / student's loop: {name}", fast, student, 0.6))
        rows.append(_ratio(f"fast lane / bare compute: {name}", fast, bare, goal))
        rows.append(_ratio(f"bare compute / student's loop: {name}", bare, student))
    name = next(iter(RECIPES))
    floor = seconds["matmul floor"]
    return [*rows, _ratio(f"fast lane / matmul floor: {name}", seconds[f"fast lane: {name}"], floor, 1.4)]


def _taken_in_turn(actions: dict[str, Callable[[], float]], turns: int) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    for turn in range(turns + 1):
        for name, action in actions.items():
            spent = action()
            if turn:  # the first one warms up
                seconds[name].append(spent)
    return seconds


def _ratio(what: str, ours: list[float], theirs: list[float], goal: float = 0.0) -> Row:
    return Row(what, [one / other for one, other in zip(ours, theirs, strict=True)], goal)


def _actions(setting: Setting) -> dict[str, Callable[[], float]]:
    """What a turn runs, in its order; each gives CPU seconds."""
    small = setting.small
    labels = torch.from_numpy(small.train_labels.astype("int64"))
    epoch = Epoch(torch.from_numpy(small.train_images.copy()), labels)
    flops = epoch.steps * _flops_of_a_step(epoch)
    actions: dict[str, Callable[[], float]] = {
        "matmul floor": lambda: flops / _matmul_rate(),
        "bare compute": partial(_bare, epoch),
    }
    for name, calls in RECIPES.items():
        library = Compose([built(stated(call)) for call in calls])
        data_set = datasets.MNIST(str(setting.folder), train=True, transform=library)
        loader = DataLoader(data_set, batch_size=BATCH, shuffle=True)
        actions[f"student: {name}"] = partial(_student, loader)
        actions[f"fast lane: {name}"] = partial(_fast, epoch, calls)
    return actions


# --- one epoch each ---------------------------------------------------------------------------------------------


def _net() -> torch.nn.Module:
    torch.manual_seed(SEED)
    model: torch.nn.Module = _reference("model").DigitNet()
    return model.train()


def _reference(module: str) -> Any:
    """A module of the reference model, which is the project's own work and may run here."""
    if str(REFERENCE) not in sys.path:
        sys.path.insert(0, str(REFERENCE))
    return importlib.import_module(module)


def _recipe(model: torch.nn.Module, steps: int) -> tuple[Any, Any]:
    optimizer = torch.optim.SGD(model.parameters(), lr=MAX_LR, momentum=MOMENTUM)
    return optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=MAX_LR, total_steps=steps)


def _student(loader: Any) -> float:
    """Batches are made image by image, no loader processes; each step waits for its loss."""
    model = _net()
    optimizer, schedule = _recipe(model, len(loader))
    begin = time.process_time()
    _reference("train").train_epoch(model, loader, optimizer, schedule, "cpu")
    return time.process_time() - begin


def _bare(epoch: Epoch) -> float:
    """The steps alone: their batches were made before, and lie in memory as the fast lane has them."""
    model = _net()
    channels_last(model)
    batches = _batches(epoch)
    optimizer, schedule = _recipe(model, len(batches))
    begin = time.process_time()
    for batch, labels in batches:
        loss = cross_entropy(model(batch), labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    return time.process_time() - begin


def _batches(epoch: Epoch) -> list[tuple[torch.Tensor, torch.Tensor]]:
    pipeline = Pipeline.of(PLAIN, (1, 28, 28))
    found = []
    for rows in torch.split(torch.randperm(len(epoch.images)), BATCH):
        batch = pipeline(epoch.images[rows].unsqueeze(1))
        found.append((batch.contiguous(memory_format=torch.channels_last), epoch.labels[rows]))
    return found


class _Silent:
    """Nobody listens; the loss is computed for a report all the same."""

    def report(self, steps: int, samples: int, loss: float, rate: float, right: float) -> None:
        del steps, samples, loss, rate, right

    def epoch_ended(self, epoch: int, samples: int) -> None:
        del epoch, samples


def _fast(epoch: Epoch, calls: tuple[Call, ...]) -> float:
    """A whole one-epoch training by the grader's loop, with what it checks before the first step."""
    arguments = {"max_lr": MAX_LR, "total_steps": epoch.steps}
    plan = Plan(
        optimizer={"name": "SGD", "arguments": {"lr": MAX_LR, "momentum": MOMENTUM}},
        loss={"name": "cross_entropy", "arguments": {}},
        batch_size=BATCH,
        epochs=1,
        transforms=[named(call) for call in calls],
        seed=SEED,
        report_every=max(1, epoch.steps // REPORTS),
        schedules=[{"name": "OneCycleLR", "arguments": arguments, "steps": "per batch"}],
    )
    model = _net()
    begin = time.process_time()
    train(model, epoch.images, epoch.labels, plan, _Silent())
    return time.process_time() - begin


# --- the floor --------------------------------------------------------------------------------------------------


def _flops_of_a_step(epoch: Epoch) -> int:
    """Of convolutions and products, forward and backward on one batch; multiplications and additions counted apart."""
    counter = FlopCounterMode(display=False)
    with counter:
        loss = cross_entropy(_net()(torch.zeros(BATCH, 1, 28, 28)), epoch.labels[:BATCH])
        loss.backward()  # type: ignore[no-untyped-call]
    return int(counter.get_total_flops())


def _matmul_rate() -> float:
    """Floating-point operations per second of the fastest of several products of two square matrices."""
    one, other = torch.rand(MATRIX, MATRIX), torch.rand(MATRIX, MATRIX)
    spent = []
    for _ in range(PRODUCTS):
        begin = time.process_time()
        torch.mm(one, other)
        spent.append(time.process_time() - begin)
    return float(2 * MATRIX**3 / min(spent))


def _table(seconds: dict[str, list[float]]) -> list[str]:
    lines = ["", "| one epoch | CPU seconds |", "| --- | ---: |"]
    for name, found in seconds.items():
        lines.append(f"| {name} | {statistics.median(found):.3f} ({min(found):.3f}-{max(found):.3f}) |")
    return lines

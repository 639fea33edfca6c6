"""The reference step: a fixed small training step that tells how fast a machine is.

A spec's time limit is meant for a device that it names. This step takes so long there and so long here; the ratio
scales the limit (`grader.evaluation.clock`). Net, batch, precision and optimizer never change: a new one would
need a new table. It runs in a worker that holds no student code.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
from torch import nn

BATCH = 128
WARM_UP_STEPS = 5
STEPS = 20
_WIDTHS = (16, 32, 32)


def net(input_shape: tuple[int, ...], classes: int) -> nn.Module:
    """Three 3x3 convolutions with batch norm, the second and third on half the side; for tables, a linear one.

    Args:
        input_shape: of one input: (channels, height, width), or (features,).
    """
    if len(input_shape) == 1:
        return nn.Sequential(nn.Linear(input_shape[0], 256), nn.ReLU(), nn.Linear(256, classes))
    layers: list[nn.Module] = []
    before = input_shape[0]
    for index, width in enumerate(_WIDTHS):
        stride = 2 if index else 1
        layers += [nn.Conv2d(before, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        before = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, classes))


def step_times(
    input_shape: tuple[int, ...],
    classes: int,
    *,
    device: str = "cpu",
    steps: int = STEPS,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[float, ...]:
    """Seconds of each step by the given clock, after steps that warm the device up.

    The random state of the process is left as it was. On an accelerator each step is waited for.

    Args:
        clock: `time.process_time` over the number of threads gives counted CPU time, which a busy host does not change.
    """
    devices = [torch.device(device)] if device != "cpu" else []
    with torch.random.fork_rng(devices=devices), torch.enable_grad():
        step = _prepared(input_shape, classes, torch.device(device))
        for _ in range(WARM_UP_STEPS):
            step()
        return tuple(_timed(step, clock) for _ in range(steps))


def counted_step_seconds(input_shape: tuple[int, ...], classes: int, *, steps: int = STEPS) -> float:
    """The median step on the CPU, in CPU time per thread that torch may use: how a time limit is counted."""
    threads = torch.get_num_threads()

    def clock() -> float:
        return time.process_time() / threads

    return statistics.median(step_times(input_shape, classes, steps=steps, clock=clock))


def _prepared(input_shape: tuple[int, ...], classes: int, device: torch.device) -> Callable[[], None]:
    """A training step that ends when its work is done."""
    torch.manual_seed(0)
    model = net(input_shape, classes).to(device).train()
    images = torch.rand((BATCH, *input_shape), device=device)
    labels = torch.randint(classes, (BATCH,), device=device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        loss.item()  # waits for an accelerator
        if device.type != "cpu":
            torch.accelerator.synchronize(device)

    return step


def _timed(step: Callable[[], None], clock: Callable[[], float]) -> float:
    begin = clock()
    step()
    return clock() - begin

"""Forward passes for measuring: on random images, and in train mode on something that may be thrown away."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from grader.inspection.accounting import entries, modules

SMALL_BATCH, PROBE_BATCH = 2, 4


def images(input_shape: tuple[int, ...], batch: int = PROBE_BATCH) -> torch.Tensor:
    """Random images, float32, shape (batch, *input_shape); always the same ones."""
    return torch.rand(batch, *input_shape, generator=torch.Generator().manual_seed(0))


def outputs_of(result: Any) -> list[torch.Tensor]:
    """Every tensor in what a forward pass gave: alone, or in lists, tuples and dictionaries."""
    if isinstance(result, torch.Tensor):
        return [result]
    if isinstance(result, dict):
        return [tensor for item in result.values() for tensor in outputs_of(item)]
    if isinstance(result, list | tuple):
        return [tensor for item in result for tensor in outputs_of(item)]
    return []


@contextmanager
def in_train_mode(model: torch.nn.Module) -> Iterator[torch.nn.Module]:
    """The model in train mode, to do with it what one likes: a copy, or itself with its state put back afterwards."""
    try:
        twin = copy.deepcopy(model)
    except Exception:
        twin = model
    if twin is not model:
        yield twin.train()
        return
    with torch.no_grad():
        before = [(entry.tensor, entry.tensor.detach().clone()) for entry in entries(model)]
    modes = [(module, module.training) for _, module in modules(model)]
    try:
        yield model.train()
    finally:
        with torch.no_grad():
            for tensor, value in before:
                tensor.copy_(value)
        for module, mode in modes:
            module.training = mode

"""Forward passes for measuring: on random images, and in train mode on something that may be thrown away."""

from __future__ import annotations

import contextlib
import copy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from grader.inspection.accounting import entries, modules
from grader.inspection.digits import FORMS

SMALL_BATCH, PROBE_BATCH = 2, 4
MAX_MORE = 3
_MISSING = re.compile(r"forward\(\) missing (\d+) required positional argument")


def images(input_shape: tuple[int, ...], batch: int = PROBE_BATCH) -> torch.Tensor:
    """Random images, float32, shape (batch, *input_shape); always the same ones."""
    return torch.rand(batch, *input_shape, generator=torch.Generator().manual_seed(0))


def inputs_for(model: torch.nn.Module, input_shape: tuple[int, ...]) -> tuple[torch.Tensor, ...]:
    """What the model's forward takes: images, batch 4, and where it asks for more, a digit in some usual form.

    One forward pass runs in eval mode, so that lazy parameters exist.

    Raises:
        Exception: whatever the student's forward raises on images alone.
    """
    pictures = images(input_shape)
    try:
        _try(model, (pictures,))
    except TypeError as error:
        asked = _MISSING.search(str(error))
        if not asked or int(asked[1]) > MAX_MORE:
            raise
        for digits in digits_in_forms().values():
            inputs = (pictures, *[digits] * int(asked[1]))
            with contextlib.suppress(Exception):
                _try(model, inputs)
                return inputs
        raise
    return (pictures,)


def _try(model: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        model.eval()(*inputs)


def digits_in_forms(values: int = 10) -> dict[str, torch.Tensor]:
    """Digits below `values` as students feed them, batch 4: the form's name → the tensor."""
    digits = torch.arange(PROBE_BATCH) * max(1, (values - 1) // (PROBE_BATCH - 1))
    return {name: form(digits, values) for name, form in FORMS.items()}


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

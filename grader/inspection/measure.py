"""Measure one built model: counts, layers, operator kinds, output, and the kind of its head."""

from __future__ import annotations

import copy
from typing import Any

import torch

from grader.inspection.accounting import count, modules, own_parameters
from grader.inspection.operators import record_kinds

PROBE_BATCH = 4
_TABLE_COLUMNS = ("input_size", "output_size", "num_params", "mult_adds")


class BadOutput(Exception):
    """The forward pass gave something that no classifier gives; the message is a sentence for the student."""


def forward_once(model: torch.nn.Module, input_shape: tuple[int, ...]) -> torch.Tensor:
    """One forward pass in eval mode on random images, which also creates lazy parameters.

    Returns:
        The output, float32, shape (4, ...).

    Raises:
        BadOutput: it is not a tensor of numbers.
    """
    model.eval()
    images = torch.rand(PROBE_BATCH, *input_shape, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        output = model(images)
    if not isinstance(output, torch.Tensor):
        raise BadOutput(f"The model returns a {type(output).__name__} instead of one tensor of class scores.")
    return output.detach().float()


def head_of(output: torch.Tensor) -> str:
    """`probabilities`, `log_softmax` or `logits`, from the values.

    Args:
        output: float32, shape (batch, classes), finite.
    """
    ones = torch.ones(output.shape[0])
    if bool((output >= 0).all()) and torch.allclose(output.sum(1), ones, atol=1e-3):
        return "probabilities"
    if bool((output <= 1e-6).all()) and torch.allclose(output.exp().sum(1), ones, atol=1e-3):
        return "log_softmax"
    return "logits"


def measure(model: torch.nn.Module, input_shape: tuple[int, ...], *, with_table: bool) -> dict[str, Any]:
    """Everything that is measured of a model, as plain values for one answer.

    The model is left as it was, except for lazy parameters that now exist. `finite` says whether the
    output on random images holds neither NaN nor infinity.
    """
    output = forward_once(model, input_shape)
    finite = bool(torch.isfinite(output).all())
    counts = count(model)
    facts: dict[str, Any] = {
        "parameters": counts.parameters,
        "trainable": counts.trainable,
        "buffer_elements": counts.buffer_elements,
        "output_shape": list(output.shape[1:]),
        "finite": finite,
        "head": head_of(output) if finite and output.dim() == 2 else "logits",
    }
    if with_table:
        facts["layers"] = _layers(model, input_shape)
        facts["kinds"] = list(_kinds(model, input_shape))
        facts["table"] = _table(model, input_shape)
    return facts


def _layers(model: torch.nn.Module, input_shape: tuple[int, ...]) -> list[list[Any]]:
    """Name, class, output shape (without the batch; [] where never called) and own parameters of each module."""
    shapes: dict[str, list[int]] = {}

    def note(path: str) -> Any:
        def hook(_module: object, _inputs: object, output: object) -> None:
            if isinstance(output, torch.Tensor):
                shapes[path] = list(output.shape[1:])

        return hook

    listed = list(modules(model))
    handles = [module.register_forward_hook(note(path)) for path, module in listed]
    try:
        forward_once(model, input_shape)
    finally:
        for handle in handles:
            handle.remove()
    return [
        [path, type(module).__name__, shapes.get(path, []), own_parameters(module)] for path, module in listed
    ]


def _kinds(model: torch.nn.Module, input_shape: tuple[int, ...]) -> tuple[str, ...]:
    """Operator kinds in train mode, where dropout is active. On a copy: batch statistics must not move."""
    twin = copy.deepcopy(model).train()
    images = torch.rand(PROBE_BATCH, *input_shape, generator=torch.Generator().manual_seed(0))
    return record_kinds(lambda: twin(images))


def _table(model: torch.nn.Module, input_shape: tuple[int, ...]) -> str:
    """torchinfo's table, for reading only: our own counts are the ones that count."""
    try:
        import torchinfo

        model.eval()
        summary = torchinfo.summary(
            model, (1, *input_shape), depth=6, col_names=_TABLE_COLUMNS, verbose=0, device="cpu"
        )
        return str(summary)
    except Exception as error:
        return f"torchinfo could not draw its table ({type(error).__name__}: {error})."

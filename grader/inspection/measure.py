"""Measure one built model: counts, layers, operator kinds, output, and the kind of its head."""

from __future__ import annotations

from typing import Any

import torch

from grader.inspection.accounting import count, modules, own_parameters
from grader.inspection.kinds import layer_kinds
from grader.inspection.passes import PROBE_BATCH, images, in_train_mode
from grader.inspection.rows import Row
from grader.inspection.structure import CannotRecord, structure

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
    with torch.no_grad():
        output = model(images(input_shape, PROBE_BATCH))
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
        facts |= _structure(model, input_shape)
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


def _structure(model: torch.nn.Module, input_shape: tuple[int, ...]) -> dict[str, Any]:
    """The recorded structure and the kinds of layers in it; `structure_error` where only the recording failed.

    What the student's code raises in train mode is raised here too.
    """
    error, rows = "", list[Row]()
    try:
        found, rows = structure(model, input_shape)
    except CannotRecord as fault:
        error, rows = str(fault), fault.rows
    except Exception as fault:
        _run_in_train_mode(model, input_shape)  # it does not come back where the model itself is at fault
        error = f"The operators could not be recorded ({type(fault).__name__}: {fault})."
    kinds = list(layer_kinds((row.kind, row.details) for row in rows))
    if error:
        return {"kinds": kinds, "structure_error": error[:1000], "notes": []}
    note = found.pop("note")
    return {"kinds": kinds, "structure": found, "notes": [note[:290]] if note else []}


def _run_in_train_mode(model: torch.nn.Module, input_shape: tuple[int, ...]) -> None:
    with in_train_mode(model) as twin, torch.no_grad():
        twin(images(input_shape, PROBE_BATCH))
    model.eval()


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

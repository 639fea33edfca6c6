"""Measure one built model: counts, layers, operator kinds, output, and the kind of its head."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from grader.inspection.accounting import count, modules, own_parameters
from grader.inspection.kinds import layer_kinds
from grader.inspection.pairs import MAX_OUTPUTS, Asked, Calling, called, given, sum_head
from grader.inspection.passes import in_train_mode, inputs_for, outputs_of
from grader.inspection.rows import Row
from grader.inspection.structure import CannotRecord, structure

_TABLE_COLUMNS = ("input_size", "output_size", "num_params", "mult_adds")


class BadOutput(Exception):
    """The forward pass gave something that no classifier gives; the message is a sentence for the student."""


def forward_once(
    model: torch.nn.Module, inputs: tuple[torch.Tensor, ...], *, several: bool = False
) -> list[torch.Tensor]:
    """One forward pass in eval mode.

    Args:
        several: there may be more outputs than one, as there may where the model takes more than images.

    Returns:
        The outputs, float32, shape (4, ...).

    Raises:
        BadOutput: it is not a tensor of numbers.
    """
    model.eval()
    with torch.no_grad():
        output = model(*inputs)
    found = outputs_of(output) if several or len(inputs) > 1 else []
    if not isinstance(output, torch.Tensor) and not found:
        raise BadOutput(f"The model returns a {type(output).__name__} instead of one tensor of class scores.")
    return [tensor.detach().float() for tensor in found or [output]]


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


def measure(
    model: torch.nn.Module, input_shape: tuple[int, ...], *, with_table: bool, pair: Asked | None = None
) -> dict[str, Any]:
    """Everything that is measured of a model, as plain values for one answer.

    The model is left as it was, except for lazy parameters that now exist. `finite` says whether the
    output on random images holds neither NaN nor infinity.

    Args:
        pair: the task gives a digit beside each image, and asks for the class and the sum.
    """
    calling, inputs = called(model, input_shape, pair) if pair else (None, inputs_for(model, input_shape))
    with _output_shapes(model) as shapes:
        outputs = forward_once(model, inputs, several=pair is not None)
    counts = count(model)
    facts: dict[str, Any] = {
        "parameters": counts.parameters,
        "trainable": counts.trainable,
        "buffer_elements": counts.buffer_elements,
        "finite": all(bool(torch.isfinite(output).all()) for output in outputs),
        **(_of_pair(calling, outputs, pair) if pair else _of_one(outputs)),
    }
    if with_table:
        facts["layers"] = _layers(model, shapes)
        facts |= _structure(model, inputs)
        facts["notes"] += _notes(inputs, outputs)
        facts["table"] = _table(model, inputs)
    return facts


def _of_one(outputs: list[torch.Tensor]) -> dict[str, Any]:
    """The shape of the one output, and what it is."""
    return {
        "output_shape": list(outputs[0].shape[1:]) if len(outputs) == 1 else [],
        "head": _told(outputs[0]) if len(outputs) == 1 else "logits",
    }


def _of_pair(calling: Calling | None, outputs: list[torch.Tensor], asked: Asked) -> dict[str, Any]:
    """The same of the output for the image's class, and how the two inputs are given and the two outputs found."""
    giving = given(outputs, asked)
    facts = _of_one(outputs)
    second = "logits"
    if giving.image_output >= 0:
        facts["output_shape"] = [asked.classes]
        facts["head"] = _told(outputs[giving.image_output][:, : asked.classes])
    if giving.image_output >= 0 and giving.sum_output >= 0:
        numbers = giving.columns(outputs, asked.classes)[:, asked.classes :]
        second = sum_head(numbers, asked, _told)
    found = None if calling is None else [calling.image_first, calling.digit]
    shapes = [list(output.shape[1:]) for output in outputs[:MAX_OUTPUTS]]
    places = [giving.image_output, giving.sum_output, giving.sum_width]
    return {**facts, "pair": {"calling": found, "outputs": shapes, "giving": places, "sum_head": second}}


def _told(scores: torch.Tensor) -> str:
    """The kind of head, where the scores allow to tell it."""
    return head_of(scores) if scores.dim() == 2 and bool(torch.isfinite(scores).all()) else "logits"


def _notes(inputs: tuple[torch.Tensor, ...], outputs: list[torch.Tensor]) -> list[str]:
    if len(inputs) == 1:
        return []
    given = ", ".join(str(tuple(tensor.shape[1:])) for tensor in inputs[1:])
    found = ", ".join(str(tuple(output.shape[1:])) for output in outputs)
    return [
        f"forward takes {len(inputs)} inputs: it was measured with images and digits of shape {given} (without the "
        f"batch), and gives {len(outputs)} outputs of shape {found}."
    ]


@contextmanager
def _output_shapes(model: torch.nn.Module) -> Iterator[dict[str, list[int]]]:
    """Path of each module that is called meanwhile → the shape of its last output, without the batch."""
    shapes: dict[str, list[int]] = {}

    def note(path: str) -> Any:
        def hook(_module: object, _inputs: object, output: object) -> None:
            if isinstance(output, torch.Tensor):
                shapes[path] = list(output.shape[1:])

        return hook

    handles = [module.register_forward_hook(note(path)) for path, module in modules(model)]
    try:
        yield shapes
    finally:
        for handle in handles:
            handle.remove()


def _layers(model: torch.nn.Module, shapes: dict[str, list[int]]) -> list[list[Any]]:
    """Name, class, output shape ([] where never called) and own parameters of each module."""
    return [
        [path, type(module).__name__, shapes.get(path, []), own_parameters(module)]
        for path, module in modules(model)
    ]


def _structure(model: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> dict[str, Any]:
    """The recorded structure and the kinds of layers in it; `structure_error` where only the recording failed.

    What the student's code raises in train mode is raised here too.
    """
    error, rows = "", list[Row]()
    try:
        found, rows = structure(model, inputs)
    except CannotRecord as fault:
        error, rows = str(fault), fault.rows
    except Exception as fault:
        _run_in_train_mode(model, inputs)  # it does not come back where the model itself is at fault
        error = f"The operators could not be recorded ({type(fault).__name__}: {fault})."
    kinds = list(layer_kinds((row.kind, row.details) for row in rows))
    if error:
        return {"kinds": kinds, "structure_error": error[:1000], "notes": []}
    note = found.pop("note")
    return {"kinds": kinds, "structure": found, "notes": [note[:290]] if note else []}


def _run_in_train_mode(model: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
    with in_train_mode(model) as twin, torch.no_grad():
        twin(*inputs)
    model.eval()


def _table(model: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> str:
    """torchinfo's table, for reading only: our own counts are the ones that count."""
    try:
        import torchinfo

        model.eval()
        one = [tensor[:1] for tensor in inputs]
        summary = torchinfo.summary(
            model, input_data=one, depth=6, col_names=_TABLE_COLUMNS, verbose=0, device="cpu"
        )
        return str(summary)
    except Exception as error:
        return f"torchinfo could not draw its table ({type(error).__name__}: {error})."

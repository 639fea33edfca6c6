"""From what a data set stores to what a model takes: pictures or rows of columns, transformed, in the model's form.

Rows of pixels that fill a square are pictures on the way, so that a recipe's transforms act on them as on any image;
a model that takes rows gets them flat again. Columns with units of their own know one transform, `Normalize`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from grader.training.recipe import BadRecipe
from grader.training.transforms.arguments import REQUIRED, bound, numbers
from grader.training.transforms.interface import NotCovered, stated
from grader.training.transforms.pipeline import Pipeline

Prepare = Callable[[torch.Tensor], torch.Tensor]


def stored_form(inputs: torch.Tensor) -> torch.Tensor:
    """Pictures as (N, C, H, W), uint8; columns (N, columns), float32, stay as they are.

    Args:
        inputs: as `grader.data.interface.DataSet` stores them. A row of pixels is a picture if it fills a square.
    """
    if inputs.dtype == torch.uint8 and inputs.dim() == 2:
        side = math.isqrt(inputs.shape[1])
        height = side if side * side == inputs.shape[1] else 1
        return inputs.reshape(len(inputs), 1, height, -1)
    return inputs.unsqueeze(1) if inputs.dim() == 3 else inputs


def prepared_by(
    transforms: Sequence[Mapping[str, Any]], stored: torch.Tensor, input_shape: Sequence[int] = ()
) -> Prepare:
    """What is done with a batch of `stored`, which `stored_form` gave, before the model gets it.

    Args:
        input_shape: of one input as the model takes it; flat where it has one size. () leaves batches as they are.

    Raises:
        BadRecipe: one of the transforms is not covered.
    """
    prepare = (
        columns_of(transforms, stored.shape[1]) if stored.dim() == 2 else pipeline_of(transforms, stored)
    )
    if len(input_shape) != 1 or stored.dim() == 2:
        return prepare
    return lambda batch: prepare(batch).flatten(1)


def pipeline_of(transforms: Sequence[Mapping[str, Any]], pictures: torch.Tensor) -> Pipeline:
    """What a recipe's transforms do with batches of images like these, uint8 (N, C, H, W).

    Raises:
        BadRecipe: one of them is not covered.
    """
    try:
        return Pipeline.of(transforms, pictures.shape[1:])
    except NotCovered as error:
        raise BadRecipe(f"The recipe's transforms cannot be built: {error}") from error


def columns_of(transforms: Sequence[Mapping[str, Any]], columns: int) -> Prepare:
    """The same for batches of columns, float32 (N, columns): each `Normalize` in its turn.

    Raises:
        BadRecipe: there is another one among them, or one without a mean and a deviation for each column.
    """
    try:
        steps = [_normalize(one, columns) for one in transforms]
    except NotCovered as error:
        raise BadRecipe(f"The recipe's transforms cannot be built: {error}") from error

    def prepare(batch: torch.Tensor) -> torch.Tensor:
        for mean, std in steps:
            batch = (batch - mean.to(batch.device)) / std.to(batch.device)
        return batch

    return prepare


def _normalize(one: Mapping[str, Any], columns: int) -> tuple[torch.Tensor, torch.Tensor]:
    call = stated(one)
    if call.name != "Normalize":
        raise NotCovered(f"{call.text}: it is for images, and these inputs are columns of numbers.")
    given = bound(call, {"mean": REQUIRED, "std": REQUIRED})
    mean, std = (torch.tensor(numbers(given[name], name, (columns,))) for name in ("mean", "std"))
    if not bool((std > 0).all()):
        raise NotCovered(f"{call.text}: a deviation has to be above 0.")
    return mean, std

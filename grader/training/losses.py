"""Losses that a recipe names, exactly as torch computes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.nn import functional

from grader.training.known import LOSSES
from grader.training.recipe import BadRecipe

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Scores (N, classes) and class ids (N,), int64 → one value."""

SMALLEST_PROBABILITY = 1e-7


def nll_loss_of_log(probabilities: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Cross-entropy for a model whose output is probabilities."""
    return functional.nll_loss(probabilities.clamp_min(SMALLEST_PROBABILITY).log(), labels)


def loss(name: str, arguments: Mapping[str, Any]) -> Loss:
    """The loss of this name with these arguments.

    Raises:
        BadRecipe: it is not a known one.
    """
    if name not in LOSSES or set(arguments) - set(LOSSES[name]):
        raise BadRecipe(f"The recipe names the loss {name}, which is not known here.")
    if name == "nll_loss_of_log":
        return nll_loss_of_log
    plain: Callable[..., torch.Tensor] = getattr(functional, name)

    def with_arguments(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return plain(scores, labels, **arguments)

    return with_arguments

"""Which parameters get no gradient: they are registered, and training never moves them."""

from __future__ import annotations

import torch

from grader.inspection.accounting import entries, values
from grader.inspection.memory import address


def without_gradient(model: torch.nn.Module, outputs: list[torch.Tensor]) -> int:
    """Elements of the parameters that require a gradient and get none from a loss on all outputs.

    The loss is a cross-entropy on every output, so that every score counts. The outputs have to come from a pass
    with gradients; the model's `grad` attributes are left alone.

    Raises:
        RuntimeError: the backward pass fails.
    """
    asked = [
        entry.tensor for entry in entries(model) if entry.role == "parameter" and entry.tensor.requires_grad
    ]
    total = sum(values(tensor) for tensor in asked)
    losses = [_loss(output) for output in outputs if output.requires_grad and output.is_floating_point()]
    if not losses or not asked:
        return total
    found = torch.autograd.grad(torch.stack(losses).sum(), asked, allow_unused=True)
    moved = {address(tensor) for tensor, gradient in zip(asked, found, strict=True) if gradient is not None}
    return sum(values(tensor) for tensor in asked if address(tensor) not in moved)


def _loss(output: torch.Tensor) -> torch.Tensor:
    scores = output.float().reshape(output.shape[0] if output.dim() else 1, -1)
    return (scores.logsumexp(1) - scores[:, 0]).sum()

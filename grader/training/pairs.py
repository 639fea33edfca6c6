"""Training a model that takes a digit beside each image: what its targets hold, and the loss of its two answers.

Targets are int64, (N, 3): the image's class, the sum, and the digit that the model is given. The digit stands there
because it belongs to the same sample: it is shuffled with the targets, and a recorded step takes both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.nn import functional

from grader.inspection.digits import table
from grader.training.losses import SMALLEST_PROBABILITY, Loss, nll_loss_of_log

CLASS, SUM, DIGIT = range(3)


def loss_of_pair(first: Loss, fields: Mapping[str, Any], device: torch.device) -> Loss:
    """The losses of both answers, added.

    Args:
        first: that of the class scores. It is the sum's too where the sum has a score for each value and these are
            numbers of the same kind; else it is the one that fits: see `_of_sum`.
        fields: `classes`, `sums`, `sum_width`, `sum_head`, and `head` of the class scores.
    """
    classes = int(fields["classes"])
    second = _of_sum(first, fields, device)

    def added(scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return first(scores[:, :classes], targets[:, CLASS]) + second(scores[:, classes:], targets[:, SUM])

    return added


def _of_sum(first: Loss, fields: Mapping[str, Any], device: torch.device) -> Loss:
    """Cross-entropy of the values, binary cross-entropy of the bits, squared error of the number itself."""
    width, head = fields["sum_width"], fields["sum_head"]
    if width == fields["sums"]:
        if head == fields["head"]:
            return first
        return nll_loss_of_log if head == "probabilities" else functional.cross_entropy
    if width == 1:
        return lambda numbers, sums: functional.mse_loss(numbers[:, 0], sums.float())
    bits = table("bits", fields["sums"], device)
    compare = _of_probabilities if head == "probabilities" else functional.binary_cross_entropy_with_logits
    return lambda numbers, sums: compare(numbers, bits.index_select(0, sums))


def _of_probabilities(numbers: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    kept = numbers.clamp(SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    return functional.binary_cross_entropy(kept, targets)

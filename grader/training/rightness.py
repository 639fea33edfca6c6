"""How often a model is right while it trains: what a progress report shows beside the loss."""

from __future__ import annotations

import torch

from grader.training.pairs import CLASS


def share_right(scores: object, labels: torch.Tensor, classes: int | None = None) -> float:
    """The share of this batch whose highest score is the label's, 0 to 1; below 0 where scores are no row per label.

    Nothing is drawn and nothing of the training is touched, so a report changes no result. Where a digit stands beside
    each image, it is the share of the images' classes.

    Args:
        scores: what the model gave, of any kind.
        labels: int64, (N,), or (N, 3) as in `grader.training.pairs`.
        classes: of the images, where more scores follow theirs; None where all are theirs.
    """
    if not isinstance(scores, torch.Tensor) or scores.dim() != 2 or len(scores) != len(labels):
        return -1.0
    if scores.shape[1] < 2 or not len(labels):
        return -1.0
    wanted = labels[:, CLASS] if labels.dim() == 2 else labels
    return float((scores[:, :classes].argmax(1) == wanted).float().mean())

"""Rectangles that are filled with a colour, as `CoarseDropout` and `Cutout` of albumentations do."""

from __future__ import annotations

import torch

from grader.training.placing import placed
from grader.training.transforms.interface import Form


def filled(
    images: torch.Tensor,
    form: Form,
    rectangles: tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor],
    fill: tuple[float, ...],
) -> torch.Tensor:
    """Fill rectangles given by top, left, bottom, right, each int64 (B, holes). An empty one fills nothing.

    A colour is cut to a whole number where the image holds bytes, as numpy's assignment does.
    """
    there = images.device
    top, left, bottom, right = (placed(side, there)[:, :, None] for side in rectangles)
    rows, columns = torch.arange(form.height, device=there), torch.arange(form.width, device=there)
    in_rows = (rows >= top) & (rows < bottom)
    in_columns = (columns >= left) & (columns < right)
    hole = (in_rows[:, :, :, None] & in_columns[:, :, None, :]).any(1)
    return coloured(images.clone(), hole, fill)


def coloured(images: torch.Tensor, where: torch.Tensor, fill: tuple[float, ...]) -> torch.Tensor:
    """Fill `images` (B, C, H, W) in place where `where` (B, H, W) says so, one number per channel."""
    for channel, colour in enumerate(fill):
        images[:, channel].masked_fill_(where, colour if images.is_floating_point() else int(colour))
    return images

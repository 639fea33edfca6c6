"""Padding and cropping of whole batches."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import torch

from grader.training.placing import placed
from grader.training.transforms.padding import Padding


@lru_cache(maxsize=32)
def positions(
    side: int, before: int, after: int, mode: Literal["edge", "reflect", "symmetric"]
) -> torch.Tensor:
    """Input position of each position of a padded side, int64; numpy's words for the modes."""
    import numpy as np

    return torch.from_numpy(np.pad(np.arange(side), (before, after), mode=mode))


def padded(images: torch.Tensor, padding: Padding) -> torch.Tensor:
    """Every image padded in the same way."""
    if not (padding.left or padding.top or padding.right or padding.bottom):
        return images
    count, channels, height, width = images.shape
    if padding.mode != "constant":
        rows = placed(positions(height, padding.top, padding.bottom, padding.mode), images.device)
        columns = placed(positions(width, padding.left, padding.right, padding.mode), images.device)
        return images.index_select(2, rows).index_select(3, columns)
    fill = torch.tensor(padding.fill, dtype=torch.float32).to(images.dtype).view(1, -1, 1, 1)
    colours = placed(fill, images.device)
    high, wide = height + padding.top + padding.bottom, width + padding.left + padding.right
    found = colours.expand(count, channels, high, wide).contiguous()
    found[:, :, padding.top : padding.top + height, padding.left : padding.left + width] = images
    return found


def cropped(
    images: torch.Tensor, top: torch.Tensor, left: torch.Tensor, size: tuple[int, int]
) -> torch.Tensor:
    """Each image cut to `size` from its own top and left, (B,) int64."""
    blocks = images.unfold(2, size[0], 1).unfold(3, size[1], 1)
    each = torch.arange(len(images), device=images.device)
    return blocks[each, :, placed(top, images.device), placed(left, images.device)]

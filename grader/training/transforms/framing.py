"""Padding and cropping of whole batches as one look-up: every output row and column has its input position."""

from __future__ import annotations

from functools import lru_cache

import torch

from grader.training.transforms.interface import Form, NotCovered
from grader.training.transforms.padding import Padding


@lru_cache(maxsize=32)
def positions(side: int, before: int, after: int, mode: str) -> torch.Tensor:
    """Input position of each position of a padded side, int64; -1 where the fill comes in."""
    import numpy as np

    wide = ((before, after),)
    if mode == "constant":
        found = np.pad(np.arange(side), wide, mode="constant", constant_values=-1)
    elif mode == "edge":
        found = np.pad(np.arange(side), wide, mode="edge")
    elif mode in ("reflect", "symmetric"):
        found = np.pad(np.arange(side), wide, mode="reflect" if mode == "reflect" else "symmetric")
    else:
        raise NotCovered(f"padding_mode={mode!r} is not covered.")
    return torch.from_numpy(found.astype(np.int64))


def framed(
    images: torch.Tensor,
    form: Form,
    padding: Padding,
    top: torch.Tensor,
    left: torch.Tensor,
    size: tuple[int, int],
) -> torch.Tensor:
    """Each image padded, then cut to `size` from its own top and left, (B,) int64 within the padded image."""
    height, width = size
    rows = positions(form.height, padding.top, padding.bottom, padding.mode)[
        top[:, None] + torch.arange(height)
    ]
    columns = positions(form.width, padding.left, padding.right, padding.mode)[
        left[:, None] + torch.arange(width)
    ]
    inside = (rows >= 0)[:, :, None] & (columns >= 0)[:, None, :]
    source = rows.clamp_min(0)[:, :, None] * form.width + columns.clamp_min(0)[:, None, :]
    count, channels = images.shape[:2]
    index = source.view(count, 1, -1).expand(-1, channels, -1)
    found = images.reshape(count, channels, -1).gather(2, index).view(count, channels, height, width)
    if padding.mode != "constant":
        return found
    colours = torch.tensor(padding.fill, dtype=torch.float32).to(images.dtype).view(1, -1, 1, 1)
    return torch.where(inside[:, None], found, colours)


def everywhere(count: int, at: int) -> torch.Tensor:
    """The same position for every image."""
    return torch.full((count,), at, dtype=torch.int64)

"""The order in which the images of an epoch are delivered: the one of torch's own loader.

`torch.utils.data.DataLoader(shuffle=True, num_workers=0)` draws two numbers from torch's global generator when it
is iterated: a seed for worker processes, which has no effect without any, and the seed of its `RandomSampler`,
which shuffles with a generator of its own. The same two draws are made here, so that the same seed gives the same
order, and whatever is drawn afterwards (augmentation, dropout) is the same too.
"""

from __future__ import annotations

import torch


def epoch_order(images: int, *, shuffled: bool) -> torch.Tensor:
    """Indices of one epoch's images, int64, (images,); draws from torch's global generator."""
    _draw()
    if not shuffled:
        return torch.arange(images)
    return torch.randperm(images, generator=torch.Generator().manual_seed(_draw()))


def _draw() -> int:
    return int(torch.empty((), dtype=torch.int64).random_().item())

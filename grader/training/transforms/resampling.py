"""Pillow's bilinear resize of whole batches: fixed-point weights, columns first, then rows.

After `precompute_coeffs`, `normalize_coeffs_8bpc` and `ImagingResample...8bpc` of Pillow's Resample.c.
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch

from grader.training.placing import placed

_BITS = 22
"""Fraction of a weight: 32 bits less 8 for the value and 2 for the sum's head room."""


@lru_cache(maxsize=32)
def weights(there: int, wanted: int) -> torch.Tensor:
    """Whole-numbered weights of every input position for every output position, float64 (there, wanted)."""
    scale = there / wanted
    support = max(scale, 1.0)
    found = torch.zeros(there, wanted, dtype=torch.float64)
    for place in range(wanted):
        centre = (place + 0.5) * scale
        first = max(int(centre - support + 0.5), 0)
        last = min(int(centre + support + 0.5), there)
        raw = [_triangle((at - centre + 0.5) * (1.0 / support)) for at in range(first, last)]
        total = 0.0
        for one in raw:
            total += one
        for at, one in enumerate(raw, start=first):
            found[at, place] = math.floor(0.5 + (one / total if total else one) * (1 << _BITS))
    return found


def _triangle(x: float) -> float:
    return max(1.0 - abs(x), 0.0)


def resized(images: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """uint8 (B, C, H, W) → uint8 (B, C, *size)."""
    height, width = images.shape[2:]
    found = images.double()
    if size[1] != width:
        found = _rounded(found @ placed(weights(width, size[1]), images.device))
    if size[0] != height:
        found = _rounded(placed(weights(height, size[0]), images.device).T @ found)
    return found.to(torch.uint8)


def _rounded(sums: torch.Tensor) -> torch.Tensor:
    """Whole numbers in float64, where every product and sum is exact."""
    return ((sums + (1 << (_BITS - 1))) / (1 << _BITS)).floor_().clamp_(0, 255)

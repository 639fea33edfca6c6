"""OpenCV's `warpAffine` of whole batches: bilinear, positions in steps of 1/32 pixel, weights of 15 bits.

So OpenCV 4 does it for bytes. What lies outside is a colour, or the image reflected without its edge pixel.
"""

from __future__ import annotations

import torch

from grader.training.placing import placed

_STEP_BITS = 5
_POSITION_BITS = 10


def backward(forward: torch.Tensor) -> torch.Tensor:
    """The inverse of maps (B, 6) from input to output positions."""
    a, b, c, d, e, f = forward.unbind(1)
    share = 1.0 / (a * e - b * d)
    a, b, d, e = e * share, -b * share, -d * share, a * share
    return torch.stack([a, b, -a * c - b * f, d, e, -d * c - e * f], 1)


def turned(
    angle: torch.Tensor,
    scale_x: torch.Tensor,
    scale_y: torch.Tensor,
    shift: torch.Tensor,
    size: tuple[int, int],
) -> torch.Tensor:
    """Maps (B, 6) that scale, turn anticlockwise by `angle` degrees about the centre, and shift by (B, 2) pixels."""
    turn = torch.deg2rad(angle)
    cos, sin = turn.cos(), turn.sin()
    middle_x, middle_y = size[1] / 2 - 0.5, size[0] / 2 - 0.5
    a, b, d, e = cos * scale_x, sin * scale_y, -sin * scale_x, cos * scale_y
    c = middle_x - a * middle_x - b * middle_y + shift[:, 0]
    f = middle_y - d * middle_x - e * middle_y + shift[:, 1]
    return torch.stack([a, b, c, d, e, f], 1)


def warped(images: torch.Tensor, forward: torch.Tensor, fill: tuple[float, ...] | None) -> torch.Tensor:
    """uint8 (B, C, H, W), each by its map (float64). `fill` per channel; `None`: reflected."""
    x, y = _positions(placed(backward(forward), images.device), images.shape[2], images.shape[3])
    mask = (1 << _STEP_BITS) - 1
    right, down = (x & mask)[:, None], (y & mask)[:, None]
    column, row = x >> _STEP_BITS, y >> _STEP_BITS
    full = 1 << _STEP_BITS
    total = (full - down) * (
        (full - right) * _at(images, row, column, fill) + right * _at(images, row, column + 1, fill)
    )
    total += down * (
        (full - right) * _at(images, row + 1, column, fill) + right * _at(images, row + 1, column + 1, fill)
    )
    return ((total + (1 << (2 * _STEP_BITS - 1))) >> (2 * _STEP_BITS)).to(torch.uint8)


def _positions(matrices: torch.Tensor, height: int, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Input columns and rows in steps of 1/32 pixel, int32 (B, H, W)."""
    one = float(1 << _POSITION_BITS)
    a, b, c, d, e, f = matrices[:, :, None, None].unbind(1)
    there = matrices.device
    columns = torch.arange(width, dtype=torch.float64, device=there)
    rows = torch.arange(height, dtype=torch.float64, device=there).view(-1, 1)
    half_step = (1 << _POSITION_BITS) // (1 << _STEP_BITS) // 2
    shift = _POSITION_BITS - _STEP_BITS
    x = ((b * rows + c) * one).round().int() + half_step + (a * columns * one).round().int()
    y = ((e * rows + f) * one).round().int() + half_step + (d * columns * one).round().int()
    return x >> shift, y >> shift


def _at(
    images: torch.Tensor, row: torch.Tensor, column: torch.Tensor, fill: tuple[float, ...] | None
) -> torch.Tensor:
    """Values at whole positions, int32 (B, C, H, W)."""
    count, channels, height, width = images.shape
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    if fill is None:
        row, column = reflected(row, height), reflected(column, width)
    else:
        row, column = row.clamp(0, height - 1), column.clamp(0, width - 1)
    index = (row * width + column).long().view(count, 1, -1).expand(-1, channels, -1)
    found = images.reshape(count, channels, -1).gather(2, index).view(count, channels, height, width).int()
    if fill is None:
        return found
    colours = placed(torch.tensor(fill).int(), images.device).view(1, -1, 1, 1)
    return torch.where(inside[:, None], found, colours)


def reflected(position: torch.Tensor, side: int) -> torch.Tensor:
    """OpenCV's BORDER_REFLECT_101: gfedcb|abcdefgh|gfedcba, as often as it takes."""
    if side == 1:
        return torch.zeros_like(position)
    period = 2 * (side - 1)
    folded = position.remainder(period)
    return torch.where(folded >= side, period - folded, folded)

"""Rotations and other affine maps of whole batches, with the arithmetic of Pillow and of torchvision.

Pillow's nearest neighbour works with 16.16 fixed-point numbers (`ImagingTransformAffine`), or with doubles that
are added up where a map neither turns nor shears (`ImagingScaleAffine`); its bilinear filter with doubles.
torchvision moves tensors with `grid_sample` on a grid of float32. All are followed to the last bit.
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch.nn import functional

from grader.training.placing import placed
from grader.training.transforms.holes import coloured
from grader.training.transforms.interface import Form


def around_centre(
    angle: float,
    translate: tuple[float, float] = (0.0, 0.0),
    scale: float = 1.0,
    shear: tuple[float, float] = (0.0, 0.0),
    centre: tuple[float, float] = (0.0, 0.0),
) -> list[float]:
    """torchvision's `_get_inverse_affine_matrix`: from an output position to the input position.

    Angles in degrees, the rest in pixels. The order of the operations is torchvision's: it decides the last bit.
    """
    turn, shear_x, shear_y = math.radians(angle), math.radians(shear[0]), math.radians(shear[1])
    centre_x, centre_y = centre
    by_x, by_y = translate
    a = math.cos(turn - shear_y) / math.cos(shear_y)
    b = -math.cos(turn - shear_y) * math.tan(shear_x) / math.cos(shear_y) - math.sin(turn)
    c = math.sin(turn - shear_y) / math.cos(shear_y)
    d = -math.sin(turn - shear_y) * math.tan(shear_x) / math.cos(shear_y) + math.cos(turn)
    m = [one / scale for one in (d, -b, 0.0, -c, a, 0.0)]
    m[2] += m[0] * (-centre_x - by_x) + m[1] * (-centre_y - by_y)
    m[5] += m[3] * (-centre_x - by_x) + m[4] * (-centre_y - by_y)
    m[2] += centre_x
    m[5] += centre_y
    return m


def moved(
    images: torch.Tensor, matrices: list[list[float]], interpolation: str, fill: tuple[float, ...], form: Form
) -> torch.Tensor:
    """Every image (B, C, H, W) by its own matrix; `fill`, one number per channel, where nothing comes from."""
    exact = torch.tensor(matrices, dtype=torch.float64).view(-1, 6)
    if form.kind == "tensor":
        return _tensors(images, exact.float().view(-1, 2, 3), interpolation, fill)
    if interpolation == "bilinear":
        return _bilinear(images, exact, fill)
    return _nearest(images, exact, fill)


# --- pictures -------------------------------------------------------------------------------------------------


def _nearest(images: torch.Tensor, matrices: torch.Tensor, fill: tuple[float, ...]) -> torch.Tensor:
    count, channels, height, width = images.shape
    x, y = _positions(matrices, height, width, images.device)
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    first = (
        torch.arange(count, dtype=torch.int32, device=images.device)
        .mul_(channels * height * width)
        .view(-1, 1, 1)
    )
    source = torch.where(inside, first + y * width + x, 0)
    flat = images.reshape(-1)
    planes = [
        flat.index_select(0, (source + channel * height * width).view(-1)).view(count, height, width)
        for channel in range(channels)
    ]
    return coloured(torch.stack(planes, 1), ~inside, fill)


def _positions(
    matrices: torch.Tensor, height: int, width: int, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Input columns and rows, int32 (B, H, W) on `device`. What kind of map each is, is asked on the CPU."""
    level = (matrices[:, 1] == 0) & (matrices[:, 3] == 0)
    there = placed(matrices, device)
    if bool(level.all()):
        return _level_positions(there, height, width)
    x, y = _turned_positions(there, height, width)
    if bool(level.any()):
        on_x, on_y = _level_positions(there, height, width)
        chosen = placed(level, device)[:, None, None]
        x, y = torch.where(chosen, on_x, x), torch.where(chosen, on_y, y)
    return x, y


def _turned_positions(matrices: torch.Tensor, height: int, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Input columns and rows, int32 (B, H, W), as `affine_fixed` of Pillow finds them."""
    a, b, c, d, e, f = matrices.unbind(1)
    middle = torch.stack([a, b, c + a * 0.5 + b * 0.5, d, e, f + d * 0.5 + e * 0.5])
    fixed = torch.floor(middle * 65536.0 + 0.5).to(torch.int32)
    a, b, c, d, e, f = fixed[:, :, None, None].unbind(0)
    columns = torch.arange(width, dtype=torch.int32, device=matrices.device)
    rows = torch.arange(height, dtype=torch.int32, device=matrices.device).view(-1, 1)
    x = ((c + rows * b) + columns * a).bitwise_right_shift_(16)
    y = ((f + rows * e) + columns * d).bitwise_right_shift_(16)
    return x, y


def _level_positions(matrices: torch.Tensor, height: int, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """As `_turned_positions`, for matrices that neither turn nor shear: `ImagingScaleAffine` adds up doubles."""
    x = _added_up(matrices[:, 2], matrices[:, 0], width)
    y = _added_up(matrices[:, 5], matrices[:, 4], height)
    return x[:, None, :].expand(-1, height, -1), y[:, :, None].expand(-1, -1, width)


def _added_up(offset: torch.Tensor, step: torch.Tensor, count: int) -> torch.Tensor:
    positions = torch.cat([(offset + step * 0.5)[:, None], step[:, None].expand(-1, count - 1)], 1).cumsum(1)
    return torch.where(positions < 0, -1.0, positions.trunc()).clamp(-1, 2**24).to(torch.int32)


def _bilinear(images: torch.Tensor, matrices: torch.Tensor, fill: tuple[float, ...]) -> torch.Tensor:
    """Pillow's `bilinear_filter8` and `bilinear_filter32RGB`: the fraction of the result is cut off."""
    height, width = images.shape[2:]
    there = images.device
    a, b, c, d, e, f = placed(matrices, there)[:, :, None, None].unbind(1)
    columns = torch.arange(width, dtype=torch.float64, device=there) + 0.5
    rows = (torch.arange(height, dtype=torch.float64, device=there) + 0.5).view(-1, 1)
    x, y = a * columns + b * rows + c, d * columns + e * rows + f
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    x, y = x - 0.5, y - 0.5
    left, top = x.floor(), y.floor()
    over_x, over_y = (x - left)[:, None], (y - top)[:, None]
    upper = _between(images, left, top, over_x)
    lower = torch.where((top + 1 < height)[:, None], _between(images, left, top + 1, over_x), upper)
    mixed = upper + (lower - upper) * over_y
    colours = placed(torch.tensor(fill, dtype=torch.float64), there).view(1, -1, 1, 1)
    return torch.where(inside[:, None], mixed, colours).to(torch.uint8)


def _between(
    images: torch.Tensor, left: torch.Tensor, top: torch.Tensor, share: torch.Tensor
) -> torch.Tensor:
    """One row's value between two columns: float64 (B, C, H, W)."""
    count, channels, height, width = images.shape
    row = top.clamp(0, height - 1) * width
    flat = images.reshape(count, channels, -1)

    def at(column: torch.Tensor) -> torch.Tensor:
        index = (row + column.clamp(0, width - 1)).long().view(count, 1, -1).expand(-1, channels, -1)
        return flat.gather(2, index).view(count, channels, height, width).double()

    first = at(left)
    return first + (at(left + 1) - first) * share


# --- tensors --------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def _base_grid(height: int, width: int) -> torch.Tensor:
    """Pixel centres around the image's own, (1, H*W, 3), the third number 1."""
    base = torch.empty(1, height, width, 3)
    base[..., 0] = torch.linspace(-width * 0.5 + 0.5, width * 0.5 + 0.5 - 1, steps=width)
    base[..., 1] = torch.linspace(-height * 0.5 + 0.5, height * 0.5 + 0.5 - 1, steps=height).unsqueeze(-1)
    base[..., 2] = 1
    return base.view(1, height * width, 3)


def _tensors(
    images: torch.Tensor, theta: torch.Tensor, interpolation: str, fill: tuple[float, ...]
) -> torch.Tensor:
    """torchvision's `_gen_affine_grid` and `_apply_grid_transform`, a grid for each image."""
    count, _, height, width = images.shape
    there = images.device
    scaled = placed(theta.transpose(1, 2) / torch.tensor([0.5 * width, 0.5 * height]), there)
    grid = (
        placed(_base_grid(height, width), there)
        .expand(count, -1, -1)
        .bmm(scaled)
        .view(count, height, width, 2)
    )
    marked = torch.cat([images, torch.ones(count, 1, height, width, device=there)], 1)
    sampled = functional.grid_sample(
        marked, grid, mode=interpolation, padding_mode="zeros", align_corners=False
    )
    found, mask = sampled[:, :-1], sampled[:, -1:]
    if interpolation == "nearest":
        return coloured(found, mask[:, 0] < 0.5, fill)
    return found * mask + (1.0 - mask) * placed(torch.tensor(fill), there).view(1, -1, 1, 1)

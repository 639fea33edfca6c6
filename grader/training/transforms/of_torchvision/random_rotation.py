"""`RandomRotation`: nearest and bilinear, of a picture or of a tensor. One draw per image, the same."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.training.transforms.arguments import (
    REQUIRED,
    bound,
    colour,
    interpolation,
    number,
    only,
    range_of,
)
from grader.training.transforms.interface import Form, NotCovered, Stated, Step

if TYPE_CHECKING:
    import torch

    from grader.training.transforms.draws import Drawn

NAMES = ("RandomRotation",)


@dataclass(frozen=True)
class RandomRotation(Step):
    degrees: tuple[float, float]
    interpolation: str
    fill: tuple[float, ...]

    def words(self, _form: Form) -> int:
        return 1

    def apply(self, images: torch.Tensor, drawn: Drawn, form: Form) -> torch.Tensor:
        from grader.training.transforms import affine

        angles = drawn.uniform(0, *self.degrees).tolist()
        if form.kind == "tensor":
            matrices = [affine.around_centre(-angle) for angle in angles]
        else:
            matrices = [_of_pillow(angle, form) for angle in angles]
        return affine.moved(images, matrices, self.interpolation, self.fill, form)


def _of_pillow(angle: float, form: Form) -> list[float]:
    """The matrix of `PIL.Image.rotate`: from an output position to the input position, six numbers."""
    turned = -math.radians(angle % 360.0)
    cos, sin = round(math.cos(turned), 15), round(math.sin(turned), 15)
    back = round(-math.sin(turned), 15)
    x, y = form.width / 2, form.height / 2
    return [cos, sin, cos * -x + sin * -y + x, back, cos, back * -x + cos * -y + y]


def degrees(value: object) -> tuple[float, float]:
    """A number for both directions, or a pair."""
    if isinstance(value, list | tuple):
        return range_of(value, "degrees", -3600, 3600)
    both = number(value, "degrees", 0, 3600)
    return -both, both


def fill(value: object, form: Form) -> tuple[float, ...]:
    """Colours of a picture are cut to whole numbers, as torchvision does."""
    if form.kind == "tensor":
        return colour(value, form.channels, high=1e6)
    return tuple(float(int(one)) for one in colour(value, form.channels))


def check_kind(call: Stated, form: Form) -> None:
    """Tensors have other kernels in the second version, and bytes are another case again."""
    if form.kind == "tensor" and (call.library != "torchvision" or form.values != "floats"):
        raise NotCovered("It is given a tensor.")


def read(call: Stated, form: Form) -> Step:
    given = bound(
        call,
        {"degrees": REQUIRED, "interpolation": "nearest", "expand": False, "center": None, "fill": 0},
    )
    check_kind(call, form)
    only(given["expand"], False, "expand")
    only(given["center"], None, "center")
    return RandomRotation(
        degrees(given["degrees"]), interpolation(given["interpolation"]), fill(given["fill"], form)
    )

"""`RandomAffine`: rotation, translation, scale and shear. One draw for each of them per image, the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.training.transforms.arguments import (
    REQUIRED,
    bound,
    interpolation,
    number,
    numbers,
    only,
    range_of,
)
from grader.training.transforms.interface import Form, NotCovered, Stated, Step
from grader.training.transforms.of_torchvision.random_rotation import check_kind, degrees, fill

if TYPE_CHECKING:
    import torch

    from grader.training.transforms.draws import Drawn

NAMES = ("RandomAffine",)

STEEPEST = 60.0
"""Degrees of shear up to which positions stay within what Pillow's fixed-point numbers can hold."""


@dataclass(frozen=True)
class RandomAffine(Step):
    degrees: tuple[float, float]
    translate: tuple[float, ...]  # shares of width and height; () for none
    scale: tuple[float, ...]
    shear: tuple[float, ...]  # two numbers for x, or four for x and y
    interpolation: str
    fill: tuple[float, ...]

    def words(self, _form: Form) -> int:
        return 1 + len(self.translate) + len(self.scale) // 2 + len(self.shear) // 2

    def apply(self, images: torch.Tensor, drawn: Drawn, form: Form) -> torch.Tensor:
        from grader.training.transforms import affine

        centre = (0.0, 0.0) if form.kind == "tensor" else (form.width * 0.5, form.height * 0.5)
        rows = zip(*self._drawn(drawn, form), strict=True)
        matrices = [
            affine.around_centre(angle, (x, y), scale, (shear_x, shear_y), centre)
            for angle, x, y, scale, shear_x, shear_y in rows
        ]
        return affine.moved(images, matrices, self.interpolation, self.fill, form)

    def _drawn(self, drawn: Drawn, form: Form) -> list[list[float]]:
        """Angle, x, y, scale, shear of x and of y: a list of each, in the order in which they are drawn."""
        columns = [drawn.uniform(0, *self.degrees).tolist()]
        place = 1
        for share, side in zip(self.translate, (form.width, form.height), strict=False):
            most = float(share * side)
            columns.append([float(round(x)) for x in drawn.uniform(place, -most, most).tolist()])
            place += 1
        columns += [[0.0] * len(drawn)] * (3 - len(columns))
        for limits, still in ((self.scale, 1.0), (self.shear[:2], 0.0), (self.shear[2:], 0.0)):
            if limits:
                columns.append(drawn.uniform(place, limits[0], limits[1]).tolist())
                place += 1
            else:
                columns.append([still] * len(drawn))
        return columns


def read(call: Stated, form: Form) -> Step:
    given = bound(
        call,
        {
            **dict.fromkeys(("translate", "scale", "shear", "center")),
            "degrees": REQUIRED,
            "interpolation": "nearest",
            "fill": 0,
        },
    )
    check_kind(call, form)
    only(given["center"], None, "center")
    return RandomAffine(
        degrees(given["degrees"]),
        () if given["translate"] is None else numbers(given["translate"], "translate", (2,), 0, 1),
        () if given["scale"] is None else range_of(given["scale"], "scale", 0.1, 10),
        _shear(given["shear"]),
        interpolation(given["interpolation"]),
        fill(given["fill"], form),
    )


def _shear(value: object) -> tuple[float, ...]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        both = number(value, "shear", 0, STEEPEST)
        return -both, both
    found = numbers(value, "shear", (2, 4), -STEEPEST, STEEPEST)
    if any(found[at] > found[at + 1] for at in range(0, len(found), 2)):
        raise NotCovered(f"shear={value!r} is in the wrong order.")
    return found

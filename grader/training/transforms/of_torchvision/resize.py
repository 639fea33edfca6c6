"""`Resize`, bilinear: Pillow's own for pictures, torch's `interpolate` for tensors. The same bits.

Pillow resizes columns first or rows first: newer versions choose by the sizes. Where they may choose the rows,
a picture's resize is not covered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from grader.training.transforms.arguments import REQUIRED, bound, interpolation, number, only, size
from grader.training.transforms.interface import LARGEST_SIDE, Form, NotCovered, Stated, Step

if TYPE_CHECKING:
    import torch

    from grader.training.transforms.draws import Drawn

NAMES = ("Resize",)


@dataclass(frozen=True)
class Resize(Step):
    size: tuple[int, ...]  # height and width, or the smaller side alone
    antialias: bool

    def after(self, form: Form) -> Form:
        height, width = self._to(form)
        number(max(height, width), "size", 1, LARGEST_SIDE)
        if form.kind == "picture" and height < form.height and width * form.height > height * form.width:
            raise NotCovered("It shrinks the height by more than the width.")
        return replace(form, height=height, width=width)

    def _to(self, form: Form) -> tuple[int, int]:
        if len(self.size) == 2:
            return self.size[0], self.size[1]
        short, long = sorted(form.size)
        longer = int(self.size[0] * long / short)
        return (longer, self.size[0]) if form.width <= form.height else (self.size[0], longer)

    def apply(self, images: torch.Tensor, _drawn: Drawn, form: Form) -> torch.Tensor:
        from torch.nn import functional

        from grader.training.transforms import resampling

        to = self._to(form)
        if to == form.size:
            return images
        if form.kind == "picture":
            return resampling.resized(images, to)
        return functional.interpolate(
            images, size=to, mode="bilinear", align_corners=False, antialias=self.antialias
        )


def read(call: Stated, form: Form) -> Step:
    given = bound(call, {"size": REQUIRED, "interpolation": "bilinear", "max_size": None, "antialias": True})
    if interpolation(given["interpolation"]) != "bilinear":
        raise NotCovered(f"interpolation={given['interpolation']!r} is not covered.")
    only(given["max_size"], None, "max_size")
    if form.kind == "tensor" and (call.library != "torchvision" or form.values != "floats"):
        raise NotCovered("It is given a tensor.")
    wanted = given["size"]
    alone = not isinstance(wanted, list | tuple) or len(wanted) == 1
    both = size(wanted)
    return Resize(both[:1] if alone else both, given["antialias"] not in (False, None))

"""`ShiftScaleRotate` of version 1, on bytes: the image is reflected beyond its border. The same distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.training.transforms.albumen import BORDERS, Random, both_ways, chance, linear_only
from grader.training.transforms.arguments import bound, colour
from grader.training.transforms.interface import Form, NotCovered, Stated, Step

if TYPE_CHECKING:
    import torch

    from grader.training.transforms.draws import Drawn

NAMES = ("ShiftScaleRotate",)
LIBRARIES = ("albumentations 1",)


@dataclass(frozen=True)
class ShiftScaleRotate(Random):
    rotate: tuple[float, float]
    scale: tuple[float, float]
    shift_x: tuple[float, float]  # shares of the width
    shift_y: tuple[float, float]
    fill: tuple[float, ...] | None  # None: reflected

    def words(self, _form: Form) -> int:
        return 5

    def after(self, form: Form) -> Form:
        if form.values != "bytes":
            raise NotCovered("It is given floats.")
        return super().after(form)

    def apply(self, images: torch.Tensor, drawn: Drawn, form: Form) -> torch.Tensor:
        import torch

        from grader.training.placing import placed
        from grader.training.transforms import warping

        angle, scale, by_x, by_y = (
            drawn.uniform(place, *limits).double()
            for place, limits in enumerate((self.rotate, self.scale, self.shift_x, self.shift_y), start=1)
        )
        shift = torch.stack([by_x * form.width, by_y * form.height], 1)
        maps = warping.turned(angle, scale, scale, shift, form.size)
        rows = self.acts(drawn).nonzero().flatten()
        at = placed(rows, images.device)
        return images.index_copy(0, at, warping.warped(images[at], maps[rows], self.fill))


def read(call: Stated, form: Form) -> Step:
    given = bound(
        call,
        {
            "shift_limit": 0.0625,
            "scale_limit": 0.1,
            "rotate_limit": 45,
            "interpolation": 1,
            "border_mode": 4,
            **dict.fromkeys(("value", "mask_value", "shift_limit_x", "shift_limit_y", "rotate_method")),
            "always_apply": False,
            "p": 0.5,
        },
    )
    linear_only(given["interpolation"])
    border = BORDERS.get(given["border_mode"]) if isinstance(given["border_mode"], int) else None
    if border not in ("constant", "reflect"):
        raise NotCovered(f"border_mode={given['border_mode']!r} is not covered.")
    low, high = both_ways(given["scale_limit"], "scale_limit", -0.9, 9)
    shift_x, shift_y = (
        both_ways(given["shift_limit"] if given[name] is None else given[name], name, -1, 1)
        for name in ("shift_limit_x", "shift_limit_y")
    )
    fill = colour(given["value"], form.channels, "value") if border == "constant" else None
    rotate = both_ways(given["rotate_limit"], "rotate_limit", -3600, 3600)
    return ShiftScaleRotate(chance(given), rotate, (1 + low, 1 + high), shift_x, shift_y, fill)

"""`Affine` of version 2, on bytes: scale, rotation and translation in shares. The same distribution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.training.transforms.albumen import Random, chance, linear_only
from grader.training.transforms.arguments import bound, colour, number, only, range_of
from grader.training.transforms.interface import Form, NotCovered, Stated, Step

if TYPE_CHECKING:
    import torch

    from grader.training.transforms.draws import Drawn

NAMES = ("Affine",)
LIBRARIES = ("albumentations 2",)

Pair = tuple[float, float]


@dataclass(frozen=True)
class Affine(Random):
    rotate: Pair
    scale_x: Pair
    scale_y: Pair
    same_scale: bool
    translate_x: Pair  # shares of the width; whole pixels come of it, cut off
    translate_y: Pair
    fill: tuple[float, ...]

    def words(self, _form: Form) -> int:
        return 6

    def after(self, form: Form) -> Form:
        if form.values != "bytes":
            raise NotCovered("It is given floats.")
        return super().after(form)

    def apply(self, images: torch.Tensor, drawn: Drawn, form: Form) -> torch.Tensor:
        import torch

        from grader.training.placing import placed
        from grader.training.transforms import warping

        angle, scale_x, scale_y, by_x, by_y = (
            drawn.uniform(place, *limits).double()
            for place, limits in enumerate(
                (self.rotate, self.scale_x, self.scale_y, self.translate_x, self.translate_y), start=1
            )
        )
        shift = torch.stack([by_x * form.width, by_y * form.height], 1).trunc()
        maps = warping.turned(angle, scale_x, scale_x if self.same_scale else scale_y, shift, form.size)
        rows = self.acts(drawn).nonzero().flatten()
        at = placed(rows, images.device)
        return images.index_copy(0, at, warping.warped(images[at], maps[rows], self.fill))


def read(call: Stated, form: Form) -> Step:
    given = bound(
        call,
        {
            "scale": (1.0, 1.0),
            "translate_percent": None,
            "rotate": 0.0,
            "shear": (0.0, 0.0),
            "interpolation": 1,
            "mask_interpolation": 0,
            "fit_output": False,
            "keep_ratio": False,
            "rotate_method": "largest_box",
            "balanced_scale": False,
            "border_mode": 0,
            "fill": 0,
            "fill_mask": 0,
            "p": 0.5,
        },
    )
    linear_only(given["interpolation"])
    if given["shear"] not in (0, (0, 0), [0, 0]):
        raise NotCovered(f"shear={given['shear']!r} is not covered.")
    only(given["border_mode"], 0, "border_mode")
    for name in ("fit_output", "balanced_scale"):
        only(given[name], False, name)
    translate = 0.0 if given["translate_percent"] is None else given["translate_percent"]
    return Affine(
        chance(given),
        _limits(given["rotate"], "rotate", -3600, 3600),
        *_by_axis(given["scale"], "scale", 1.0, 0.1, 10),
        given["keep_ratio"] is True,
        *_by_axis(translate, "translate_percent", 0.0, -1, 1),
        colour(given["fill"], form.channels),
    )


def _by_axis(value: object, name: str, default: float, low: float, high: float) -> tuple[Pair, Pair]:
    """One range for both axes, or a dict with `x`, `y`."""
    if not isinstance(value, Mapping):
        both = _limits(value, name, low, high)
        return both, both
    if not value or set(value) - {"x", "y"}:
        raise NotCovered(f"{name}={value!r} is not covered.")
    return (
        _limits(value.get("x", default), name, low, high),
        _limits(value.get("y", default), name, low, high),
    )


def _limits(value: object, name: str, low: float, high: float) -> Pair:
    """A pair, or a number that is always taken."""
    if isinstance(value, list | tuple):
        return range_of(value, name, low, high)
    fixed = number(value, name, low, high)
    return fixed, fixed

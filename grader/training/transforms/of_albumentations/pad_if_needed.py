"""`PadIfNeeded`: the image in the middle of a larger one. Nothing is drawn; the same bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.training.transforms.albumen import BORDERS, chance, resized
from grader.training.transforms.arguments import bound, colour, only, whole
from grader.training.transforms.interface import Form, NotCovered, Stated, Step
from grader.training.transforms.padding import Mode, Padding
from grader.training.transforms.versions import FIRST, SECOND

if TYPE_CHECKING:
    import torch

    from grader.training.transforms.draws import Drawn

NAMES = ("PadIfNeeded",)

_DEFAULT_BORDER = {FIRST: 4, SECOND: 0}


@dataclass(frozen=True)
class PadIfNeeded(Step):
    height: int
    width: int
    mode: Mode
    fill: tuple[float, ...]

    def after(self, form: Form) -> Form:
        if self.mode != "constant" and min(form.size) < 2:
            raise NotCovered("There is nothing to reflect.")
        return resized(form, max(form.height, self.height), max(form.width, self.width))

    def apply(self, images: torch.Tensor, _drawn: Drawn, form: Form) -> torch.Tensor:
        from grader.training.transforms import framing

        wider = self.after(form)
        high, wide = wider.height - form.height, wider.width - form.width
        top, left = high // 2, wide // 2
        return framing.padded(images, Padding(left, top, wide - left, high - top, self.mode, self.fill))


def read(call: Stated, form: Form) -> Step:
    given = bound(
        call,
        {
            "min_height": 1024,
            "min_width": 1024,
            **dict.fromkeys(("pad_height_divisor", "pad_width_divisor", "fill_mask", "mask_value")),
            "position": "center",
            "border_mode": _DEFAULT_BORDER.get(call.library),
            "value" if call.library == FIRST else "fill": 0,
            "always_apply": False,
            "p": 1.0,
        },
    )
    if given["border_mode"] is None:
        raise NotCovered("Its border differs between the versions of albumentations, and none is told.")
    for name in ("pad_height_divisor", "pad_width_divisor"):
        only(given[name], None, name)
    only(given["position"], "center", "position")
    only(chance(given), 1.0, "p")
    border = given["border_mode"]
    mode = BORDERS.get(border) if isinstance(border, int) else None
    if mode is None:
        raise NotCovered(f"border_mode={border!r} is not covered.")
    return PadIfNeeded(
        whole(given["min_height"], "min_height", 1, 1024),
        whole(given["min_width"], "min_width", 1, 1024),
        mode,
        colour(given["value" if call.library == FIRST else "fill"], form.channels),
    )

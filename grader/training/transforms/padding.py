"""How an image is padded: torchvision's arguments for it, read. Nothing here needs torch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from grader.training.transforms.arguments import colour, number, whole
from grader.training.transforms.interface import Form, NotCovered

Mode = Literal["constant", "edge", "reflect", "symmetric"]
MODES: dict[str, Mode] = {
    "constant": "constant",
    "edge": "edge",
    "reflect": "reflect",
    "symmetric": "symmetric",
}


@dataclass(frozen=True)
class Padding:
    left: int
    top: int
    right: int
    bottom: int
    mode: Mode
    fill: tuple[float, ...]

    def after(self, form: Form) -> Form:
        """The padded image. Reflections reach no further than the image is wide."""
        least = {"reflect": 1, "symmetric": 0}.get(self.mode, -(10**6))
        if (
            max(self.left, self.right) > form.width - least
            or max(self.top, self.bottom) > form.height - least
        ):
            raise NotCovered("It pads by more than the image itself is large.")
        return replace(
            form,
            height=form.height + self.top + self.bottom,
            width=form.width + self.left + self.right,
        )


def padding(value: object, mode: object, fill: object, form: Form) -> Padding:
    """From `padding`, `padding_mode` and `fill` as torchvision takes them."""
    if not isinstance(mode, str) or mode not in MODES:
        raise NotCovered(f"padding_mode={mode!r} is not covered.")
    left, top, right, bottom = sides(value)
    return Padding(left, top, right, bottom, MODES[mode], _fill(fill, form))


def sides(value: object) -> tuple[int, int, int, int]:
    """Left, top, right, bottom: from a number, or from a sequence of one, two or four."""
    listed = list(value) if isinstance(value, list | tuple) else [value]
    if len(listed) not in (1, 2, 4):
        raise NotCovered(f"padding={value!r} is not covered.")
    found = [whole(one, "padding", 0, 256) for one in listed]
    left, top, right, bottom = (found * 4)[:4]
    return left, top, right, bottom


def _fill(value: object, form: Form) -> tuple[float, ...]:
    if form.kind == "tensor":
        return (number(value, "fill"),) * form.channels
    return tuple(float(int(one)) for one in colour(value, form.channels))

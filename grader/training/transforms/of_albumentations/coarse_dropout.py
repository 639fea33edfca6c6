"""`CoarseDropout` of both versions: rectangles within the image get a colour. The same distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.training.transforms.albumen import Random, chance
from grader.training.transforms.arguments import bound, colour, range_of, whole
from grader.training.transforms.interface import Form, NotCovered, Stated, Step
from grader.training.transforms.versions import FIRST, SECOND

if TYPE_CHECKING:
    import torch

    from grader.training.transforms.draws import Drawn

NAMES = ("CoarseDropout",)
LIBRARIES = (FIRST, SECOND)

MOST_HOLES = 64


@dataclass(frozen=True)
class CoarseDropout(Random):
    holes: tuple[int, int]  # at least and at most, both possible
    height: tuple[float, float]  # pixels, both possible; or shares of the image's
    width: tuple[float, float]
    in_pixels: bool
    fill: tuple[float, ...]

    def words(self, _form: Form) -> int:
        return 2 + 4 * self.holes[1]

    def after(self, form: Form) -> Form:
        if self.in_pixels and (self.height[1] > form.height or self.width[1] > form.width):
            raise NotCovered("Its holes are larger than the image.")
        return super().after(form)

    def apply(self, images: torch.Tensor, drawn: Drawn, form: Form) -> torch.Tensor:
        import torch

        from grader.training.transforms import holes

        least, most = self.holes
        there = torch.arange(most) < least + drawn.integer(1, most - least + 1)[:, None]
        there &= self.acts(drawn)[:, None]
        words = [drawn.words_from(2 + part * most, most) for part in range(4)]
        height = torch.where(there, self._side(words[0], self.height, form.height), 0)
        width = torch.where(there, self._side(words[1], self.width, form.width), 0)
        top = words[2] % (form.height - height + 1)
        left = words[3] % (form.width - width + 1)
        return holes.filled(images, form, (top, left, top + height, left + width), self.fill)

    def _side(self, words: torch.Tensor, limits: tuple[float, float], whole_side: int) -> torch.Tensor:
        from grader.training.transforms import draws

        if self.in_pixels:
            return int(limits[0]) + words % int(limits[1] - limits[0] + 1)
        return (whole_side * draws.uniform(words, *limits).double()).long()


def read(call: Stated, form: Form) -> Step:
    if call.library == SECOND:
        return _second(call, form)
    given = bound(
        call,
        {
            **dict.fromkeys(("max_holes", "max_height", "max_width"), 8),
            **dict.fromkeys(("min_holes", "min_height", "min_width", "mask_fill_value")),
            "fill_value": 0,
            "always_apply": False,
            "p": 0.5,
        },
    )
    pairs = {
        name: (
            given[f"max_{name}"] if given[f"min_{name}"] is None else given[f"min_{name}"],
            given[f"max_{name}"],
        )
        for name in ("holes", "height", "width")
    }
    return _made(chance(given), pairs["holes"], pairs["height"], pairs["width"], given["fill_value"], form)


def _second(call: Stated, form: Form) -> Step:
    given = bound(
        call,
        {
            "num_holes_range": (1, 2),
            **dict.fromkeys(("hole_height_range", "hole_width_range"), (0.1, 0.2)),
            "fill": 0,
            "fill_mask": None,
            "p": 0.5,
        },
    )
    return _made(
        chance(given),
        given["num_holes_range"],
        given["hole_height_range"],
        given["hole_width_range"],
        given["fill"],
        form,
    )


def _made(p: float, holes: object, height: object, width: object, fill: object, form: Form) -> Step:
    if not isinstance(holes, list | tuple) or len(holes) != 2:
        raise NotCovered(f"{holes!r} holes are not covered.")
    least, most = (whole(one, "holes", 1, MOST_HOLES) for one in holes)
    kinds = {type(one) for pair in (height, width) if isinstance(pair, list | tuple) for one in pair}
    if kinds not in ({int}, {float}) or least > most:
        raise NotCovered("Its sizes are neither all pixels nor all shares.")
    in_pixels = kinds == {int}
    top = 512 if in_pixels else 0.999
    limits = [range_of(pair, "size", 1 if in_pixels else 0, top) for pair in (height, width)]
    return CoarseDropout(
        p, (least, most), limits[0], limits[1], in_pixels, colour(fill, form.channels, "fill")
    )

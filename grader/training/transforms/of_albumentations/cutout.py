"""`Cutout` of version 1: squares whose middle lies anywhere, cut at the border. The same distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.training.transforms.albumen import Random, chance
from grader.training.transforms.arguments import bound, colour, whole
from grader.training.transforms.interface import Form, Stated, Step
from grader.training.transforms.versions import FIRST

if TYPE_CHECKING:
    import torch

    from grader.training.transforms.draws import Drawn

NAMES = ("Cutout",)
LIBRARIES = (FIRST,)


@dataclass(frozen=True)
class Cutout(Random):
    holes: int
    height: int
    width: int
    fill: tuple[float, ...]

    def words(self, _form: Form) -> int:
        return 1 + 2 * self.holes

    def apply(self, images: torch.Tensor, drawn: Drawn, form: Form) -> torch.Tensor:
        from grader.training.transforms import holes

        acts = self.acts(drawn)[:, None]
        top = (drawn.words_from(1, self.holes) % (form.height + 1) - self.height // 2).clamp_min(0)
        left = (drawn.words_from(1 + self.holes, self.holes) % (form.width + 1) - self.width // 2).clamp_min(
            0
        )
        bottom, right = top + self.height * acts, left + self.width * acts
        return holes.filled(images, form, (top, left, bottom, right), self.fill)


def read(call: Stated, form: Form) -> Step:
    given = bound(
        call,
        {
            **dict.fromkeys(("num_holes", "max_h_size", "max_w_size"), 8),
            "fill_value": 0,
            "always_apply": False,
            "p": 0.5,
        },
    )
    return Cutout(
        chance(given),
        whole(given["num_holes"], "num_holes", 1, 64),
        whole(given["max_h_size"], "max_h_size", 1),
        whole(given["max_w_size"], "max_w_size", 1),
        colour(given["fill_value"], form.channels, "fill_value"),
    )

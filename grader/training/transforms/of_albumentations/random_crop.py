"""`RandomCrop`: every position equally likely. The same distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.training.transforms.albumen import Random, chance, resized
from grader.training.transforms.arguments import REQUIRED, bound, only, whole
from grader.training.transforms.interface import Form, NotCovered, Stated, Step

if TYPE_CHECKING:
    import torch

    from grader.training.transforms.draws import Drawn

NAMES = ("RandomCrop",)


@dataclass(frozen=True)
class RandomCrop(Random):
    height: int
    width: int

    def words(self, _form: Form) -> int:
        return 2

    def after(self, form: Form) -> Form:
        if form.height < self.height or form.width < self.width:
            raise NotCovered("The image is smaller than what is cut out of it.")
        return resized(form, self.height, self.width)

    def apply(self, images: torch.Tensor, drawn: Drawn, form: Form) -> torch.Tensor:
        from grader.training.transforms import framing

        top = drawn.integer(0, form.height - self.height + 1)
        left = drawn.integer(1, form.width - self.width + 1)
        return framing.cropped(images, top, left, (self.height, self.width))


def read(call: Stated, _form: Form) -> Step:
    given = bound(call, {"height": REQUIRED, "width": REQUIRED, "always_apply": False, "p": 1.0})
    only(chance(given), 1.0, "p")
    return RandomCrop(1.0, whole(given["height"], "height", 1), whole(given["width"], "width", 1))

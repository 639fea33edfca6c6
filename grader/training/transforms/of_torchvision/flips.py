"""`RandomHorizontalFlip` and `RandomVerticalFlip`. One draw per image, the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.training.transforms.arguments import bound, probability
from grader.training.transforms.interface import Form, Stated, Step

if TYPE_CHECKING:
    import torch

    from grader.training.transforms.draws import Drawn

NAMES = ("RandomHorizontalFlip", "RandomVerticalFlip")


@dataclass(frozen=True)
class Flip(Step):
    axis: int
    p: float

    def words(self, _form: Form) -> int:
        return 1

    def apply(self, images: torch.Tensor, drawn: Drawn, _form: Form) -> torch.Tensor:
        from grader.training.placing import placed

        rows = placed(drawn.below(0, self.p).nonzero().flatten(), images.device)
        return images.index_copy(0, rows, images.index_select(0, rows).flip(self.axis))


def read(call: Stated, _form: Form) -> Step:
    given = bound(call, {"p": 0.5})
    return Flip(-1 if "Horizontal" in call.name else -2, probability(given["p"]))

"""`HorizontalFlip` and `VerticalFlip`. The same distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.training.transforms.albumen import Random, chance
from grader.training.transforms.arguments import bound
from grader.training.transforms.interface import Form, Stated, Step

if TYPE_CHECKING:
    import torch

    from grader.training.transforms.draws import Drawn

NAMES = ("HorizontalFlip", "VerticalFlip")


@dataclass(frozen=True)
class Flip(Random):
    axis: int

    def words(self, _form: Form) -> int:
        return 1

    def apply(self, images: torch.Tensor, drawn: Drawn, _form: Form) -> torch.Tensor:
        from grader.training.placing import placed

        rows = placed(self.acts(drawn).nonzero().flatten(), images.device)
        return images.index_copy(0, rows, images.index_select(0, rows).flip(self.axis))


def read(call: Stated, _form: Form) -> Step:
    given = bound(call, {"p": 0.5, "always_apply": False})
    return Flip(chance(given), -1 if call.name == "HorizontalFlip" else -2)

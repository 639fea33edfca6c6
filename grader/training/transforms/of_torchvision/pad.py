"""`Pad`: constant, edge, reflect and symmetric. The same bits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.training.transforms.arguments import REQUIRED, bound
from grader.training.transforms.interface import Form, Stated, Step
from grader.training.transforms.padding import Padding, padding

if TYPE_CHECKING:
    import torch

    from grader.training.transforms.draws import Drawn

NAMES = ("Pad",)


@dataclass(frozen=True)
class Pad(Step):
    padding: Padding

    def after(self, form: Form) -> Form:
        return self.padding.after(form)

    def apply(self, images: torch.Tensor, _drawn: Drawn, _form: Form) -> torch.Tensor:
        from grader.training.transforms import framing

        return framing.padded(images, self.padding)


def read(call: Stated, form: Form) -> Step:
    given = bound(call, {"padding": REQUIRED, "fill": 0, "padding_mode": "constant"})
    return Pad(padding(given["padding"], given["padding_mode"], given["fill"], form))

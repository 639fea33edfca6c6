"""`CenterCrop`. Where the image is smaller, it is padded with zeros first. The same bits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from grader.training.transforms.arguments import REQUIRED, bound, size
from grader.training.transforms.interface import Form, Stated, Step
from grader.training.transforms.padding import Padding

if TYPE_CHECKING:
    import torch

    from grader.training.transforms.draws import Drawn

NAMES = ("CenterCrop",)


@dataclass(frozen=True)
class CenterCrop(Step):
    size: tuple[int, int]

    def after(self, form: Form) -> Form:
        return replace(form, height=self.size[0], width=self.size[1])

    def apply(self, images: torch.Tensor, _drawn: Drawn, form: Form) -> torch.Tensor:
        from grader.training.transforms import framing

        padding = self._padding(form)
        wider = padding.after(form)
        top, left = (
            round((there - wanted) / 2.0) for there, wanted in zip(wider.size, self.size, strict=True)
        )
        whole = framing.padded(images, padding)
        return whole[:, :, top : top + self.size[0], left : left + self.size[1]]

    def _padding(self, form: Form) -> Padding:
        more_high, more_wide = (
            max(wanted - there, 0) for wanted, there in zip(self.size, form.size, strict=True)
        )
        return Padding(
            more_wide // 2,
            more_high // 2,
            (more_wide + 1) // 2,
            (more_high + 1) // 2,
            "constant",
            (0.0,) * form.channels,
        )


def read(call: Stated, _form: Form) -> Step:
    return CenterCrop(size(bound(call, {"size": REQUIRED})["size"]))

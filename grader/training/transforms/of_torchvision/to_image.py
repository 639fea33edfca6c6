"""`ToImage` of the second version, and `PILToTensor`: a picture becomes a tensor of its bytes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from grader.training.transforms.arguments import bound
from grader.training.transforms.interface import Form, NotCovered, Stated, Step

if TYPE_CHECKING:
    import torch

    from grader.training.transforms.draws import Drawn

NAMES = ("ToImage", "PILToTensor")
LIBRARIES = ("torchvision.v2",)


@dataclass(frozen=True)
class ToImage(Step):
    def after(self, form: Form) -> Form:
        if form.kind != "picture":
            raise NotCovered("It is given a tensor.")
        return replace(form, kind="tensor")

    def apply(self, images: torch.Tensor, _drawn: Drawn, _form: Form) -> torch.Tensor:
        return images


def read(call: Stated, _form: Form) -> Step:
    bound(call, {})
    return ToImage()

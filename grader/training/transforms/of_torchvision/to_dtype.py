"""`ToDtype(torch.float32, scale=True)` of the second version: a tensor's bytes to floats between 0 and 1."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from grader.training.transforms.arguments import REQUIRED, bound, only
from grader.training.transforms.interface import Form, NotCovered, Stated, Step

if TYPE_CHECKING:
    import torch

    from grader.training.transforms.draws import Drawn

NAMES = ("ToDtype",)
LIBRARIES = ("torchvision.v2",)


@dataclass(frozen=True)
class ToDtype(Step):
    def after(self, form: Form) -> Form:
        if form.kind != "tensor":
            raise NotCovered("It is given a picture, which it leaves as it is.")
        return replace(form, values="floats")

    def apply(self, images: torch.Tensor, _drawn: Drawn, form: Form) -> torch.Tensor:
        return images.float().mul_(1.0 / 255) if form.values == "bytes" else images


def read(call: Stated, _form: Form) -> Step:
    given = bound(call, {"dtype": REQUIRED, "scale": False})
    only(given["dtype"], "torch.float32", "dtype")
    only(given["scale"], True, "scale")
    return ToDtype()

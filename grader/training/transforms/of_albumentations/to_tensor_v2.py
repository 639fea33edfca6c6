"""`ToTensorV2`: the array becomes a tensor, its values as they are. The same bits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from grader.training.transforms.arguments import bound
from grader.training.transforms.interface import Form, NotCovered, Stated, Step

if TYPE_CHECKING:
    import torch

    from grader.training.transforms.draws import Drawn

NAMES = ("ToTensorV2",)


@dataclass(frozen=True)
class ToTensorV2(Step):
    def after(self, form: Form) -> Form:
        if form.kind != "array":
            raise NotCovered("It is given a tensor.")
        return replace(form, kind="tensor")

    def apply(self, images: torch.Tensor, _drawn: Drawn, _form: Form) -> torch.Tensor:
        return images


def read(call: Stated, _form: Form) -> Step:
    bound(call, {"transpose_mask": False, "always_apply": False, "p": 1.0})
    return ToTensorV2()

"""`ToTensor`: bytes to floats between 0 and 1. The same bits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from grader.training.transforms.arguments import bound
from grader.training.transforms.interface import Form, NotCovered, Stated, Step

if TYPE_CHECKING:
    import torch

    from grader.training.transforms.draws import Drawn

NAMES = ("ToTensor",)


@dataclass(frozen=True)
class ToTensor(Step):
    def after(self, form: Form) -> Form:
        if form.kind != "picture":
            raise NotCovered("It is given a tensor.")
        return replace(form, kind="tensor", values="floats")

    def apply(self, images: torch.Tensor, _drawn: Drawn, _form: Form) -> torch.Tensor:
        return images.float().div_(255)


def read(call: Stated, _form: Form) -> Step:
    bound(call, {})
    return ToTensor()

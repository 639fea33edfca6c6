"""`Normalize`: minus the mean, divided by the standard deviation, per channel. The same bits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.training.transforms.arguments import REQUIRED, bound, numbers
from grader.training.transforms.interface import Form, NotCovered, Stated, Step

if TYPE_CHECKING:
    import torch

    from grader.training.transforms.draws import Drawn

NAMES = ("Normalize",)


@dataclass(frozen=True)
class Normalize(Step):
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def after(self, form: Form) -> Form:
        if form.kind != "tensor" or form.values != "floats":
            raise NotCovered("It is given no tensor of floats.")
        return form

    def apply(self, images: torch.Tensor, _drawn: Drawn, _form: Form) -> torch.Tensor:
        import torch

        from grader.training.placing import placed

        mean, std = (
            placed(torch.tensor(each, dtype=torch.float32), images.device).view(-1, 1, 1)
            for each in (self.mean, self.std)
        )
        return images.sub(mean).div_(std)


def read(call: Stated, form: Form) -> Step:
    given = bound(call, {"mean": REQUIRED, "std": REQUIRED, "inplace": False})
    lengths = (1,) if form.channels == 1 else (1, form.channels)
    mean, std = (numbers(given[name], name, lengths) for name in ("mean", "std"))
    if any(abs(one) < 1e-12 for one in std):
        raise NotCovered("It divides by zero.")
    return Normalize(mean, std)

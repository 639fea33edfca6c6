"""`Normalize`: (value - mean * 255) / (std * 255). The same up to the rounding of float32."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from grader.training.transforms.albumen import chance
from grader.training.transforms.arguments import bound, number, numbers, only
from grader.training.transforms.interface import Exactness, Form, NotCovered, Stated, Step

if TYPE_CHECKING:
    import torch

    from grader.training.transforms.draws import Drawn

NAMES = ("Normalize",)


@dataclass(frozen=True)
class Normalize(Step):
    mean: tuple[float, ...]
    std: tuple[float, ...]
    largest: float

    exactness: ClassVar[Exactness] = "same distribution"

    def after(self, form: Form) -> Form:
        if form.kind != "array":
            raise NotCovered("It is given a tensor.")
        return replace(form, values="floats")

    def apply(self, images: torch.Tensor, _drawn: Drawn, _form: Form) -> torch.Tensor:
        import torch

        from grader.training.placing import placed

        mean, std = (
            placed(torch.tensor(each, dtype=torch.float32).mul_(self.largest), images.device).view(-1, 1, 1)
            for each in (self.mean, self.std)
        )
        return images.float().sub_(mean).mul_(std.reciprocal())


def read(call: Stated, form: Form) -> Step:
    given = bound(
        call,
        {
            "mean": (0.485, 0.456, 0.406),
            "std": (0.229, 0.224, 0.225),
            "max_pixel_value": 255.0,
            "normalization": "standard",
            "always_apply": False,
            "p": 1.0,
        },
    )
    only(given["normalization"], "standard", "normalization")
    only(chance(given), 1.0, "p")
    mean, std = (numbers(given[name], name, (form.channels,)) for name in ("mean", "std"))
    if any(abs(one) < 1e-12 for one in std):
        raise NotCovered("It divides by zero.")
    return Normalize(mean, std, number(given["max_pixel_value"], "max_pixel_value", 1e-6))

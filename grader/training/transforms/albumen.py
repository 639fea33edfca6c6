"""What the transforms of albumentations share: they draw from Python's `random`, so draws cannot be the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from grader.training.transforms.arguments import number, numbers, only, probability
from grader.training.transforms.interface import Exactness, Form, NotCovered, Step
from grader.training.transforms.padding import Mode

if TYPE_CHECKING:
    import torch

    from grader.training.transforms.draws import Drawn

BORDERS: dict[int, Mode] = {0: "constant", 1: "edge", 2: "symmetric", 4: "reflect"}
"""OpenCV's border modes, with numpy's names for them."""


@dataclass(frozen=True)
class Random(Step):
    """A step that acts on an image with probability `p`; its first word decides."""

    p: float

    exactness: ClassVar[Exactness] = "same distribution"

    def after(self, form: Form) -> Form:
        if form.kind != "array":
            raise NotCovered("It is given a tensor.")
        return form

    def acts(self, drawn: Drawn) -> torch.Tensor:
        """(B,): on which images it acts."""
        return drawn.below(0, self.p)


def chance(given: Mapping[str, object]) -> float:
    """`p`, or 1 where `always_apply` says so."""
    return 1.0 if given.get("always_apply") is True else probability(given["p"])


def resized(form: Form, height: int, width: int) -> Form:
    if form.kind != "array":
        raise NotCovered("It is given a tensor.")
    return replace(form, height=height, width=width)


def both_ways(value: object, name: str, low: float, high: float) -> tuple[float, float]:
    """albumentations' `to_tuple`: a number reaches as far in both directions; a pair is taken as it is."""
    if isinstance(value, list | tuple):
        first, last = numbers(value, name, (2,), low, high)
    else:
        first, last = -number(value, name, 0, high), number(value, name, 0, high)
    if first > last:
        raise NotCovered(f"{name}={value!r} is in the wrong order.")
    return first, last


def linear_only(value: object) -> None:
    """OpenCV's INTER_LINEAR."""
    only(value, 1, "interpolation")

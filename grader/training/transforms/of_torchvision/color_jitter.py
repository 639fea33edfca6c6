"""`ColorJitter` of a picture: brightness, contrast and saturation in a drawn order. The same draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.training.transforms.arguments import bound, number, only, range_of
from grader.training.transforms.interface import Form, NotCovered, Stated, Step

if TYPE_CHECKING:
    import torch

    from grader.training.transforms.draws import Drawn

NAMES = ("ColorJitter",)


@dataclass(frozen=True)
class ColorJitter(Step):
    ranges: tuple[tuple[float, ...], ...]  # of brightness, contrast, saturation; () where it stays

    def words(self, _form: Form) -> int:
        return 3 + sum(1 for limits in self.ranges if limits)

    def after(self, form: Form) -> Form:
        if form.kind != "picture":
            raise NotCovered("It is given a tensor.")
        return form

    def apply(self, images: torch.Tensor, drawn: Drawn, _form: Form) -> torch.Tensor:
        from grader.training.placing import placed
        from grader.training.transforms import colours, draws

        order = draws.order_of_four(drawn.words_from(0, 3))
        factors, place = [], 3
        for limits in self.ranges:
            factors.append(drawn.uniform(place, limits[0], limits[1]) if limits else None)
            place += bool(limits)
        found = images.clone()
        for turn in range(4):
            for number_of, (factor, change) in enumerate(zip(factors, colours.CHANGES, strict=True)):
                rows = (order[:, turn] == number_of).nonzero().flatten()
                if factor is not None and len(rows):
                    at = placed(rows, images.device)
                    found[at] = change(found[at], factor[rows])
        return found


def read(call: Stated, _form: Form) -> Step:
    given = bound(call, dict.fromkeys(("brightness", "contrast", "saturation", "hue"), 0))
    if given["hue"] not in (None, (0, 0), [0, 0]):
        only(given["hue"], 0, "hue")
    return ColorJitter(tuple(_limits(given[name], name) for name in ("brightness", "contrast", "saturation")))


def _limits(value: object, name: str) -> tuple[float, ...]:
    if value is None:
        return ()
    if isinstance(value, list | tuple):
        found = range_of(value, name, 0, 100)
    else:
        both = number(value, name, 0, 100)
        found = (max(1 - both, 0.0), 1 + both)
    return () if found == (1.0, 1.0) else found

"""`RandomCrop`, with padding of every mode. Two draws per image, the same; none where there is no choice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from grader.training.transforms.arguments import REQUIRED, bound, flag, size
from grader.training.transforms.interface import Form, NotCovered, Stated, Step
from grader.training.transforms.padding import Padding, padding

if TYPE_CHECKING:
    import torch

    from grader.training.transforms.draws import Drawn

NAMES = ("RandomCrop",)


@dataclass(frozen=True)
class RandomCrop(Step):
    size: tuple[int, int]
    padding: Padding
    pad_if_needed: bool
    draws_both: bool  # the first version draws row and column as soon as one of them is open

    def words(self, form: Form) -> int:
        high, wide = self._choices(form)
        return 2 if self.draws_both and (high > 1 or wide > 1) else (high > 1) + (wide > 1)

    def after(self, form: Form) -> Form:
        if min(self._choices(form)) < 1:
            raise NotCovered("The image is smaller than what is cut out of it.")
        return replace(form, height=self.size[0], width=self.size[1])

    def apply(self, images: torch.Tensor, drawn: Drawn, form: Form) -> torch.Tensor:
        import torch

        from grader.training.transforms import framing

        starts, place, drawing = [], 0, self.words(form)
        for choices in self._choices(form):
            drawn_here = choices > 1 or (self.draws_both and drawing > 0)
            starts.append(drawn.integer(place, choices) if drawn_here else torch.zeros_like(drawn.at))
            place += drawn_here
        whole = framing.padded(images, self._whole_padding(form))
        return framing.cropped(whole, starts[0], starts[1], self.size)

    def _choices(self, form: Form) -> tuple[int, int]:
        """How many rows and columns a crop can start at."""
        padded = self._whole_padding(form).after(form)
        return padded.height - self.size[0] + 1, padded.width - self.size[1] + 1

    def _whole_padding(self, form: Form) -> Padding:
        """What is still missing is added on both sides, twice as much as needed: so torchvision does it."""
        if not self.pad_if_needed:
            return self.padding
        padded = self.padding.after(form)
        high, wide = max(self.size[0] - padded.height, 0), max(self.size[1] - padded.width, 0)
        if (high or wide) and self.padding.mode != "constant":
            raise NotCovered("It pads twice, with reflections of reflections.")
        sides = self.padding
        return replace(
            sides,
            left=sides.left + wide,
            right=sides.right + wide,
            top=sides.top + high,
            bottom=sides.bottom + high,
        )


def read(call: Stated, form: Form) -> Step:
    given = bound(
        call,
        {
            "size": REQUIRED,
            "padding": None,
            "pad_if_needed": False,
            "fill": 0,
            "padding_mode": "constant",
        },
    )
    around = 0 if given["padding"] is None else given["padding"]
    return RandomCrop(
        size(given["size"]),
        padding(around, given["padding_mode"], given["fill"], form),
        flag(given["pad_if_needed"], "pad_if_needed"),
        call.library == "torchvision",
    )

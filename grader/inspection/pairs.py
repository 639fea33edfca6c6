"""Models that take a digit beside each image and give two answers: the image's class, and the sum of both.

Students write them in many forms: the digit one-hot, as an index or as a number, the image first or second; the sum
as 19 classes, as 5 bits or as one number; two tensors in a tuple, a list or a dictionary, or one row of 29. Which form
a model has is found out by trying. From then on it is a function of images and digits that gives one row of numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from grader.inspection.digits import table
from grader.inspection.passes import digits_in_forms, images, outputs_of

MAX_OUTPUTS = 8
"""Of more tensors than these, the others are not looked at."""


class BadPair(Exception):
    """The model gives something else than it gave before; the message is a sentence for the student."""


@dataclass(frozen=True)
class Asked:
    """What a task asks for: so many classes of images, digits below `digits`, and so many sums."""

    classes: int
    digits: int
    sums: int

    @property
    def widths(self) -> tuple[int, ...]:
        """How many numbers a sum may have: one for each, one for each bit, or the sum itself. The likeliest first."""
        return self.sums, (self.sums - 1).bit_length(), 1


@dataclass(frozen=True)
class Calling:
    """How a model is given an image and a digit."""

    image_first: bool
    digit: str  # the form's name in `grader.inspection.digits`

    def inputs(self, pictures: torch.Tensor, digits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What forward takes; `digits` are in their form."""
        return (pictures, digits) if self.image_first else (digits, pictures)


@dataclass(frozen=True)
class Giving:
    """Which of a model's outputs are the scores of the image's class and of the sum; -1 where there is none.

    Where both are the same output, its first columns are the classes.
    """

    image_output: int
    sum_output: int
    sum_width: int

    def columns(self, outputs: list[torch.Tensor], classes: int) -> torch.Tensor:
        """One row for each image, (N, classes + sum_width): the class scores, then the sum's numbers."""
        first = outputs[self.image_output]
        if self.image_output == self.sum_output:
            return first[:, : classes + self.sum_width]
        second = outputs[self.sum_output]
        return torch.cat([first, second.reshape(len(first), self.sum_width)], dim=1)


def called(
    model: torch.nn.Module, input_shape: tuple[int, ...], asked: Asked
) -> tuple[Calling | None, tuple[torch.Tensor, ...]]:
    """How the model is called, and such inputs, batch 4; None, and images, where it takes only an image.

    Forward runs in eval mode, once for each form at the most.

    Raises:
        Exception: what the student's forward raises on an image and a one-hot digit, where it runs in no form.
    """
    pictures, faults = images(input_shape), list[Exception]()
    forms = digits_in_forms(asked.digits)
    for image_first in (True, False):
        for name, digits in forms.items():
            calling = Calling(image_first, name)
            inputs = calling.inputs(pictures, digits)
            fault = _fault(model, inputs)
            if fault is None:
                return calling, inputs
            faults.append(fault)
    if _fault(model, (pictures,)) is None:
        return None, (pictures,)
    raise faults[0]


def _fault(model: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> Exception | None:
    """What one forward pass raises; the random state is as before."""
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            model.eval()(*inputs)
    except Exception as error:
        return error
    return None


def given(outputs: list[torch.Tensor], asked: Asked) -> Giving:
    """Which outputs, of a batch, are what is asked for."""
    shapes = [tuple(tensor.shape[1:]) for tensor in outputs[:MAX_OUTPUTS]]
    image = _first(shapes, (asked.classes,))
    for width in asked.widths:
        if (both := _first(shapes, (asked.classes + width,))) >= 0 and width > 1:
            return Giving(both, both, width)
        fitting = [(width,), ()] if width == 1 else [(width,)]
        for shape in fitting:
            if (place := _first(shapes, shape)) >= 0:
                return Giving(image, place, width)
    return Giving(image, -1, 0)


def _first(shapes: list[tuple[int, ...]], wanted: tuple[int, ...]) -> int:
    return shapes.index(wanted) if wanted in shapes else -1


def sum_head(numbers: torch.Tensor, asked: Asked, head_of: Callable[[torch.Tensor], str]) -> str:
    """What the sum's numbers are, from their values: (N, width), finite. Bits are probabilities each by itself."""
    width = numbers.shape[1]
    if width == asked.sums:
        return head_of(numbers)
    in_range = bool(((numbers >= 0) & (numbers <= 1)).all())
    return "probabilities" if width > 1 and in_range else "logits"


class Paired:
    """A model as a function of images and digits, int64 (N,), that gives one row of numbers for each image.

    `fields` are those of `Calling` and `Giving`, as they come through JSON, and `classes` and `digits` of `Asked`.
    """

    def __init__(self, model: torch.nn.Module, fields: Mapping[str, Any]) -> None:
        self._model = model
        self._calling = Calling(fields["image_first"], fields["digit"])
        self._giving = Giving(fields["image_output"], fields["sum_output"], fields["sum_width"])
        self._classes, self._digits = fields["classes"], fields["digits"]
        self._tables: dict[torch.device, torch.Tensor] = {}

    def __call__(self, pictures: torch.Tensor, digits: torch.Tensor) -> torch.Tensor:
        """(N, classes + sum_width).

        Raises:
            BadPair: the outputs are not those that were found before.
        """
        device = pictures.device
        if device not in self._tables:
            self._tables[device] = table(self._calling.digit, self._digits, device)
        digits = self._tables[device].index_select(0, digits)
        outputs = outputs_of(self._model(*self._calling.inputs(pictures, digits)))
        try:
            return self._giving.columns(outputs, self._classes)
        except (IndexError, RuntimeError) as error:
            found = ", ".join(str(tuple(one.shape)) for one in outputs[:MAX_OUTPUTS])
            raise BadPair(
                f"Before, the model gave scores of the image's class and of the sum; now it gives {found or 'nothing'}."
            ) from error

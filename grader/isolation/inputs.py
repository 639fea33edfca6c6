"""What a model is shown to predict from: images, and for some tasks a digit beside each of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from grader.isolation.frames import Array
from grader.isolation.pair_answer import Pair
from grader.records import PairForm


@dataclass(frozen=True)
class Inputs:
    """Images, uint8 or float32, (N, ...), and where a model takes two inputs: digits, uint8, (N,), in which form it
    takes them, and what is asked of it."""

    images: Array
    digits: Array | None = None
    form: PairForm | None = None
    asked: Pair | None = None

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, rows: Any) -> Inputs:
        """Those at a slice or an array of places."""
        digits = None if self.digits is None else self.digits[rows]
        return replace(self, images=self.images[rows], digits=digits)

    def showing(self, images: Array) -> Inputs:
        """Other images, the same digits."""
        return replace(self, images=images)

    def columns(self, classes: int) -> int:
        """Numbers that the model gives for each image: the class scores first, then the sum's."""
        return classes + (self.form.sum_width if self.form else 0)

    @property
    def fields(self) -> dict[str, Any]:
        """What a request says beside the arrays."""
        return {"pair": pair_fields(self.form, self.asked)} if self.form and self.asked else {}

    @property
    def arrays(self) -> dict[str, Array]:
        given = {"images": self.images}
        return given if self.digits is None else {**given, "digits": self.digits}


def pair_fields(form: PairForm, asked: Pair) -> dict[str, Any]:
    """The form as plain values, as `grader.inspection.pairs.Paired` takes it."""
    return {
        "image_first": form.image_first,
        "digit": form.digit,
        "image_output": form.image_output,
        "sum_output": form.sum_output,
        "sum_width": form.sum_width,
        "classes": asked.classes,
        "digits": asked.digits,
    }

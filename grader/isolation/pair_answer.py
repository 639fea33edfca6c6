"""What a worker says of a model's two inputs and two outputs, checked field by field."""

from __future__ import annotations

from typing import Any, NamedTuple

from grader.isolation import checked
from grader.isolation.frames import ProtocolError
from grader.records import Absent, Entrypoint, PairForm

MOST_OUTPUTS = 8
FORMS = frozenset(
    (
        *("one_hot", "index", "column", "column_image", "number"),
        *("index_column", "one_hot_row", "bits", "one_hot_index"),
    )
)
"""The forms of a digit; a worker knows what they are, in `grader.inspection.digits`."""
HEADS = ("logits", "log_softmax", "probabilities")


class Pair(NamedTuple):
    """What a task with a digit beside each image asks for: classes of images, values of the digit, and sums."""

    classes: int
    digits: int
    sums: int

    @property
    def widths(self) -> tuple[int, ...]:
        """How many numbers a sum may have: one for each, one for each bit, or the sum itself."""
        return self.sums, (self.sums - 1).bit_length(), 1


def pair_form(value: Any, asked: Pair, entrypoint: Entrypoint) -> PairForm | Absent:
    """How the model takes the two inputs, and which outputs it gives.

    Raises:
        ProtocolError: the answer is not as agreed.
    """
    facts = checked.mapping(value, "pair")
    outputs = tuple(checked.shape(one) for one in checked.listed(facts.get("outputs"), MOST_OUTPUTS))
    places = checked.listed(facts.get("giving"), 3)
    if len(places) != 3 or not outputs:
        raise ProtocolError("giving")
    image, total = (checked.place(one, len(outputs)) for one in places[:2])
    width = checked.count(places[2], asked.sums + 1)
    if (total >= 0) != (width in asked.widths):
        raise ProtocolError("giving")
    head = checked.one_of(facts.get("sum_head"), HEADS, "sum_head")
    calling = facts.get("calling")
    if calling is None:
        return _only_an_image(entrypoint)
    image_first, digit = checked.listed(calling, 2) if len(checked.listed(calling, 2)) == 2 else (None, None)
    return PairForm(
        image_first=checked.truth(image_first),
        digit=checked.one_of(digit, FORMS, "digit"),
        outputs=outputs,
        image_output=image,
        sum_output=total,
        sum_width=width,
        sum_head=head,
    )


def _only_an_image(entrypoint: Entrypoint) -> Absent:
    return Absent(
        "failed",
        f"{entrypoint.call} takes only an image: forward has no second input for the digit.",
        "Let forward take both: `def forward(self, image, digit)`.",
        "inspect",
    )

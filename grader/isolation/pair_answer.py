"""What a worker says of a model's two inputs and two outputs, checked field by field."""

from __future__ import annotations

from typing import Any, NamedTuple

from grader.isolation import checked
from grader.isolation.frames import ProtocolError
from grader.records import PairForm

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


def pair_form(value: Any, asked: Pair) -> PairForm:
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
    image_first, digit = _calling(facts.get("calling"))
    return PairForm(
        image_first=image_first,
        digit=digit,
        outputs=outputs,
        image_output=image,
        sum_output=total,
        sum_width=width,
        sum_head=head,
    )


def _calling(value: Any) -> tuple[bool, str]:
    """Whether the image comes first, and the form of the digit; "" where the model takes none."""
    if value is None:
        return True, ""
    told = checked.listed(value, 2)
    if len(told) != 2:
        raise ProtocolError("calling")
    return checked.truth(told[0]), checked.one_of(told[1], FORMS, "digit")

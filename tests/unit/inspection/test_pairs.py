"""Models with two inputs and two outputs, in the forms that students write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from grader.inspection.measure import measure
from grader.inspection.pairs import Asked, BadPair, Paired, called, given

SHAPE = (1, 28, 28)
ASKED = Asked(10, 10, 19)
Digit = Callable[[torch.Tensor], torch.Tensor]
FLAT: dict[str, Digit] = {
    "one_hot": lambda d: d,
    "index": lambda d: functional.one_hot(d, 10).float(),
}


class Two(nn.Module):
    """`digit` makes ten numbers of the digit as it comes; `give` makes the answer of the two outputs."""

    def __init__(
        self, digit: Digit, give: Callable[..., Any], sums: int = 19, image_first: bool = True
    ) -> None:
        super().__init__()
        self.see, self.add = nn.Linear(784, 10), nn.Linear(20, sums)
        self.digit, self.give, self.image_first = digit, give, image_first

    def forward(self, one: torch.Tensor, other: torch.Tensor) -> Any:
        image, digit = (one, other) if self.image_first else (other, one)
        scores = self.see(image.flatten(1))
        return self.give(scores, self.add(torch.cat([scores, self.digit(digit)], dim=1)))


def pair(scores: torch.Tensor, sums: torch.Tensor) -> Any:
    return scores, sums


def facts(model: nn.Module) -> dict[str, Any]:
    return measure(model, SHAPE, with_table=True, pair=ASKED)


@pytest.mark.parametrize("image_first", [True, False])
@pytest.mark.parametrize("form", ["one_hot", "index"])
def test_the_form_and_the_order_are_found_by_trying(form: str, image_first: bool) -> None:
    found = facts(Two(FLAT[form], pair, image_first=image_first))
    assert found["pair"]["calling"] == [image_first, form]
    assert found["pair"]["outputs"] == [[10], [19]]
    assert (found["output_shape"], found["head"], found["finite"]) == ([10], "logits", True)
    assert found["parameters"] == 784 * 10 + 10 + 20 * 19 + 19


class Column(nn.Module):
    """The digit as one number: (N, 1), or with one more axis (N, 1, 1)."""

    def __init__(self, axes: int) -> None:
        super().__init__()
        self.axes, self.see, self.add = axes, nn.Linear(784, 10), nn.Linear(11, 19)

    def forward(self, image: torch.Tensor, digit: torch.Tensor) -> Any:
        if self.axes == 2:
            (digit,) = digit.unbind(2)
        scores = self.see(image.flatten(1))
        return scores, self.add(torch.cat([scores, digit], dim=1))


@pytest.mark.parametrize(("axes", "form"), [(1, "column"), (2, "column_image")])
def test_a_digit_as_a_number(axes: int, form: str) -> None:
    assert facts(Column(axes))["pair"]["calling"] == [True, form]


@pytest.mark.parametrize(
    ("give", "sums", "expected"),
    [
        (pair, 19, [0, 1, 19]),
        (lambda scores, total: [total, scores], 19, [1, 0, 19]),
        (lambda scores, total: {"digit": scores, "sum": total}, 5, [0, 1, 5]),
        (lambda scores, total: (scores, total), 1, [0, 1, 1]),
        (lambda scores, total: (scores, total[:, 0]), 1, [0, 1, 1]),
        (lambda scores, total: torch.cat([scores, total], dim=1), 19, [0, 0, 19]),
        (lambda scores, total: torch.cat([scores, total], dim=1), 5, [0, 0, 5]),
        (lambda scores, total: (scores, total, scores.mean(1)), 19, [0, 1, 19]),
        (lambda scores, total: scores, 19, [0, -1, 0]),
        (lambda scores, total: (total, total), 19, [-1, 0, 19]),
        (lambda scores, total: (scores, total), 20, [0, -1, 0]),
    ],
    ids=[
        "tuple", "sum first", "dictionary of bits", "number", "number without axis", "one row", "one row with bits",
        "three outputs", "no sum", "no class", "twenty sums",
    ],
)  # fmt: skip
def test_which_outputs_are_given(give: Callable[..., Any], sums: int, expected: list[int]) -> None:
    assert facts(Two(FLAT["one_hot"], give, sums))["pair"]["giving"] == expected


def test_what_the_sums_numbers_are() -> None:
    def heads(give: Callable[..., Any], sums: int = 19) -> tuple[str, str]:
        found = facts(Two(FLAT["one_hot"], give, sums))
        return found["head"], found["pair"]["sum_head"]

    assert heads(lambda s, t: (s.log_softmax(1), t.softmax(1))) == ("log_softmax", "probabilities")
    assert heads(lambda s, t: torch.cat([s, t.log_softmax(1)], dim=1)) == ("logits", "log_softmax")
    assert heads(lambda s, t: (s, t.sigmoid()), 5) == ("logits", "probabilities")
    assert heads(lambda s, t: (s, 5 * t - 2), 5) == ("logits", "logits")


class OnlyAnImage(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.see, self.add = nn.Linear(784, 10), nn.Linear(784, 19)

    def forward(self, image: torch.Tensor) -> Any:
        return self.see(image.flatten(1)), self.add(image.flatten(1))


def test_a_model_that_takes_only_an_image_is_measured_all_the_same() -> None:
    found = facts(OnlyAnImage())
    assert found["pair"]["calling"] is None
    assert found["pair"]["giving"] == [0, 1, 19]
    assert found["parameters"] == 784 * 29 + 29


class Broken(nn.Module):
    def forward(self, image: torch.Tensor, digit: torch.Tensor) -> Any:
        raise ArithmeticError("the student's own")


def test_what_the_student_raises_is_raised() -> None:
    with pytest.raises(ArithmeticError, match="the student's own"):
        called(Broken(), SHAPE, ASKED)


def test_operators_of_both_branches_are_recorded() -> None:
    found = facts(Two(FLAT["one_hot"], pair))
    linear = [row for row in found["structure"]["operators"] if row["kind"] == "linear"]
    assert [row["parameters"] for row in linear] == [7_850, 399]
    assert found["structure"]["unused_parameters"] == 0
    assert found["structure"]["ungraded_parameters"] == 0


FIELDS = {
    "image_first": False,
    "digit": "index",
    "image_output": 1,
    "sum_output": 0,
    "sum_width": 19,
    "classes": 10,
    "digits": 10,
}


def test_a_paired_model_gives_one_row() -> None:
    model = Two(FLAT["index"], lambda scores, total: (total, scores), image_first=False).eval()
    pictures, digits = torch.rand(3, *SHAPE), torch.tensor([7, 0, 9])
    total, scores = model(digits, pictures)
    assert torch.equal(Paired(model, FIELDS)(pictures, digits), torch.cat([scores, total], dim=1))


def test_a_model_that_gives_something_else_later_is_named() -> None:
    model = Two(FLAT["index"], lambda scores, total: scores, image_first=False)
    with pytest.raises(BadPair, match=r"now it gives \(2, 10\)\."):
        Paired(model, FIELDS)(torch.rand(2, *SHAPE), torch.tensor([1, 2]))


def test_many_outputs_are_not_looked_at_without_end() -> None:
    many = [torch.zeros(4, 3)] * 8 + [torch.zeros(4, 10), torch.zeros(4, 19)]
    assert given(many, ASKED).image_output == -1

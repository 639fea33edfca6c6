"""What a worker says of two inputs and two outputs: every field is checked, and none is trusted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.inspection.digits import FORMS as KNOWN_TO_WORKERS
from grader.inspection.pairs import MAX_OUTPUTS, Asked
from grader.isolation.frames import ProtocolError
from grader.isolation.inputs import Inputs
from grader.isolation.pair_answer import FORMS, MOST_OUTPUTS, Pair, pair_form
from grader.records import PairForm

ASKED = Pair(10, 10, 19)
GOOD: dict[str, Any] = {
    "calling": [True, "one_hot"],
    "outputs": [[10], [19]],
    "giving": [0, 1, 19],
    "sum_head": "logits",
}


def test_an_answer_becomes_a_record() -> None:
    expected = PairForm(True, "one_hot", ((10,), (19,)), 0, 1, 19, "logits")
    assert pair_form(GOOD, ASKED) == expected
    assert expected.is_whole


def test_a_model_that_takes_no_digit_is_not_whole() -> None:
    found = pair_form({**GOOD, "calling": None}, ASKED)
    assert (found.digit, found.is_whole) == ("", False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"calling": [True]},
        {"calling": ["yes", "one_hot"]},
        {"calling": [True, "on\x1b[2Je_hot"]},
        {"calling": [True, ["one_hot"]]},
        {"calling": 3},
        {"outputs": []},
        {"outputs": [[10]] * 9},
        {"outputs": [[-1], [19]]},
        {"giving": [0, 1]},
        {"giving": [0, 2, 19]},
        {"giving": [0, 1, 7]},
        {"giving": [0, -1, 19]},
        {"giving": [0, 1, 0]},
        {"giving": [0, 1, 2**40]},
        {"giving": None},
        {"sum_head": "anything"},
        {"sum_head": None},
    ],
    ids=str,
)
def test_what_is_not_as_agreed_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError):
        pair_form({**GOOD, **wrong}, ASKED)


@pytest.mark.parametrize("value", [None, [], "pair", 7])
def test_an_answer_without_it_is_refused(value: object) -> None:
    with pytest.raises(ProtocolError):
        pair_form(value, ASKED)


def test_both_sides_know_the_same_forms() -> None:
    assert set(KNOWN_TO_WORKERS) == FORMS
    assert MAX_OUTPUTS == MOST_OUTPUTS
    assert Asked(*ASKED).widths == ASKED.widths == (19, 5, 1)


def test_inputs_keep_digits_and_images_together() -> None:
    form = pair_form(GOOD, ASKED)
    given = Inputs(np.arange(8).reshape(4, 2), np.array([5, 6, 7, 8], np.uint8), form, ASKED)
    chosen = given[np.array([3, 0])]
    assert chosen.digits is not None
    assert (chosen.images.tolist(), chosen.digits.tolist(), len(chosen)) == ([[6, 7], [0, 1]], [8, 5], 2)
    assert (chosen.columns(10), set(chosen.arrays)) == (29, {"images", "digits"})
    assert chosen.fields["pair"]["digits"] == 10
    other = chosen.showing(np.zeros((2, 2)))
    assert (other.images.sum(), other.digits is chosen.digits) == (0, True)


def test_images_alone_are_as_they_were() -> None:
    plain = Inputs(np.zeros((3, 2)))
    assert (plain.fields, set(plain.arrays), plain.columns(10), len(plain[:2])) == ({}, {"images"}, 10, 2)

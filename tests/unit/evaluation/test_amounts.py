"""Limits for a whole number."""

from __future__ import annotations

import pytest

from grader.evaluation.amounts import Amount


@pytest.mark.parametrize(
    ("amount", "allowed"),
    [
        (Amount(exactly=3), {3}),
        (Amount(at_least=3), {3, 4, 5}),
        (Amount(at_most=3), {1, 2, 3}),
        (Amount(fewer_than=3), {1, 2}),
        (Amount(at_least=2, at_most=4), {2, 3, 4}),
        (Amount(at_least=2, fewer_than=4), {2, 3}),
    ],
    ids=str,
)
def test_what_it_allows(amount, allowed):
    assert {number for number in range(1, 6) if amount.allows(number)} == allowed
    assert amount.fault() == ""


@pytest.mark.parametrize(
    "amount",
    [
        Amount(),
        Amount(exactly=3, at_least=3),
        Amount(at_most=3, fewer_than=3),
        Amount(at_least=4, at_most=3),
        Amount(at_least=3, fewer_than=3),
    ],
    ids=str,
)
def test_what_cannot_stand_together(amount):
    assert amount.fault()


def test_how_it_is_said():
    assert Amount(exactly=1200).of("epoch", "epochs") == "1,200 epochs"
    assert Amount(exactly=1).of("epoch", "epochs") == "1 epoch"
    assert Amount(at_least=2, fewer_than=9).of("epoch", "epochs") == "at least 2 and fewer than 9 epochs"

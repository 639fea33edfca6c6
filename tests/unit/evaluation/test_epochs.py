"""How many epochs are trained, for each way in which an assignment limits them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.evaluation.epochs import epochs_to_train
from grader.spec.schema import Epochs

ONE = Epochs(exactly=1)
FIFTEEN = Epochs(at_most=15)
ANY = Epochs(at_most="student", cap=60)


@pytest.mark.parametrize(
    ("stated", "limits", "trained", "sentence"),
    [
        (1, ONE, 1, "1 epoch, as the assignment asks."),
        (20, ONE, 1, "1 epoch, as the assignment asks; your training has 20."),
        (0, ONE, 1, "1 epoch, as the assignment asks."),
        (10, Epochs(exactly=20), 20, "20 epochs, as the assignment asks; your training has 10."),
        (12, FIFTEEN, 12, "12 epochs, as your training has; the assignment allows 15."),
        (15, FIFTEEN, 15, "15 epochs, as your training has; the assignment allows 15."),
        (16, FIFTEEN, 15, "15 epochs, the assignment's limit; your training has 16."),
        (
            0,
            FIFTEEN,
            15,
            "15 epochs, the assignment's limit: how many your own training has could not be found out.",
        ),
        (18, ANY, 18, "18 epochs, as your training has; the assignment allows any number."),
        (60, ANY, 60, "60 epochs, as your training has; the assignment allows any number."),
        (
            200,
            ANY,
            60,
            "60 epochs, the grader's cap and no limit of the assignment; your training has 200.",
        ),
        (
            0,
            ANY,
            60,
            "60 epochs, the grader's cap and no limit of the assignment: how many your own training has "
            "could not be found out.",
        ),
    ],
)
def test_the_number_and_why(stated, limits, trained, sentence):
    assert epochs_to_train(stated, limits)[:2] == (trained, sentence)


@pytest.mark.parametrize(
    ("stated", "limits", "by_cap"),
    [(200, ANY, True), (60, ANY, False), (0, ANY, False), (16, FIFTEEN, False), (20, ONE, False)],
)
def test_only_a_cap_ends_a_training_that_the_assignment_would_let_go_on(stated, limits, by_cap):
    assert epochs_to_train(stated, limits).capped is by_cap


@given(st.integers(-3, 10**12), st.sampled_from([ONE, FIFTEEN, ANY]))
def test_no_limit_is_ever_passed_and_something_is_trained(stated, limits):
    trained, sentence, capped = epochs_to_train(stated, limits)
    assert capped is (limits is ANY and stated > trained)
    assert 1 <= trained <= limits.limit
    assert len(sentence) < 200

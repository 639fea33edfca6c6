"""Sums that a model gives, in each form."""

from __future__ import annotations

import numpy as np
import pytest

from grader.evaluation.sums import answers, sum_accuracy


def test_a_score_for_each_sum() -> None:
    assert answers(np.eye(19, dtype=np.float32)[[18, 0, 7]], "logits", 19).tolist() == [18, 0, 7]


def test_bits_with_the_highest_first() -> None:
    bits = np.array([[1, 0, 0, 1, 0], [0, 0, 0, 0, 1], [1, 1, 1, 1, 1]], np.float32)
    assert answers(bits, "probabilities", 19).tolist() == [18, 1, 31]
    assert answers(4 * bits - 2, "logits", 19).tolist() == [18, 1, 31]
    assert answers(bits * 0.4, "probabilities", 19).tolist() == [0, 0, 0]


def test_the_number_itself_is_rounded() -> None:
    numbers = np.array([[17.6], [-0.4], [1e30], [-9.0]], np.float32)
    assert answers(numbers, "logits", 19).tolist() == [18, 0, 19, -1]


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("width", [19, 5, 1])
def test_what_is_no_number_is_never_right(width: int, wrong: float) -> None:
    numbers = np.zeros((2, width), np.float32)
    numbers[0, 0] = wrong
    assert answers(numbers, "logits", 19).tolist() == [-1, 0]


def test_the_share_that_is_right_and_its_spread() -> None:
    found = sum_accuracy(np.eye(19, dtype=np.float32)[[1, 2, 3, 4]], np.array([1, 2, 3, 9]), "logits", 19)
    assert (found.name, found.value, found.n, found.values) == ("sum_accuracy", 0.75, 4, (0.75,))
    assert found.spread == pytest.approx(0.2165, abs=1e-4)

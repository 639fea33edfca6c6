"""The forms of a second input."""

from __future__ import annotations

import numpy as np
import pytest

from grader.data.digit_forms import FORMS

NUMBERS = np.array([0, 3, 9], np.uint8)


@pytest.mark.parametrize(
    ("form", "dtype", "expected"),
    [
        ("index", np.int64, [0, 3, 9]),
        ("column", np.float32, [[0], [3], [9]]),
        ("column_image", np.float32, [[[0]], [[3]], [[9]]]),
        ("bits", np.float32, [[0, 0, 0, 0], [0, 0, 1, 1], [1, 0, 0, 1]]),
        ("one_hot", np.float32, np.eye(10)[[0, 3, 9]].tolist()),
    ],
)
def test_digits(form: str, dtype: type, expected: list[object]) -> None:
    found = FORMS[form](NUMBERS, 10)
    assert found.dtype == dtype
    assert found.tolist() == expected


def test_sums_take_five_bits_and_nineteen_places() -> None:
    sums = np.array([18, 16], np.uint8)
    assert FORMS["bits"](sums, 19).tolist() == [[1, 0, 0, 1, 0], [1, 0, 0, 0, 0]]
    assert FORMS["one_hot"](sums, 19).shape == (2, 19)
    assert FORMS["one_hot"](sums, 19).argmax(axis=1).tolist() == [18, 16]

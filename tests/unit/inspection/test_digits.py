"""The forms of a digit beside an image."""

from __future__ import annotations

import pytest
import torch

from grader.inspection.digits import FORMS, table

NUMBERS = torch.tensor([0, 3, 9])


@pytest.mark.parametrize(
    ("form", "dtype", "expected"),
    [
        ("index", torch.int64, [0, 3, 9]),
        ("index_column", torch.int64, [[0], [3], [9]]),
        ("number", torch.float32, [0, 3, 9]),
        ("column", torch.float32, [[0], [3], [9]]),
        ("column_image", torch.float32, [[[0]], [[3]], [[9]]]),
        ("bits", torch.float32, [[0, 0, 0, 0], [0, 0, 1, 1], [1, 0, 0, 1]]),
        ("one_hot", torch.float32, torch.eye(10)[[0, 3, 9]].tolist()),
        ("one_hot_index", torch.int64, torch.eye(10, dtype=torch.int64)[[0, 3, 9]].tolist()),
        ("one_hot_row", torch.float32, torch.eye(10)[[0, 3, 9]][:, None].tolist()),
    ],
)
def test_digits(form: str, dtype: torch.dtype, expected: list[object]) -> None:
    found = FORMS[form](NUMBERS, 10)
    assert found.dtype == dtype
    assert found.tolist() == expected


def test_sums_take_five_bits_and_nineteen_places() -> None:
    sums = torch.tensor([18, 16])
    assert FORMS["bits"](sums, 19).tolist() == [[1, 0, 0, 1, 0], [1, 0, 0, 0, 0]]
    assert FORMS["one_hot"](sums, 19).argmax(dim=1).tolist() == [18, 16]


@pytest.mark.parametrize("form", FORMS)
def test_a_table_holds_every_number_in_its_form(form: str) -> None:
    looked_up = table(form, 10, torch.device("cpu")).index_select(0, NUMBERS)
    assert torch.equal(looked_up, FORMS[form](NUMBERS, 10))

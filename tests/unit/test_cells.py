"""Names of cells, as spreadsheets have them."""

from __future__ import annotations

import pytest

from grader.cells import MAX_COLUMN, cell_name, column_name, column_number, range_name


@pytest.mark.parametrize(
    ("number", "name"), [(1, "A"), (26, "Z"), (27, "AA"), (52, "AZ"), (703, "AAA"), (16384, "XFD")]
)
def test_columns(number: int, name: str) -> None:
    assert column_name(number) == name
    assert column_number(name) == column_number(name.lower()) == number


def test_every_column_has_one_name() -> None:
    assert [column_number(column_name(number)) for number in range(1, MAX_COLUMN + 1)] == list(
        range(1, MAX_COLUMN + 1)
    )


def test_places() -> None:
    assert cell_name((12, 28)) == "AB12"
    assert range_name((1, 1), (5, 1)) == "A1:A5"
    assert range_name((1, 1), (1, 1)) == "A1"

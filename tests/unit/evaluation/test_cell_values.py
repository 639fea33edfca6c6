"""The values of a whole workbook: chains, circles, saved values that the formulas do not give."""

from __future__ import annotations

import time

import pytest

from grader.cells import Book, Cell, Place, Sheet
from grader.evaluation import cell_values
from grader.evaluation.cell_values import Worked, worked_out


def worked(cells: dict[Place, Cell]) -> Worked:
    return worked_out(Book("a.xlsx", (Sheet("S", cells),)))


def test_a_chain_of_thousands_in_any_order_is_worked_out() -> None:
    length = 5_000
    cells = {(row, 1): Cell(None, f"A{row + 1}+1") for row in range(1, length)}
    cells[length, 1] = Cell(0.0)
    assert worked(cells).numbers[0][1, 1] == length - 1


def test_a_circle_keeps_what_was_saved() -> None:
    found = worked({(1, 1): Cell(7.0, "B1+1"), (1, 2): Cell(8.0, "A1*2"), (1, 3): Cell(None, "C1")})
    assert found.numbers[0][1, 1] == 7 or found.numbers[0][1, 2] == 8
    assert (1, 3) not in found.numbers[0]
    assert any("goes round in a circle" in note for note in found.notes)


def test_a_saved_value_that_the_formula_does_not_give_is_said() -> None:
    found = worked({(1, 1): Cell(2.0), (1, 2): Cell(4.1, "A1*2"), (1, 3): Cell(4.0000001, "A1*2")})
    assert found.numbers[0][1, 2] == 4
    assert found.stale == (((0, (1, 2)), 4.1, 4.0),)
    assert found.notes == ("a.xlsx, S!B1: 4.1 is saved, and its formula gives 4.",)


def test_another_function_keeps_its_saved_value_with_a_note() -> None:
    found = worked(
        {(1, 1): Cell(3.0, "VLOOKUP(1,2,3)"), (1, 2): Cell(None, "A1+1"), (1, 3): Cell(None, "NOW()")}
    )
    assert found.numbers[0] == {(1, 1): 3.0, (1, 2): 4.0}
    assert (
        "a.xlsx: 1 formula keeps its saved value: the function VLOOKUP is not worked out here." in found.notes
    )


def test_too_many_formulas_keep_their_saved_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cell_values, "MAX_FORMULAS", 10)
    found = worked({(row, 1): Cell(1.0, "1+1") for row in range(1, 21)})
    assert sorted(found.numbers[0].values()) == [1.0] * 10 + [2.0] * 10
    assert "a.xlsx: 10 formulas keep their saved values: there are too many formulas." in found.notes


def test_formulas_that_read_everything_end_in_time() -> None:
    """Each names as many cells as it may; together they would read 8 million."""
    cells = {(row, 1): Cell(1.0) for row in range(1, 4_001)}
    cells |= {(row, 2): Cell(0.0, "SUM(A1:A4000)") for row in range(1, 2_001)}
    began = time.process_time()
    found = worked(cells)
    assert found.numbers[0][1, 2] == 4_000
    assert time.process_time() - began < 10


def test_a_formula_with_many_large_ranges_is_not_worked_out() -> None:
    found = worked({(1, 1): Cell(1.0, "+".join(["SUM(B1:B4000)"] * 50))})
    assert any("very large ranges" in note for note in found.notes)


def test_texts_of_students_are_clean_in_notes() -> None:
    book = Book("a.xlsx", (Sheet("S", {(1, 1): Cell(None, "\u202e\x1b[31m")}),))
    (note,) = worked_out(book).notes
    assert "\x1b" not in note
    assert "\u202e" not in note

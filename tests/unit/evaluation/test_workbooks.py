"""What is found in a workbook: the table in any order and wording, its mistakes where they are made, the error series."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from grader.cells import Book, Cell, Place, Sheet
from grader.evaluation.backprop import CLASS_START, QUANTITIES, Start, after, errors, quantities
from grader.evaluation.workbooks import examined
from grader.records import Absent, ErrorSeries, Workbook
from grader.report.json import from_json, to_json

Edit = Callable[[dict[str, list[float]]], None]


def trace(rate: float = 0.5, lines: int = 12, start: Start = CLASS_START) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in QUANTITIES}
    for _ in range(lines):
        for name, value in quantities(start).items():
            found[name].append(value)
        start = after(start, rate)
    return found


def sheet(
    columns: dict[str, list[float]],
    *,
    turned: bool = False,
    headers: bool = True,
    formulas: bool = True,
    order: Sequence[str] = QUANTITIES,
    at: Place = (3, 2),
) -> Sheet:
    """Numbers as formulas that give them, or as they are."""
    cells: dict[Place, Cell] = {}
    for across, name in enumerate(order):
        listed: list[Cell] = [Cell(name)] if headers else []
        listed += [Cell(value, f"{value!r}+0*$ZZ$1") if formulas else Cell(value) for value in columns[name]]
        for down, cell in enumerate(listed):
            row, column = (at[0] + across, at[1] + down) if turned else (at[0] + down, at[1] + across)
            cells[row, column] = cell
    return Sheet("S", cells)


def seen(*sheets: Sheet) -> Workbook:
    return examined((Book("a.xlsx", sheets),))


def wrong(found: Workbook) -> dict[str, str]:
    return {one.name: one.wrong_at.rpartition("!")[2] for one in found.quantities if one.wrong_at}


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("headers", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
def test_a_right_table_is_found_in_any_layout(turned: bool, headers: bool, backwards: bool) -> None:
    order = QUANTITIES[::-1] if backwards else QUANTITIES
    found = seen(sheet(trace(), turned=turned, headers=headers, order=order))
    assert {one.name for one in found.quantities} == set(QUANTITIES)
    assert all(one.found_by == "value" and one.formulas == 12 for one in found.quantities)
    assert wrong(found) == {}
    assert isinstance(found.error, ErrorSeries)
    assert (found.error.rate, found.error.values, found.error.rises_at) == (0.5, 12, "")
    assert found.error.first == pytest.approx(0.24252, abs=5e-6)


def test_constants_beside_each_line_are_no_weights() -> None:
    """A learning rate of 0.5, and w7 that begins with 0.5; inputs that are there are taken."""
    columns = {"η": [0.5] * 12, "t1": [0.01] * 12, "i2": [0.10] * 12, **trace()}
    found = seen(sheet(columns, order=("η", "t1", "i2", *QUANTITIES), headers=False))
    assert wrong(found) == {}
    assert next(one for one in found.quantities if one.name == "w7").place == "a.xlsx, S!K3:K14"


def move(name: str, line: int, by: float) -> Edit:
    def edit(columns: dict[str, list[float]]) -> None:
        columns[name][line] += by

    return edit


@pytest.mark.parametrize(("name", "line"), [("dE/dw5", 0), ("dE/dw1", 4), ("a_h2", 3), ("E_total", 0)])
def test_one_wrong_value_is_named_with_its_cell_and_nothing_else(name: str, line: int) -> None:
    columns = trace()
    move(name, line, 0.01)(columns)
    expected = {name}
    if name == "dE/dw5":
        expected |= {"w5"}  # which did not move by it here
    if name == "dE/dw1":
        expected |= {"w1"}
    if name == "a_h2":
        expected |= {
            "o1",
            "o2",
            "dE/dw6",
            "dE/dw8",
        }  # numbers that did not follow it here
    found = seen(sheet(columns))
    assert set(wrong(found)) == expected
    assert wrong(found)[name].endswith(str(4 + line))
    (one,) = (one for one in found.quantities if one.name == name)
    assert one.wrong - one.expected == pytest.approx(0.01)
    assert one.deviation == pytest.approx(0.01)


def test_a_mistake_that_the_rest_follows_counts_once() -> None:
    """All weights after the first line come from a wrong gradient, and everything follows from them."""
    start, columns = CLASS_START, {name: [] for name in QUANTITIES}
    for _ in range(12):
        now = quantities(start)
        now["dE/dw5"] *= 2
        for name in QUANTITIES:
            columns[name].append(now[name])
        start = Start(tuple(now[f"w{k}"] - 0.5 * now[f"dE/dw{k}"] for k in range(1, 9)))
    found = seen(sheet(columns))
    assert set(wrong(found)) == {"dE/dw5"}
    assert next(one for one in found.quantities if one.name == "dE/dw5").found_by == "header"


def test_another_first_weight_is_followed_from_there() -> None:
    own = Start((0.9, *CLASS_START.weights[1:]))
    found = seen(sheet(trace(start=own)))
    assert wrong(found) == {}
    assert isinstance(found.error, ErrorSeries)
    assert found.error.first == quantities(own)["E_total"] != pytest.approx(0.24252, abs=5e-6)
    assert [one.rate for one in found.series] == [0.5]


def test_a_weight_that_is_missing_leaves_the_table_uncompared() -> None:
    columns = trace()
    found = seen(sheet(columns, order=[name for name in QUANTITIES if name != "w3"]))
    assert {one.deviation for one in found.quantities} == {-1.0}


@pytest.mark.parametrize("rate", [0.1, 0.2, 0.5, 0.8, 1.0, 2.0])
@pytest.mark.parametrize("digits", [4, 15])
def test_a_series_of_numbers_belongs_to_the_rate_that_gives_it(rate: float, digits: int) -> None:
    listed = [round(value, digits) for value in itertools.islice(errors(CLASS_START, rate), 40)]
    cells = {(row, 1): Cell(value) for row, value in enumerate(listed, 2)} | {(1, 1): Cell("η = 17")}
    (found,) = seen(Sheet("S", cells)).series
    assert (found.rate, found.place, found.values, found.formulas) == (rate, "a.xlsx, S!A2:A41", 40, 0)


def test_what_follows_no_rate_is_no_series() -> None:
    listed = [0.24252 - 0.004 * step for step in range(40)]
    noise = [0.24252, 0.1, 0.2] * 5
    short = list(itertools.islice(errors(CLASS_START, 0.5), 9))
    for values in (listed, noise, short, [0.24252] * 40):
        assert seen(Sheet("S", {(row, 1): Cell(value) for row, value in enumerate(values, 1)})).series == ()


def test_the_first_cell_that_rises_is_named() -> None:
    columns = trace()
    columns["E_total"][6] = columns["E_total"][5] + 0.1
    found = seen(sheet(columns))
    assert isinstance(found.error, ErrorSeries)
    assert found.error.rises_at == "a.xlsx, S!T10"


def test_the_table_with_most_formulas_is_taken() -> None:
    found = seen(replace(sheet(trace(), formulas=False), name="pasted"), sheet(trace()))
    assert all(one.numbers == 0 and "S!" in one.place for one in found.quantities)


@pytest.mark.parametrize(
    "cells", [{}, {(1, 1): Cell("w1")}, {(row, 1): Cell(float(row)) for row in range(1, 200)}], ids=len
)
def test_without_a_table_a_person_looks(cells: dict[Place, Cell]) -> None:
    found = seen(Sheet("S", cells))
    assert isinstance(found.error, Absent)
    assert (found.error.cause, found.quantities) == ("review", ())


@pytest.mark.parametrize("huge", [1e308, -1e308, 1e-320])
def test_enormous_numbers_end_in_finite_evidence(huge: float, example_records) -> None:
    columns = {name: [values[0], *([huge] * 11)] for name, values in trace().items()}
    found = seen(sheet(columns))
    assert wrong(found)
    record = example_records["full_marks"]
    whole = replace(record, evidence=replace(record.evidence, workbook=found))
    assert from_json(to_json(whole)) == whole
    assert "NaN" not in str(found).replace("nan", "NaN")
    assert "inf" not in str(found)


def test_what_could_not_be_opened_is_told_apart() -> None:
    books = (Book("a\x1b.xlsx", (), "is protected", "reader"), Book("b.xlsx", (), "is no zip", "file"))
    found = examined(books)
    assert [one.path for one in found.unreadable] == ["a\\x1b.xlsx"]
    assert [(one.path, one.reason) for one in found.broken] == [("b.xlsx", "is no zip")]


def test_a_number_that_is_typed_as_a_formula_is_a_number() -> None:
    typed = sheet(trace(), formulas=False)
    cells = {
        place: Cell(one.value, repr(one.value)) if isinstance(one.value, float) else one
        for place, one in typed.cells.items()
    }
    found = seen(replace(typed, cells=cells))
    assert {(one.formulas, one.numbers) for one in found.quantities} == {(0, 12)}
    assert found.sheets[0].formulas == 0

"""A table of the class network held against a recomputation: each value from the values that it has before it.

So one mistake is found where it is made. A wrong gradient makes all later weights wrong, and a wrong activation every
output; still everything else follows from these.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from statistics import median

from grader.evaluation.backprop import CLASS_START, FORWARD, GRADIENTS, QUANTITIES, WEIGHTS, Start, quantities
from grader.evaluation.backprop_table import Column, Table, start_of
from grader.records import Absent, ErrorSeries, Quantity
from grader.text import clean

TOLERANCE = 1e-6
"""How far the value of a formula may be off."""
ROUNDED = 6e-4
"""How far a number may be off: it may be rounded to three decimals."""
LARGEST = 1e12

_Expected = dict[str, list[float]]


def start_in(table: Table) -> Start | None:
    """What the table itself begins with; None where it does not have all weights."""
    if not all(weight in table.columns for weight in WEIGHTS):
        return None
    return _start_at(table, 0)


def compared(table: Table, file: str) -> tuple[tuple[Quantity, ...], float]:
    """(every quantity of the table, the learning rate that it moves with or -1)."""
    expected = _expected(table)
    rate = _rate(table, expected)
    expected |= _updated(table, expected, rate)
    found = (table.columns[name] for name in QUANTITIES if name in table.columns)
    return tuple(_quantity(table, file, one, expected.get(one.name, [])) for one in found), rate


def total_error(table: Table, file: str, rate: float) -> ErrorSeries | Absent:
    column = table.columns.get("E_total")
    if column is None:
        return Absent(
            "review", "No column of total errors was found.", "Name its header E_total.", stage="workbook"
        )
    rises = risen(column.values)
    view, count = table.view, len(column.values)
    return ErrorSeries(
        rate=rate,
        place=_place(file, view.range_name(table.line, column.column, count)),
        values=count,
        formulas=view.formulas(table.line, column.column, count),
        first=_kept(column.values[0]),
        last=_kept(column.values[-1]),
        rises_at=_place(file, view.name(table.line + rises, column.column)) if rises else "",
    )


def risen(values: list[float]) -> int:
    """The index of the first value that is larger than the one before; 0 where there is none."""
    return next((index for index, (one, two) in enumerate(pairwise(values), 1) if two > one + 1e-9), 0)


def _start_at(table: Table, step: int) -> Start:
    given = start_of(table)
    inputs, targets = CLASS_START.inputs, CLASS_START.targets
    return Start(
        weights=tuple(table.columns[weight].values[step] for weight in WEIGHTS),
        inputs=(given.get("i1", inputs[0]), given.get("i2", inputs[1])),
        targets=(given.get("t1", targets[0]), given.get("t2", targets[1])),
    )


def _expected(table: Table) -> _Expected:
    """Forward pass and gradients for each line, from its own values; {} where a weight is missing."""
    if start_in(table) is None:
        return {}
    lines = min(len(table.columns[weight].values) for weight in WEIGHTS)
    forward = [table.columns[name] for name in FORWARD if name in table.columns]
    found = []
    for step in range(lines):
        held = {one.name: one.values[step] for one in forward if step < len(one.values)}
        found.append(quantities(_start_at(table, step), held))
    return {name: [one[name] for one in found] for name in (*FORWARD, *GRADIENTS)}


def _rate(table: Table, expected: _Expected) -> float:
    """The learning rate that most weights move with in the first step; -1 where it cannot be told."""
    rates = []
    for weight in WEIGHTS:
        gradients = _gradients(table, expected, weight)
        values = table.columns[weight].values if weight in table.columns else []
        if len(values) > 1 and gradients and abs(gradients[0]) > 1e-12:
            rates.append((values[0] - values[1]) / gradients[0])
    rate = abs(median(rates)) if rates else 0.0  # uphill, too, it is a rate
    if not 0 < rate < LARGEST:
        return -1.0
    return round(rate, 4) if math.isclose(rate, round(rate, 4), rel_tol=1e-3) else rate


def _gradients(table: Table, expected: _Expected, weight: str) -> list[float]:
    """The table's own, right or wrong; the expected ones where it has none."""
    column = table.columns.get(f"dE/d{weight}")
    return column.values if column is not None else expected.get(f"dE/d{weight}", [])


def _updated(table: Table, expected: _Expected, rate: float) -> _Expected:
    """Each weight as one step makes it of the line before, with the table's own gradient."""
    if rate < 0 or not expected:
        return {}
    found: _Expected = {}
    for weight in WEIGHTS:
        values = table.columns[weight].values
        moved = zip(values, _gradients(table, expected, weight), strict=False)
        found[weight] = [values[0], *(value - rate * gradient for value, gradient in moved)]
    return found


def _quantity(table: Table, file: str, column: Column, expected: list[float]) -> Quantity:
    view, line, count = table.view, table.line, len(column.values)
    formulas = view.formulas(line, column.column, count)
    off = next(_off(column.values, expected, TOLERANCE if formulas else ROUNDED), None)
    return Quantity(
        name=column.name,
        place=_place(file, view.range_name(line, column.column, count)),
        found_by=column.found_by,
        formulas=formulas,
        numbers=count - formulas,
        first=_kept(column.values[0]),
        deviation=_deviation(column.values, expected),
        wrong_at=_place(file, view.name(line + off, column.column)) if off is not None else "",
        wrong=_kept(column.values[off]) if off is not None else 0.0,
        expected=_kept(expected[off]) if off is not None else 0.0,
    )


def _off(values: list[float], expected: list[float], tolerance: float) -> Iterator[int]:
    """Indices of values that are not as expected."""
    for index, (value, wanted) in enumerate(zip(values, expected, strict=False)):
        if not abs(value - wanted) <= tolerance * max(1.0, abs(wanted)):
            yield index


def _deviation(values: list[float], expected: list[float]) -> float:
    gaps = [abs(value - wanted) for value, wanted in zip(values, expected, strict=False)]
    return max((gap if gap <= LARGEST else LARGEST for gap in gaps), default=-1.0)


def _kept(value: float) -> float:
    """As a record can hold it: finite, and no larger than a reader can use."""
    return value if abs(value) <= LARGEST else math.copysign(LARGEST, value)


def _place(file: str, where: str) -> str:
    return clean(f"{file}, {where}", 200)

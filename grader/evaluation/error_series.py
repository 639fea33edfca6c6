"""Series of total errors in a workbook, and the learning rate that each of them follows from.

They may be numbers: one table cannot show six learning rates at once. A header is not believed: a series belongs to the
rate that gives its values.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import lru_cache

from grader.evaluation.backprop import Start, errors
from grader.evaluation.backprop_compare import risen
from grader.evaluation.backprop_table import View
from grader.records import ErrorSeries
from grader.text import clean

FEWEST = 10
"""Values that a series must have."""
TOLERANCE = 6e-4
"""Numbers may be rounded to three decimals."""
COMPARED = 200
MAX_TRIED = 400
RATES = (*(hundredth / 100 for hundredth in range(1, 301)), 4.0, 5.0, 10.0)


def series(view: View, file: str, starts: tuple[Start, ...]) -> tuple[ErrorSeries, ...]:
    """Every series of a sheet that begins with the error of one of these starts and follows one learning rate."""
    firsts = [next(errors(start, 0.0)) for start in starts]
    found = []
    for line, column in itertools.islice(_beginnings(view, firsts), MAX_TRIED):
        values = view.run(line, column)
        gap, rate = min(_fit(values, start) for start in starts)
        if len(values) >= FEWEST and gap <= TOLERANCE:
            found.append(_series(view, file, (line, column), values, rate))
    return tuple(found)


def _beginnings(view: View, firsts: list[float]) -> Iterator[tuple[int, int]]:
    """Where the rate is small the second value is as near as the first: the upper one is the beginning."""

    def near(value: float | None) -> bool:
        return value is not None and any(abs(value - first) <= TOLERANCE for first in firsts)

    for line, column in sorted(place for place, value in view.numbers.items() if near(value)):
        if not near(view.numbers.get((line - 1, column))):
            yield line, column


def _fit(values: list[float], start: Start) -> tuple[float, float]:
    """(the largest gap, the learning rate that gives it): of the rate that comes nearest to these values."""
    last = min(len(values), FEWEST) - 1
    fitting = [rate for rate in RATES if abs(_errors(start, rate, FEWEST)[last] - values[last]) <= TOLERANCE]
    return min(((_gap(values, start, rate), rate) for rate in fitting), default=(TOLERANCE + 1, -1.0))


def _gap(values: list[float], start: Start, rate: float) -> float:
    expected = _errors(start, rate, COMPARED)
    return max(abs(value - wanted) for value, wanted in zip(values, expected, strict=False))


@lru_cache(maxsize=4_000)
def _errors(start: Start, rate: float, count: int) -> tuple[float, ...]:
    return tuple(itertools.islice(errors(start, rate), count))


def _series(view: View, file: str, place: tuple[int, int], values: list[float], rate: float) -> ErrorSeries:
    line, column = place
    rises = risen(values)
    return ErrorSeries(
        rate=rate,
        place=clean(f"{file}, {view.range_name(line, column, len(values))}", 200),
        values=len(values),
        formulas=view.formulas(line, column, len(values)),
        first=values[0],
        last=values[-1],
        rises_at=clean(f"{file}, {view.name(line + rises, column)}", 200) if rises else "",
    )

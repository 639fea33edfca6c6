"""Finding the class network's arithmetic in a sheet: which line is the first iteration, and what each column holds.

A column is known by its first value, which is the class's for whoever began with the class's weights, or else by its
header. Neither order nor wording matters, and iterations may run down or to the right.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from grader.cells import Place, Sheet, cell_name, range_name
from grader.evaluation.backprop import CLASS_START, GIVEN, QUANTITIES, WEIGHTS, quantities
from grader.evaluation.quantity_names import quantity_named

FEWEST = 10
"""Quantities that a line must have to be taken for an iteration."""
HEADERS_ABOVE = 6
LONGEST = 2_000
"""Iterations that are looked at."""
MAX_CANDIDATES = 200
_LIKE = 1e-4

FoundBy = Literal["value", "header"]


@dataclass(frozen=True)
class View:
    """A sheet as lines of iterations: as it is, or with rows and columns exchanged."""

    sheet: Sheet
    numbers: Mapping[Place, float]  # (line, column) → value
    turned: bool

    def place(self, line: int, column: int) -> Place:
        return (column, line) if self.turned else (line, column)

    def run(self, line: int, column: int) -> list[float]:
        """The numbers from there on, up to the first cell that has none."""
        found: list[float] = []
        while len(found) < LONGEST and (value := self.numbers.get((line + len(found), column))) is not None:
            found.append(value)
        return found

    def formulas(self, line: int, column: int, count: int) -> int:
        cells = (self.sheet.cells[self.place(line + step, column)] for step in range(count))
        return sum(cell.computes for cell in cells)

    def name(self, line: int, column: int) -> str:
        return f"{self.sheet.name}!{cell_name(self.place(line, column))}"

    def range_name(self, line: int, column: int, count: int) -> str:
        last = self.place(line + max(count, 1) - 1, column)
        return f"{self.sheet.name}!{range_name(self.place(line, column), last)}"


@dataclass(frozen=True)
class Column:
    name: str
    column: int
    found_by: FoundBy
    values: list[float]


@dataclass(frozen=True)
class Table:
    view: View
    line: int  # of the first iteration
    columns: dict[str, Column]  # by the quantity; inputs and targets too

    @property
    def count(self) -> int:
        """Quantities that were found."""
        return sum(name in self.columns for name in QUANTITIES)


def views(sheet: Sheet, numbers: Mapping[Place, float]) -> tuple[View, View]:
    """Iterations that run down, and iterations that run to the right."""
    turned = {(column, row): value for (row, column), value in numbers.items()}
    return View(sheet, numbers, turned=False), View(sheet, turned, turned=True)


def table(view: View) -> Table | None:
    """The table of a sheet with the most quantities; None where no line has enough of them."""
    lines: dict[int, list[int]] = {}
    for line, column in view.numbers:
        lines.setdefault(line, []).append(column)
    headers = _headers(view.sheet, turned=view.turned)
    found = [_table(view, line, sorted(lines[line]), headers) for line in _candidates(view, lines, headers)]
    best = max(found, key=lambda one: (one.count, -one.line), default=None)
    return best if best is not None and best.count >= FEWEST else None


_SORTED = sorted((value, name) for name, value in quantities(CLASS_START).items())


def _named_by_value(value: float) -> Iterator[str]:
    """Quantities whose first value this is."""
    margin = _LIKE * abs(value)
    for first, name in _SORTED[bisect_left(_SORTED, (value - margin, "")) :]:
        if first > value + margin:
            return
        yield name


def _headers(sheet: Sheet, *, turned: bool) -> dict[int, dict[int, str]]:
    """Line → column → the quantity that a text there names."""
    found: dict[int, dict[int, str]] = {}
    for (row, column), cell in sheet.cells.items():
        if isinstance(cell.value, str) and not cell.formula and (name := quantity_named(cell.value)):
            line, across = (column, row) if turned else (row, column)
            found.setdefault(line, {})[across] = name
    return found


def _candidates(
    view: View, lines: Mapping[int, list[int]], headers: Mapping[int, dict[int, str]]
) -> list[int]:
    """Lines that may be the first iteration: by their values, and as the first ones below headers."""
    scores: dict[int, int] = {}
    for line, columns in lines.items():
        named = {name for column in columns for name in _named_by_value(view.numbers[line, column])}
        if len(named) >= FEWEST:
            scores[line] = len(named)
    by_value = sorted(scores, key=lambda line: (-scores[line], line))[:MAX_CANDIDATES]
    by_header: list[int] = []
    for line, named_here in headers.items():
        if len(set(named_here.values())) >= FEWEST:
            below = (line + step for step in range(1, HEADERS_ABOVE))
            full = (one for one in below if len(named_here.keys() & set(lines.get(one, ()))) >= FEWEST)
            by_header += [one for one in (next(full, None),) if one is not None]
    return list(dict.fromkeys(by_value + sorted(by_header)[:MAX_CANDIDATES]))


def _table(view: View, line: int, columns: list[int], headers: Mapping[int, dict[int, str]]) -> Table:
    """Columns whose header and value agree come first, then values without a header, then headers, then the rest."""
    header = _header_above(line, headers)
    taking = _Taking(view, line)
    moving = [column for column in columns if _moves(view, line, column)]
    for column in columns:
        if header.get(column) in taking.by_value(column):
            taking.take(header[column], column, "value")
    for column in moving:
        if column not in header:
            taking.take_by_value(column)
    for column in columns:
        if column in header:
            taking.take(header[column], column, "header")
    for column in moving:
        taking.take_by_value(column)
    return Table(view, line, taking.found)


class _Taking:
    """Each quantity gets one column, and each column one quantity."""

    def __init__(self, view: View, line: int) -> None:
        self._view, self._line = view, line
        self._taken: set[int] = set()
        self.found: dict[str, Column] = {}

    def by_value(self, column: int) -> list[str]:
        return sorted(_named_by_value(self._view.numbers[self._line, column]))

    def take_by_value(self, column: int) -> None:
        for name in self.by_value(column):
            self.take(name, column, "value")

    def take(self, name: str, column: int, way: FoundBy) -> None:
        if name not in self.found and column not in self._taken:
            self._taken.add(column)
            self.found[name] = Column(name, column, way, self._view.run(self._line, column))


def _header_above(line: int, headers: Mapping[int, dict[int, str]]) -> dict[int, str]:
    """The nearest line of headers above that names some quantities; its own cells above others."""
    near = [headers[one] for one in range(line - 1, max(0, line - 1 - HEADERS_ABOVE), -1) if one in headers]
    full = [one for one in near if len(one) >= len(WEIGHTS)]
    return full[0] if full else {}


def _moves(view: View, line: int, column: int) -> bool:
    """Whether the value changes: a learning rate of 0.5 beside each iteration is no weight."""
    first, second = view.numbers[line, column], view.numbers.get((line + 1, column))
    return second is not None and second != first


def start_of(found: Table) -> dict[str, float]:
    """First values of inputs and targets that the table itself has."""
    return {name: found.columns[name].values[0] for name in GIVEN if name in found.columns}

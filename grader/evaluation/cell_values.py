"""The value of each cell of a workbook: formulas are worked out here, and held against the values saved with them.

A workbook that a program wrote may have no saved values, and one may have saved values that its formulas do not give.
What cannot be worked out (see `grader.evaluation.formulas`) keeps the value that was saved with it.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from grader.cells import Book, Cell, Place, cell_name
from grader.evaluation.formulas import (
    BINARY,
    FUNCTIONS,
    MAX_RANGE,
    UNARY,
    Area,
    Call,
    NotUnderstood,
    Operator,
    Step,
    steps_of,
)
from grader.text import clean, counted

MAX_FORMULAS = 40_000
"""Formulas that are worked out; the rest keep what was saved with them."""
MAX_READS = 1_000_000
STALE = 1e-6
SHOWN = 3

Key = tuple[int, Place]
"""A cell of a book: the index of its sheet, and its place there."""


@dataclass(frozen=True)
class Worked:
    """`numbers`: every cell that has a number, by the index of its sheet. `stale`: (cell, saved, worked out)."""

    numbers: tuple[dict[Place, float], ...]
    stale: tuple[tuple[Key, float, float], ...]
    notes: tuple[str, ...]


def worked_out(book: Book) -> Worked:
    """All numbers of a book. Cycles, depth and the number of reads are bounded; nothing is raised."""
    work = _Work(book)
    for index, sheet in enumerate(book.sheets):
        for place, cell in sheet.cells.items():
            if cell.formula:
                work.work_out((index, place))
    numbers = tuple(
        {place: value for place in sheet.cells if (value := work.number((index, place))) is not None}
        for index, sheet in enumerate(book.sheets)
    )
    return Worked(numbers, tuple(work.stale), _notes(book, work))


class _Work:
    """Depth first without recursion: a cell is computed when all that it reads is."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._sheets = {sheet.name.casefold(): index for index, sheet in enumerate(book.sheets)}
        self._done: dict[Key, float | None] = {}
        self._steps: dict[Key, tuple[Step, ...]] = {}  # of those that were begun
        self._reads = 0
        self.kept: Counter[str] = Counter()  # why a formula kept what was saved with it
        self.stale: list[tuple[Key, float, float]] = []

    def number(self, key: Key) -> float | None:
        """The number of a cell; None for a text, for nothing, and for what is not known."""
        if key in self._done:
            return self._done[key]
        cell = self._cell(key)
        return cell.value if cell is not None and isinstance(cell.value, float) else None

    def work_out(self, start: Key) -> None:
        waiting = [start]
        while waiting:
            key = waiting[-1]
            if key in self._done:
                waiting.pop()
            elif key in self._steps:
                waiting.pop()
                self._finish(key)
            else:
                waiting += self._begin(key)

    def _cell(self, key: Key) -> Cell | None:
        return self._book.sheets[key[0]].cells.get(key[1])

    def _begin(self, key: Key) -> list[Key]:
        """The formulas that must be worked out before this one."""
        cell = self._cell(key)
        assert cell is not None
        try:
            if len(self._steps) >= MAX_FORMULAS or self._reads > MAX_READS:
                raise NotUnderstood("there are too many formulas")
            steps = steps_of(cell.formula)
            areas = [step for step in steps if isinstance(step, Area)]
            if sum(area.size for area in areas) > MAX_RANGE:
                raise NotUnderstood("it names very large ranges")
            read = [one for area in areas for one in self._keys(key, area)]
        except NotUnderstood as error:
            self._keep(key, cell, str(error))
            return []
        self._steps[key] = steps
        self._reads += len(read)
        formulas = [one for one in read if (found := self._cell(one)) is not None and found.formula]
        return [one for one in formulas if one not in self._done and one not in self._steps]

    def _keys(self, key: Key, area: Area) -> list[Key]:
        sheet = self._sheets.get(area.sheet.casefold()) if area.sheet else key[0]
        if sheet is None:
            raise NotUnderstood("it names a sheet that is not there")
        return [(sheet, place) for place in area.places()]

    def _finish(self, key: Key) -> None:
        cell = self._cell(key)
        assert cell is not None
        try:
            value = self._computed(key)
        except NotUnderstood as error:
            self._keep(key, cell, str(error))
            return
        except (ArithmeticError, ValueError):
            self._keep(key, cell, "it gives no number")
            return
        self._done[key] = value
        saved = cell.value
        if isinstance(saved, float) and abs(saved - value) > STALE * max(1.0, abs(value)):
            self.stale.append((key, saved, value))

    def _keep(self, key: Key, cell: Cell, why: str) -> None:
        self.kept[clean(why, 80)] += 1
        self._done[key] = cell.value if isinstance(cell.value, float) else None

    def _computed(self, key: Key) -> float:
        stack: list[float | list[float]] = []
        for step in self._steps[key]:
            if isinstance(step, float):
                stack.append(step)
            elif isinstance(step, Area):
                stack.append(self._read(key, step))
            elif isinstance(step, Call):
                taken = [stack.pop() for _ in range(step.arguments)][::-1]
                stack.append(_called(step, taken))
            else:
                _operate(step, stack)
        result = _one(stack.pop())
        if not math.isfinite(result):
            raise ArithmeticError
        return result

    def _read(self, key: Key, area: Area) -> float | list[float]:
        """One cell as a number, 0 where it is empty; a range as the numbers in it."""
        found = [self._value(one, text_allowed=area.is_range) for one in self._keys(key, area)]
        if area.is_range:
            return [value for value in found if value is not None]
        return found[0] if found[0] is not None else 0.0

    def _value(self, key: Key, *, text_allowed: bool) -> float | None:
        cell = self._cell(key)
        if cell is None:
            return None
        if cell.formula and key not in self._done:
            raise NotUnderstood("it goes round in a circle")
        value = self.number(key)
        if value is None and not text_allowed:
            raise NotUnderstood("it reads a cell that holds no number")
        return value


def _called(call: Call, arguments: list[float | list[float]]) -> float:
    function = FUNCTIONS[call.name]
    numbers = [
        number
        for one in arguments
        for number in (one if isinstance(one, list) and function.count < 0 else [_one(one)])
    ]
    if function.count >= 0 and len(numbers) != function.count:
        raise NotUnderstood(f"{call.name} has another number of arguments")
    return function.of(numbers)


def _operate(operator: Operator, stack: list[float | list[float]]) -> None:
    if operator.sign in UNARY:
        stack.append(UNARY[operator.sign](_one(stack.pop())))
        return
    right, left = _one(stack.pop()), _one(stack.pop())
    stack.append(BINARY[operator.sign](left, right))


def _one(value: float | list[float]) -> float:
    if isinstance(value, list):
        raise NotUnderstood("a range stands where one number is needed")
    return value


def _notes(book: Book, work: _Work) -> tuple[str, ...]:
    notes = []
    for (sheet, place), saved, value in work.stale[:SHOWN]:
        where = f"{book.file}, {book.sheets[sheet].name}!{cell_name(place)}"
        notes.append(f"{where}: {saved:.6g} is saved, and its formula gives {value:.6g}.")
    if len(work.stale) > SHOWN:
        notes.append(
            f"{book.file}: {len(work.stale) - SHOWN} further saved values are not what the formulas give."
        )
    for why, count in work.kept.most_common(SHOWN):
        kept = counted(count, "formula keeps its saved value", "formulas keep their saved values")
        notes.append(f"{book.file}: {kept}: {why}.")
    return tuple(notes)

"""The arithmetic part of spreadsheet formulas, read into steps for a stack: nothing is ever executed.

What is understood: + - * / ^ %, signs, parentheses, numbers, references to cells (`A1`, `$A$1`, `Sheet!A1`,
`'My sheet'!A1`), ranges as arguments, and the functions of `FUNCTIONS`. Signs bind tighter than ^, and ^ goes from left
to right, as spreadsheets have it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, fsum, log, pi, prod, sqrt, tanh

from grader.cells import MAX_COLUMN, MAX_ROW, Place, column_number

MAX_TOKENS = 600
MAX_RANGE = 4_000


class NotUnderstood(Exception):
    """The formula holds something else than this arithmetic; says what, as part of a sentence."""


@dataclass(frozen=True)
class Area:
    """Cells that a formula names; `sheet` is "" for its own. One cell where `first` is `last`."""

    sheet: str
    first: Place
    last: Place
    is_range: bool

    @property
    def size(self) -> int:
        return (self.last[0] - self.first[0] + 1) * (self.last[1] - self.first[1] + 1)

    def places(self) -> list[Place]:
        rows = range(self.first[0], self.last[0] + 1)
        return [(row, column) for row in rows for column in range(self.first[1], self.last[1] + 1)]


@dataclass(frozen=True)
class Call:
    name: str
    arguments: int


@dataclass(frozen=True)
class Operator:
    sign: str  # of two numbers: + - * / ^; of one: "negative", "positive", "percent"


Step = float | Area | Call | Operator


@dataclass(frozen=True)
class Function:
    """`count` is how many numbers it takes; -1 for any number of them, with ranges among them."""

    count: int
    of: Callable[[Sequence[float]], float]


def _average(numbers: Sequence[float]) -> float:
    return fsum(numbers) / len(numbers)


def _rounded(numbers: Sequence[float]) -> float:
    """Half away from zero, as spreadsheets do it."""
    digits = int(numbers[1])
    if abs(digits) > 15:
        raise ValueError("too many digits")
    scaled = abs(numbers[0]) * 10.0**digits
    whole = float(int(scaled + 0.5)) / 10.0**digits
    return whole if numbers[0] >= 0 else -whole


def _power(numbers: Sequence[float]) -> float:
    result = numbers[0] ** numbers[1]
    if isinstance(result, complex):
        raise ValueError("no real number")
    return float(result)


FUNCTIONS: dict[str, Function] = {
    "EXP": Function(1, lambda x: exp(x[0])),
    "SUM": Function(-1, fsum),
    "POWER": Function(2, _power),
    "SQRT": Function(1, lambda x: sqrt(x[0])),
    "ABS": Function(1, lambda x: abs(x[0])),
    "AVERAGE": Function(-1, _average),
    "PRODUCT": Function(-1, prod),
    "LN": Function(1, lambda x: log(x[0])),
    "TANH": Function(1, lambda x: tanh(x[0])),
    "PI": Function(0, lambda _: pi),
    "ROUND": Function(2, _rounded),
}

BINARY: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "^": lambda a, b: _power((a, b)),
}
UNARY: dict[str, Callable[[float], float]] = {
    "negative": lambda a: -a,
    "positive": lambda a: a,
    "percent": lambda a: a / 100,
}
_BINDS = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 3, "negative": 4, "positive": 4, "percent": 5}

_CELL = r"\$?([A-Za-z]{1,3})\$?(\d{1,7})"
_TOKEN = re.compile(
    rf"""\s*(?:
      (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{{1,4}})?)
    | (?P<area>(?:(?P<sheet>'(?:[^']|'')*'|[^\W\d][\w.]*)!)?(?P<first>{_CELL})(?::(?P<last>{_CELL}))?(?![\w(.!]))
    | (?P<function>[A-Za-z_][\w.]*)\(
    | (?P<sign>[-+*/^%(),])
    )""",
    re.VERBOSE,
)


def steps_of(formula: str) -> tuple[Step, ...]:
    """The formula (without its first "=") as steps for a stack.

    Raises:
        NotUnderstood: it is not of this arithmetic.
    """
    reader = _Reader()
    position, count, text = 0, 0, formula.rstrip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        count += 1
        if found is None or count > MAX_TOKENS:
            rest = text[position : position + 20].strip()
            raise NotUnderstood("it is too long" if found else f'"{rest}" is not understood')
        reader.take(found)
        position = found.end()
    return reader.steps()


class _Reader:
    """Operator precedence by two stacks: what is out already, and what waits for its right side."""

    def __init__(self) -> None:
        self._out: list[Step] = []
        self._waiting: list[Operator | str] = []  # operators, "(" and names of functions
        self._commas: list[int] = []  # of each function that is open
        self._operand_next = True

    def take(self, token: re.Match[str]) -> None:
        if token["number"]:
            self._operand(float(token["number"]))
        elif token["area"]:
            self._operand(_area(token))
        elif token["function"]:
            self._function(token["function"])
        else:
            self._sign(token["sign"])

    def steps(self) -> tuple[Step, ...]:
        if self._operand_next:
            raise NotUnderstood("it ends too early")
        self._pop_until_open()
        if self._waiting:
            raise NotUnderstood("a parenthesis is not closed")
        return tuple(self._out)

    def _operand(self, value: float | Area) -> None:
        if not self._operand_next:
            raise NotUnderstood("two values stand side by side")
        self._out.append(value)
        self._operand_next = False

    def _function(self, name: str) -> None:
        known = name.upper().removeprefix("_XLFN.")
        if known not in FUNCTIONS:
            raise NotUnderstood(f"the function {known[:30]} is not worked out here")
        if not self._operand_next:
            raise NotUnderstood("two values stand side by side")
        self._waiting.append(known)
        self._commas.append(0)

    def _sign(self, sign: str) -> None:
        if sign == "(":
            if not self._operand_next:
                raise NotUnderstood("a value stands before a parenthesis")
            self._waiting.append("(")
        elif sign == ")":
            self._close()
        elif sign == ",":
            self._comma()
        elif sign == "%":
            self._after_operand(Operator("percent"))
        elif self._operand_next:
            if sign not in "+-":
                raise NotUnderstood(f"nothing stands before {sign}")
            self._waiting.append(Operator("negative" if sign == "-" else "positive"))
        else:
            self._pop_until_open(_BINDS[sign])
            self._waiting.append(Operator(sign))
            self._operand_next = True

    def _after_operand(self, operator: Operator) -> None:
        if self._operand_next:
            raise NotUnderstood("nothing stands before %")
        self._out.append(operator)

    def _pop_until_open(self, at_least: int = 0) -> None:
        while self._waiting:
            top = self._waiting[-1]
            if isinstance(top, str) or _BINDS[top.sign] < at_least:
                return
            self._out.append(top)
            self._waiting.pop()

    def _comma(self) -> None:
        self._pop_until_open()
        if self._operand_next or not self._waiting or self._waiting[-1] == "(":
            raise NotUnderstood("a comma stands in no function")
        self._commas[-1] += 1
        self._operand_next = True

    def _close(self) -> None:
        self._pop_until_open()
        if not self._waiting:
            raise NotUnderstood("a parenthesis is not opened")
        opened = str(self._waiting.pop())
        if opened == "(":
            if self._operand_next:
                raise NotUnderstood("a parenthesis is empty")
            return
        commas = self._commas.pop()
        if self._operand_next and commas:
            raise NotUnderstood("an argument is missing")
        self._out.append(Call(opened, 0 if self._operand_next else commas + 1))
        self._operand_next = False


def _area(token: re.Match[str]) -> Area:
    sheet = token["sheet"] or ""
    if sheet.startswith("'"):
        sheet = sheet[1:-1].replace("''", "'")
    corners = re.findall(_CELL, token["area"].rpartition("!")[2])
    rows = sorted(int(row) for _, row in corners)
    columns = sorted(column_number(letters) for letters, _ in corners)
    if not (rows[0] >= 1 and rows[-1] <= MAX_ROW and columns[-1] <= MAX_COLUMN):
        raise NotUnderstood("it names a cell that cannot be")
    if (rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1) > MAX_RANGE:
        raise NotUnderstood("it names a very large range")
    return Area(sheet, (rows[0], columns[0]), (rows[-1], columns[-1]), len(corners) > 1)

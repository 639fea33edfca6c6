"""Arithmetic, comparison and truth of values: done on plain constants alone, and never on large ones."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable

from grader.reading.tracing import library
from grader.reading.tracing.values import (
    Combined,
    Instance,
    Klass,
    Library,
    Made,
    Routine,
    Unknown,
    Value,
    unknown_of,
)  # fmt: skip

LIMIT_LENGTH = 500
LIMIT_MANY = 64
"""A hostile source makes as many texts and lists as there is room: each has to be small."""


_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}


_COMPARISONS: dict[type[ast.cmpop], Callable[..., bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def truth(value: Value) -> bool | None:
    """Whether a value counts as true; None where that cannot be told."""
    if value is None or isinstance(value, bool | int | float | str | list | tuple | dict | range):
        return bool(value)
    if isinstance(value, Instance | Klass | Routine | Library):
        return True
    if isinstance(value, Made) and (
        library.is_optimizer(value.name) or library.is_schedule(value.name) or value.last in library.LOADERS
    ):
        return True
    return None


def combine(sign: ast.operator, left: Value, right: Value) -> Value:
    """The result of arithmetic: a constant from constants, else a note of what was put together."""
    if isinstance(left, int | float) and isinstance(right, int | float):
        return _number(sign, left, right)
    if isinstance(sign, ast.Add) and isinstance(left, str | list | tuple) and type(left) is type(right):
        joined = left + right  # type: ignore[operator]
        return (
            joined
            if len(joined) <= (LIMIT_LENGTH if isinstance(joined, str) else LIMIT_MANY)
            else Unknown("it is too long")
        )
    if isinstance(sign, ast.Mult) and isinstance(left, list | tuple) and isinstance(right, int):
        return left * right if 0 <= len(left) * right <= LIMIT_MANY else Unknown("it is too long")
    if isinstance(sign, ast.BitOr) and isinstance(left, dict) and isinstance(right, dict):
        return left | right if len(left) + len(right) <= LIMIT_MANY else Unknown("it is too long")
    unchanged = _unchanged(sign, left, right)
    if unchanged is not None:
        return unchanged
    if any(isinstance(one, Made | Combined) for one in (left, right)):
        return Combined((left, right))
    return unknown_of(left, right) or Unknown("it is computed while the code runs")


def _unchanged(sign: ast.operator, left: Value, right: Value) -> Made | Combined | None:
    """`loss + 0` and `loss * 1` are the loss itself: a weight of zero adds no regularisation."""
    neutral = {ast.Add: 0, ast.Sub: 0, ast.Mult: 1, ast.Div: 1}.get(type(sign))
    if neutral is None:
        return None
    if isinstance(left, Made | Combined) and isinstance(right, int | float) and right == neutral:
        return left
    commutes = isinstance(sign, ast.Add | ast.Mult)
    if commutes and isinstance(right, Made | Combined) and isinstance(left, int | float) and left == neutral:
        return right
    return None


def _number(sign: ast.operator, left: float, right: float) -> Value:
    try:
        if isinstance(sign, ast.Pow):
            small = abs(left) <= 1_000_000 and abs(right) <= 16
            value = left**right if small else Unknown("the number is too large")
        elif type(sign) in _ARITHMETIC:
            value = _ARITHMETIC[type(sign)](left, right)
        else:
            return Unknown("it is computed bit by bit")
    except (ArithmeticError, ValueError):
        return Unknown("the arithmetic fails")
    if isinstance(value, complex) or (isinstance(value, int) and value.bit_length() > 256):
        return Unknown("the number is too large")
    return value


def compared(sign: ast.cmpop, left: Value, right: Value) -> Value:
    if (
        isinstance(sign, ast.Is | ast.IsNot)
        and not isinstance(left, Unknown)
        and not isinstance(right, Unknown)
    ):
        same = left is right or (isinstance(left, bool | int | str) and left == right)
        return same if isinstance(sign, ast.Is) else not same
    plain = str | int | float | bool | None
    if (
        isinstance(sign, ast.In | ast.NotIn)
        and isinstance(left, plain)
        and isinstance(right, list | tuple | dict | str)
    ):
        try:
            inside = left in right
        except TypeError:
            return Unknown("it depends on the run")
        return inside if isinstance(sign, ast.In) else not inside
    if type(sign) in _COMPARISONS and isinstance(left, plain) and isinstance(right, plain):
        try:
            return _COMPARISONS[type(sign)](left, right)
        except TypeError:
            return Unknown("it depends on the run")
    return Unknown("it depends on the run")

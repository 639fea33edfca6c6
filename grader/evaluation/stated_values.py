"""Arguments of a recovered call as values, and whether they are what a spec asks for.

A value is read with `ast` and never evaluated. What cannot be read is `Unread`, with its text.
"""

from __future__ import annotations

import ast
import math
import re
from dataclasses import dataclass

from grader.records import Call, Scalar
from grader.text import clean

LONGEST_TEXT = 400
MOST_NUMBERS = 40


@dataclass(frozen=True)
class Unread:
    """A value that is not known, or is no plain one."""

    text: str


Plain = int | float | bool | str | None | tuple["Plain", ...]


def value_of(given: Scalar) -> Plain | Unread:
    """A scalar as it is; a text as the plain value that it shows, a word as itself."""
    if isinstance(given, float) and not math.isfinite(given):
        return Unread(str(given))
    if not isinstance(given, str):
        return given
    if len(given) > LONGEST_TEXT:
        return Unread(clean(given, 60))
    if re.fullmatch(r"[A-Za-z_]\w{0,40}", given) and given not in ("None", "True", "False"):
        return given
    try:
        return _frozen(ast.literal_eval(given.strip()))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return Unread(clean(given, 60))


def _frozen(value: object) -> Plain:
    if isinstance(value, list | tuple):
        return tuple(_frozen(item) for item in value[:MOST_NUMBERS])
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("no plain value")
    if value is None or isinstance(value, int | float | str):
        return value
    raise ValueError("no plain value")


def argument(call: Call, *names: str) -> Plain | Unread:
    """The value of the first of these arguments that is given; `Unread` where none is."""
    given = dict(call.arguments)
    for name in names:
        if name in given:
            return value_of(given[name])
    return Unread("")


def is_given(call: Call, *names: str) -> bool:
    return any(name in names for name, _ in call.arguments)


def numbers(value: Plain | Unread) -> tuple[float, ...]:
    """The numbers of a value: one for a number, several for a sequence; () for anything else."""
    listed = value if isinstance(value, tuple) else (value,)
    found = [one for one in listed if isinstance(one, int | float) and not isinstance(one, bool)]
    if not found or len(found) != len(listed) or any(abs(one) > 1e12 for one in found):
        return ()
    return tuple(float(one) for one in found)


def number(value: Plain | Unread) -> float | None:
    """One number; `None` where the value is none or several."""
    found = numbers(value)
    return found[0] if len(found) == 1 else None


def shown(value: Plain | Unread) -> str:
    """As the student would write it."""
    if isinstance(value, Unread):
        return value.text or "not given"
    return clean(repr(value) if not isinstance(value, str) else value, 80)


def same(mine: Plain | Unread, wanted: Plain) -> bool:
    """Equal values: numbers within rounding, sequences by their parts, words without regard to case."""
    if isinstance(mine, bool) or isinstance(wanted, bool):
        return mine is wanted
    if isinstance(mine, int | float) and isinstance(wanted, int | float):
        return math.isclose(mine, wanted, rel_tol=1e-6, abs_tol=1e-12)
    if isinstance(mine, tuple) and isinstance(wanted, tuple):
        return len(mine) == len(wanted) and all(same(a, b) for a, b in zip(mine, wanted, strict=True))
    if isinstance(mine, str) and isinstance(wanted, str):
        return mine.lower() == wanted.lower()
    return mine is None and wanted is None

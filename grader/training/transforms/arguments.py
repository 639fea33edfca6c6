"""The arguments of a student's call, as values: read with `ast`, never evaluated."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping

from grader.training.transforms.interface import NotCovered, Stated, Value

LONGEST_TEXT = 400
REQUIRED = object()
"""The default of an argument that has none."""


def value_of(text: Value) -> object:
    """A scalar as it is; a text as the literal that it shows, or itself where it shows none."""
    if not isinstance(text, str):
        return text
    if len(text) > LONGEST_TEXT:
        raise NotCovered("An argument is too long to be read.")
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def bound(call: Stated, defaults: Mapping[str, object]) -> dict[str, object]:
    """Every argument of `defaults` with its value; `REQUIRED` marks those that must be given.

    Raises:
        NotCovered: an argument is not among them, or a required one is missing.
    """
    unknown = [name for name, _ in call.arguments if name not in defaults]
    if unknown:
        raise NotCovered(f"Its argument {unknown[0]!r} is not covered.")
    found = {**defaults, **{name: value_of(value) for name, value in call.arguments}}
    missing = [name for name, value in found.items() if value is REQUIRED]
    if missing:
        raise NotCovered(f"Its argument {missing[0]!r} is not known.")
    return found


def number(value: object, name: str, low: float = -1e6, high: float = 1e6) -> float:
    """A finite number within bounds."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise NotCovered(f"{name}={value!r} is not a number.")
    if not low <= value <= high:
        raise NotCovered(f"{name}={value!r} is outside of what is covered ({low:g} to {high:g}).")
    return float(value)


def whole(value: object, name: str, low: int = 0, high: int = 512) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise NotCovered(f"{name}={value!r} is not a whole number.")
    return int(number(value, name, low, high))


def numbers(
    value: object, name: str, lengths: tuple[int, ...], low: float = -1e6, high: float = 1e6
) -> tuple[float, ...]:
    """A sequence of numbers of one of these lengths."""
    if not isinstance(value, list | tuple) or len(value) not in lengths:
        raise NotCovered(f"{name}={value!r} is not covered.")
    return tuple(number(one, name, low, high) for one in value)


def range_of(value: object, name: str, low: float = -1e6, high: float = 1e6) -> tuple[float, float]:
    """A pair in order."""
    first, last = numbers(value, name, (2,), low, high)
    if first > last:
        raise NotCovered(f"{name}={value!r} is in the wrong order.")
    return first, last


def flag(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise NotCovered(f"{name}={value!r} is neither True nor False.")
    return value


def size(value: object, name: str = "size") -> tuple[int, int]:
    """Height and width: a number for both, or one or two in a sequence."""
    if isinstance(value, list | tuple) and len(value) in (1, 2):
        both = [whole(one, name, 1) for one in value]
        return both[0], both[-1]
    side = whole(value, name, 1)
    return side, side


def only(value: object, wanted: object, name: str) -> None:
    """Refuse every value but one."""
    if value != wanted or isinstance(value, bool) != isinstance(wanted, bool):
        raise NotCovered(f"{name}={value!r} is not covered.")


def probability(value: object, name: str = "p") -> float:
    return number(value, name, 0, 1)


def interpolation(value: object) -> str:
    """`nearest` or `bilinear`; Pillow's numbers for them are 0 and 2."""
    known = {"nearest": "nearest", "bilinear": "bilinear", 0: "nearest", 2: "bilinear"}
    if isinstance(value, bool) or not isinstance(value, str | int) or value not in known:
        raise NotCovered(f"interpolation={value!r} is not covered.")
    return known[value]


def colour(value: object, channels: int, name: str = "fill", high: float = 255) -> tuple[float, ...]:
    """One number per channel, from a number, a sequence of one, or a sequence of as many."""
    if value is None:
        value = 0
    if isinstance(value, list | tuple):
        each = numbers(value, name, (1, channels), 0 if high == 255 else -high, high)
        return each if len(each) == channels else each * channels
    return (number(value, name, 0 if high == 255 else -high, high),) * channels

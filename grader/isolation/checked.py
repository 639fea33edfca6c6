"""Values that a worker sent, checked one by one: type, range and length. What is not as agreed is refused."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from grader.isolation.frames import ProtocolError
from grader.text import clean

MAX_COUNT = 2**40


def mapping(value: Any, what: str = "facts") -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ProtocolError(what)
    return value


def count(value: Any, limit: int = MAX_COUNT) -> int:
    """A whole number from 0 up to, but without, `limit`."""
    if type(value) is not int or not 0 <= value < limit:
        raise ProtocolError("count")
    return value


def place(value: Any, size: int) -> int:
    """An index into something of that size, or -1."""
    if type(value) is not int or not -1 <= value < size:
        raise ProtocolError("index")
    return value


def number(value: Any, limit: float = 1e15) -> float:
    """A finite number from 0 to `limit`."""
    if type(value) not in (int, float) or not 0 <= value <= limit:  # NaN is in no range
        raise ProtocolError("number")
    return float(value)


def one_of(value: Any, known: Container[str], what: str) -> Any:
    """A text that is one of the known ones. Anything may stand there, also what cannot be hashed."""
    if not isinstance(value, str) or value not in known:
        raise ProtocolError(what)
    return value


def truth(value: Any) -> bool:
    if type(value) is not bool:
        raise ProtocolError("truth value")
    return value


def shape(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) > 8:
        raise ProtocolError("shape")
    return tuple(count(size) for size in value)


def listed(value: Any, limit: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > limit:
        raise ProtocolError("list")
    return value


def text(value: Any, limit: int = 200) -> str:
    if not isinstance(value, str):
        raise ProtocolError("text")
    return clean(value, limit)

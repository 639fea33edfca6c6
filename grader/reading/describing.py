"""Values as the record keeps them: scalars as they are, all else as the text that Python would show."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from grader.reading.tracing import library
from grader.reading.tracing.imports import is_library
from grader.reading.tracing.values import Combined, Instance, Klass, Library, Made, Routine, Unknown, Value
from grader.records import Call, Scalar
from grader.text import clean, clean_path

LIMIT_ARGUMENTS = 40
LIMIT_PARTS = 200
_NO_ARGUMENTS = frozenset({"params", "optimizer", "**"})
Unclear = list[tuple[str, str]]


def text_of(value: Value) -> str:
    """A value as Python would show it, short."""
    return _Shown().text(value, 4)


@dataclass
class _Shown:
    """One text in the making: hostile values hold each other, so the parts of one text are counted."""

    room: int = LIMIT_PARTS

    def text(self, value: Value, depth: int) -> str:
        self.room -= 1
        if depth == 0 or self.room < 0:
            return "…"
        if isinstance(value, tuple | list):
            return self._many(value, depth)
        if isinstance(value, dict):
            shown = [
                f"{str(key)[:60]!r}: {self.text(one, depth - 1)}" for key, one in list(value.items())[:20]
            ]
            return "{" + ", ".join(shown) + "}"
        if isinstance(value, Made):
            listed = [self.text(one, depth - 1) for one in value.positional[:20]]
            return f"{value.last}({', '.join([*listed, *self._named(value.named, depth)])})"
        if isinstance(value, Instance):
            return f"{value.klass.node.name}({', '.join(self._named(value.arguments, depth))})"
        return _name_of(value)

    def _many(self, value: tuple[Value, ...] | list[Value], depth: int) -> str:
        inside = ", ".join(self.text(one, depth - 1) for one in value[:20])
        if isinstance(value, list):
            return f"[{inside}]"
        return f"({inside},)" if len(value) == 1 else f"({inside})"

    def _named(self, named: dict[str, Value], depth: int) -> list[str]:
        return [f"{name}={self.text(one, depth - 1)}" for name, one in list(named.items())[:20]]


def _name_of(value: Value) -> str:
    if isinstance(value, Library):
        return value.last
    if isinstance(value, Klass):
        return value.node.name
    if isinstance(value, Routine):
        return value.name
    return "…" if isinstance(value, Unknown | Combined) else repr(value)[:400]


def scalar_of(value: Value) -> Scalar:
    """A constant as it is; everything else as text, safe to print and to store."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return clean(text_of(value))


def arguments_of(named: dict[str, Value], field: str, unclear: Unclear) -> tuple[tuple[str, Scalar], ...]:
    """Arguments as scalars. What is not known is left out and goes to `unclear` as `field.name`."""
    found: list[tuple[str, Scalar]] = []
    for name, value in list(named.items())[:LIMIT_ARGUMENTS]:
        if isinstance(value, Unknown | Combined):
            reason = value.reason if isinstance(value, Unknown) else "it is computed while the code runs"
            unclear.append((f"{field}.{clean(name, 60)}", clean(reason)))
        elif name not in _NO_ARGUMENTS and not name.startswith("argument "):
            found.append((clean(name, 60), scalar_of(value)))
    return tuple(found)


def call_of(value: Value, field: str, unclear: Unclear) -> Call:
    """A construction as the record keeps it; an empty name where the value is none."""
    if isinstance(value, Made):
        extra = {f"argument {index}": one for index, one in enumerate(value.positional, 1)}
        return Call(
            name=clean(value.last, 80),
            arguments=arguments_of(value.named, field, unclear) + _unnamed(extra),
            place=clean_place(value.place),
            library=library_name(value.name),
        )
    if isinstance(value, Instance):
        name = clean(value.klass.node.name, 80)
        return Call(name, arguments_of(value.arguments, field, unclear), clean_place(value.place))
    if isinstance(value, Library):
        return Call(clean(value.last, 80), library=library_name(value.name))
    return Call(clean(text_of(value), 80)) if isinstance(value, Routine | Klass) else Call("")


def _unnamed(extra: dict[str, Value]) -> tuple[tuple[str, Scalar], ...]:
    """Positional arguments whose names are not known here: `argument 1`, counted from 1."""
    known = {name: value for name, value in extra.items() if not isinstance(value, Unknown | Combined | Made)}
    return tuple((name, scalar_of(value)) for name, value in list(known.items())[:8])


def library_name(name: str) -> str:
    """The library of a dotted name, "" for what is not known to be one."""
    return clean(library.library_of(name), 40) if is_library(name) else ""


def clean_place(place: str) -> str:
    """A place inside of a file, the file's name made safe to print."""
    found = re.fullmatch(r"(?s)(.*?)(, cell \d+|:\d+)?", place)
    return clean_path(found[1]) + (found[2] or "") if found else clean_path(place)

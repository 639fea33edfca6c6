"""Values that a spec asks of an argument: one value, or a range of numbers."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    model_validator,
)

from grader.evaluation.stated_values import Plain, number, same, shown
from grader.text import clean

Number = Annotated[float, Field(ge=-1e9, le=1e9, strict=True)]


class Range(BaseModel):
    """From one number to another, both allowed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at_least: Number | None = Field(None, description="This number or more.")
    at_most: Number | None = Field(None, description="This number or less.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("give at_least, at_most or both")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError("at_least is above at_most")
        return self

    def __str__(self) -> str:
        low = f"at least {self.at_least:g}" if self.at_least is not None else ""
        high = f"at most {self.at_most:g}" if self.at_most is not None else ""
        return " and ".join(filter(None, (low, high)))


_WORD = r"^[A-Za-z_][A-Za-z0-9_]{0,59}$"
_MOST = 20
_EXPECTED = "expected a value (0.9, true, linear, [0.9, 0.99]) or a range ({at_least: 0.001, at_most: 0.1})"


def _value(given: object) -> bool | float | str | tuple[float, ...] | Range:
    """One validator for all forms, so that a mistake is one message at the argument's own place."""
    if isinstance(given, bool | Range):
        return given
    if (
        isinstance(given, dict)
        and set(given) <= {"at_least", "at_most"}
        and all(map(_is_bound, given.values()))
    ):
        return Range.model_validate(given)
    if isinstance(given, list | tuple) and 1 <= len(given) <= _MOST and all(map(_is_number, given)):
        return tuple(float(one) for one in given)
    if _is_number(given) or (isinstance(given, str) and re.fullmatch(_WORD, given)):
        return given  # type: ignore[return-value]
    raise ValueError(_EXPECTED)


def _is_number(given: object) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool) and abs(given) <= 1e9


def _is_bound(given: object) -> bool:
    return given is None or _is_number(given)


def _written(value: bool | float | str | tuple[float, ...] | Range) -> object:
    """As a spec holds it."""
    return value.model_dump(exclude_none=True) if isinstance(value, Range) else value


_InSpec = bool | Number | Annotated[str, Field(pattern=_WORD)] | list[Number] | Range
Wanted = bool | float | str | tuple[float, ...] | Range
Value = Annotated[
    Wanted,
    PlainValidator(_value, json_schema_input_type=_InSpec),
    PlainSerializer(_written, return_type=object),
]


def _arguments(given: object) -> object:
    """Argument names are those of Python."""
    if isinstance(given, dict):
        for name in given:
            if not isinstance(name, str) or not re.fullmatch(_WORD, name):
                raise ValueError(f'got the argument "{clean(str(name), 40)}", which is no name in Python')
    return given


Arguments = Annotated[dict[str, Value], BeforeValidator(_arguments), Field(max_length=12)]
"""Arguments of a call by name, each with the value or the range that is asked for."""


def fits(mine: Plain, wanted: Wanted) -> bool:
    """Whether a recovered value is the one that is asked for, or within the range."""
    if not isinstance(wanted, Range):
        return same(mine, wanted)
    found = number(mine)
    if found is None:
        return False
    room = 1e-9 * max(1.0, abs(found))
    low = wanted.at_least is None or found >= wanted.at_least - room
    return low and (wanted.at_most is None or found <= wanted.at_most + room)


def said(wanted: Wanted) -> str:
    return str(wanted) if isinstance(wanted, Range) else shown(wanted)

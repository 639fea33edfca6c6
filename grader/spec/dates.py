"""When an assignment of a course is due. Dates stand in the course's file: they change each year, and specs do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from grader.spec.agreement import Loc
from grader.spec.recipe import Block
from grader.text import clean

_SHAPE = r"^\s*\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?\s*(Z|[-+]\d{2}:?\d{2})\s*$"
_EXAMPLE = "2026-03-01T23:59:00+05:30"


def _moment(value: object) -> datetime:
    """A moment that means the same everywhere: a date, a time of the day and its offset."""
    try:
        read = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
    except ValueError:
        read = None
    if read is None:
        raise ValueError(f'expected a moment such as "{_EXAMPLE}"')
    if ":" not in str(value):
        raise ValueError(f"no time of the day is given. Write it as {_EXAMPLE}")
    if read.tzinfo is None:
        raise ValueError(f"no offset is given, so nobody knows when that is. Write it as {_EXAMPLE}")
    return read


Moment = Annotated[
    datetime,
    BeforeValidator(_moment, json_schema_input_type=Annotated[str, Field(pattern=_SHAPE)]),
    PlainSerializer(lambda moment: moment.isoformat(), return_type=str),
]


class Dates(Block):
    """Until when an assignment is in time, and until when it counts at all."""

    due: Moment | None = Field(
        None, description=f"Work is late after this moment: `{_EXAMPLE}`. Its offset is part of it."
    )
    hard: Moment | None = Field(
        None, description="Work counts as not handed in after this moment, written in the same way."
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.due is None and self.hard is None:
            raise ValueError("give due, hard or both")
        if self.due and self.hard and self.due > self.hard:
            raise ValueError("due is after hard. Work is late after due, and does not count after hard")
        return self


def dates_of_nobody(dates: object, specs: object) -> Iterator[tuple[Loc, str]]:
    """Dates of what is no assignment of the course."""
    listed = [clean(str(name), 60) for name in specs] if isinstance(specs, Sequence) else []
    for name in dates if isinstance(dates, Mapping) else ():
        if name not in listed:
            text = f'"{clean(str(name), 60)}" is no assignment of this course. Known are {", ".join(listed) or "none"}.'
            yield ("dates", str(name)), text

"""The last doorway before text is shown: every string of a record is made harmless once more.

What came from a student was cleaned before it was recorded. A report does not rely on that: a stored record
can come from an older grader, or from a file that somebody edited. Escaping is the format's.
"""

from __future__ import annotations

import dataclasses
import json
import operator
import re
from collections.abc import Callable
from functools import cache, wraps
from typing import Any, TypeVar

from grader.audience import for_students
from grader.records import RunRecord
from grader.text import clean, clean_block

LINE_LIMIT = 600
"""Characters of one line of text in a report."""

BLOCK_LIMIT = 16_000
"""Characters of one block, such as torchinfo's table."""

PICTURE_LIMIT = 4_000_000
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_BLOCKS = ("table", "output_tail", "source_line")
"""Fields whose lines stay lines."""

_HARMLESS = frozenset((int, float, bool, type(None)))

Shown = TypeVar("Shown")
Given = TypeVar("Given")


def inert(record: Shown) -> Shown:
    """The same record, of any class, with no control or bidirectional character in any string, and none endless."""
    made: Shown = _inert(record)
    return made


def last_kept(make: Callable[[Given], Shown]) -> Callable[[Given], Shown]:
    """The function with its last answer kept: the formats of a run are made one after the other, of the same record.

    For frozen records alone; they are told apart by identity, because comparing two costs as much as making the answer.
    """
    kept: list[tuple[Given, Shown]] = []

    @wraps(make)
    def made(given: Given) -> Shown:
        last = kept[0] if kept else None
        if last is None or last[0] is not given:
            last = (given, make(given))
            kept[:] = [last]
        return last[1]

    return made


@last_kept
def inert_for_students(record: RunRecord) -> RunRecord:
    """What every format that a student may get starts from: without what is the staff's, and harmless."""
    return inert(for_students(record))


def one_line(text: str, limit: int = LINE_LIMIT) -> str:
    """The text on one line: runs of white space become one blank."""
    return clean(" ".join(text[: 4 * limit].split()), limit)


def json_text(made: Any, indent: int | None = 2) -> str:
    """An object as ASCII JSON with an end of line. No text in it is a command, should it be printed where a runner of
    GitHub Actions listens: in its old form, `##[error]`, a command may stand anywhere in a line."""
    return (
        json.dumps(made, ensure_ascii=True, allow_nan=False, indent=indent).replace("##[", "##\\u005b") + "\n"
    )


def _encoded(value: str) -> str:
    """A picture as base64 is long, and nothing in it can be cut; what is no base64 is no picture."""
    return value if len(value) <= PICTURE_LIMIT and _BASE64.fullmatch(value) else ""


def _inert(value: Any, block: bool = False) -> Any:
    """The value itself where nothing of it changes, which is nearly always."""
    kind: Any = type(value)
    if kind in _HARMLESS:
        return value
    if isinstance(value, str):
        shown = clean_block(value, BLOCK_LIMIT) if block else one_line(value)
        return value if shown == value else shown
    if kind is tuple:
        members = [_inert(item) for item in value]
        return value if all(map(operator.is_, members, value)) else tuple(members)
    changed = {}
    for name in _fields(kind):
        was = getattr(value, name)
        now = _encoded(was) if name == "png" else _inert(was, name in _BLOCKS)
        if now is not was:
            changed[name] = now
    return dataclasses.replace(value, **changed) if changed else value


@cache
def _fields(kind: type) -> tuple[str, ...]:
    """Of a record; of anything else none."""
    return tuple(one.name for one in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else ()

"""The last doorway before text is shown: every string of a record is made harmless once more.

What came from a student was cleaned before it was recorded. A report does not rely on that: a stored record
can come from an older grader, or from a file that somebody edited. Escaping is the format's.
"""

from __future__ import annotations

import dataclasses
import json
import re
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

Shown = TypeVar("Shown")


def inert(record: Shown) -> Shown:
    """The same record, of any class, with no control or bidirectional character in any string, and none endless."""
    made: Shown = _inert(record)
    return made


def inert_for_students(record: RunRecord) -> RunRecord:
    """What every format that a student may get starts from: without what is the staff's, and harmless."""
    return inert(for_students(record))


def one_line(text: str, limit: int = LINE_LIMIT) -> str:
    """The text on one line: runs of white space become one blank."""
    return clean(" ".join(text[: 4 * limit].split()), limit)


def json_text(made: Any) -> str:
    """An object as ASCII JSON with an end of line. No text in it is a command, should it be printed where a runner of
    GitHub Actions listens: in its old form, `##[error]`, a command may stand anywhere in a line."""
    return json.dumps(made, ensure_ascii=True, allow_nan=False, indent=2).replace("##[", "##\\u005b") + "\n"


def _encoded(value: str) -> str:
    """A picture as base64 is long, and nothing in it can be cut; what is no base64 is no picture."""
    return value if len(value) <= PICTURE_LIMIT and _BASE64.fullmatch(value) else ""


def _inert(value: Any, block: bool = False) -> Any:
    if isinstance(value, str):
        return clean_block(value, BLOCK_LIMIT) if block else one_line(value)
    if isinstance(value, tuple):
        return tuple(_inert(item) for item in value)
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    shown = {
        f.name: _encoded(getattr(value, f.name))
        if f.name == "png"
        else _inert(getattr(value, f.name), f.name in _BLOCKS)
        for f in dataclasses.fields(value)
    }
    return dataclasses.replace(value, **shown)

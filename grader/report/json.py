"""`result.json`: the stored record itself, key by key as in docs/result-format.md.

ASCII only, keys in the order in which the records declare them, so that two results can be compared line by
line. A number that is no number (a diverged loss) is the string "NaN", "Infinity" or "-Infinity".
"""

from __future__ import annotations

import dataclasses
import json
import math
from functools import cache
from typing import TYPE_CHECKING, Any

from grader import records
from grader.errors import StoreError
from grader.records import RESULT_SCHEMA, Inspection, RunRecord
from grader.report.inert import json_text

if TYPE_CHECKING:
    from pydantic import TypeAdapter

file_name = "result.json"

_NO_NUMBER = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_AGAIN = "Grade the submission again, or take the file from a backup."


def render(record: RunRecord) -> str:
    return to_json(record)


def to_json(record: RunRecord) -> str:
    """The record as JSON text; `from_json` gives the same record back."""
    return written(record)


def written(record: RunRecord | Inspection) -> str:
    """A record as JSON text: ASCII, and a string where a number is none.

    Not by pydantic: inside of nested unions it writes `true` as 1, and what asks for true would not find it again.
    """
    return json_text(_writable(record))


def plain(record: Any) -> Any:
    """A record, or a part of one, as plain values for JSON."""
    return _writable(record)


def from_json(text: str) -> RunRecord:
    """The record that `to_json` wrote. Nothing is guessed: a wrong type or an unknown key is refused.

    Raises:
        StoreError: the text is not such a record; the message names the key.
    """
    from pydantic import ValidationError

    is_as_read = not any(f'"{name}"' in text for name in _NO_NUMBER)  # no string in it can stand for a number
    try:
        hook = _once if is_as_read else _object
        data = json.loads(text, object_pairs_hook=hook, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise StoreError(
            f"result.json cannot be read as JSON: {error or type(error).__name__}.", _AGAIN
        ) from None
    _check_schema(data)
    try:
        record = _adapter().validate_json(text if is_as_read else json.dumps(data), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise StoreError(f"result.json, {place}: {first['msg']}.", _AGAIN) from None
    known = _adapter().dump_python(record, mode="json")
    if data != known and (
        unknown := _unknown_key(data, known)
    ):  # nearly all files are equal: nothing to look for
        raise StoreError(f"result.json, {unknown}: there is no such key in {RESULT_SCHEMA}.", _AGAIN)
    return record


@cache
def _adapter() -> TypeAdapter[RunRecord]:
    from pydantic import TypeAdapter

    return TypeAdapter(RunRecord)


def _check_schema(data: object) -> None:
    found = data.get("schema") if isinstance(data, dict) else None
    if found != RESULT_SCHEMA:
        hint = "Read it with the version of the grader that wrote it, or grade the submission again."
        raise StoreError(
            f'result.json, schema: expected "{RESULT_SCHEMA}", got {json.dumps(found)[:80]}.', hint
        )


def _writable(value: Any, as_float: bool = False) -> Any:
    """Plain values for JSON. Lone surrogates become visible, numbers that are none become strings: JSON has neither.

    `as_float`: whole numbers are written as the floats that the record declares, so that a text that was read and
    written again is the same.
    """
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    if isinstance(value, tuple):
        return [_writable(item, as_float) for item in value]
    if dataclasses.is_dataclass(value):
        kind: Any = type(value)
        return {name: _writable(getattr(value, name), floats) for name, floats in _declared(kind)}
    return float(value) if as_float and type(value) is int else value


@cache
def _declared(kind: type) -> tuple[tuple[str, bool], ...]:
    """The keys of a record, and whether each is declared to hold floats."""
    return tuple((one.name, "float" in str(one.type)) for one in dataclasses.fields(kind))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(f"a key stands twice among {', '.join(found)[:80]}")
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {key: _number(value) if key in _float_keys() else value for key, value in _once(pairs).items()}


def _constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _number(value: Any) -> Any:
    """The number behind the string, where a number is declared."""
    if isinstance(value, list):
        return [_number(item) for item in value]
    return _NO_NUMBER.get(value, value) if isinstance(value, str) else value


@cache
def _float_keys() -> frozenset[str]:
    """Names of the keys that are declared to hold floats, alone or in tuples."""
    found = [
        item for item in vars(records).values() if isinstance(item, type) and dataclasses.is_dataclass(item)
    ]
    return frozenset(f.name for item in found for f in dataclasses.fields(item) if "float" in str(f.type))


def _unknown_key(given: Any, known: Any, place: str = "") -> str:
    """The first key that was given and that the record has not kept; "" if there is none."""
    if isinstance(given, dict):
        for key, value in given.items():
            if key not in known:
                return f"{place}{key}"[:200]
            if deeper := _unknown_key(value, known[key], f"{place}{key}."):
                return deeper
    elif isinstance(given, list):
        for index, (value, kept) in enumerate(zip(given, known, strict=True)):
            if deeper := _unknown_key(value, kept, f"{place}{index}."):
                return deeper
    return ""

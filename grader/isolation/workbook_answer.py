"""Asking a worker to read the submission's workbooks, with everything it says checked."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from grader.cells import MAX_COLUMN, MAX_ROW, Book, Cell, Place, Sheet
from grader.isolation import checked
from grader.isolation.frames import Message, ProtocolError, strict_json
from grader.isolation.supervisor import Ending, Patience, Worker
from grader.text import clean

SECONDS = 40.0
"""After these a worker opens no further file."""

PATIENCE = Patience(180, cpu_seconds=120)
MAX_SHEETS = 60
MAX_CELLS = 200_000
MAX_FORMULA = 2_000
LIMIT_BYTES = 32 * 1024 * 1024


def read_workbooks(worker: Worker, paths: tuple[str, ...]) -> tuple[Book, ...] | Ending:
    """The workbooks in their order; what there was no time for is not among them."""
    asked = np.frombuffer(json.dumps(list(paths)).encode("ascii"), dtype=np.uint8)
    answer = worker.request(
        "workbook", {"seconds": SECONDS}, {"asked": asked}, patience=PATIENCE, payload_limit=LIMIT_BYTES
    )
    if isinstance(answer, Ending):
        return answer
    try:
        return books(answer, paths)
    except ProtocolError as error:
        return worker.refuse(error)


def books(answer: Message, paths: tuple[str, ...]) -> tuple[Book, ...]:
    """What an answer says, checked.

    Raises:
        ProtocolError: a field is missing, or not as agreed.
    """
    entries = checked.listed(strict_json(answer.array("books", "uint8", (None,)).tobytes()), len(paths))
    return tuple(
        _book(checked.mapping(entry, "book"), path) for entry, path in zip(entries, paths, strict=False)
    )


def _book(fields: dict[str, Any], path: str) -> Book:
    fault = checked.text(fields.get("fault"), 120)
    fault_of = checked.one_of(fields.get("fault_of"), ("", "file", "reader"), "fault")
    sheets = tuple(_sheet(one) for one in checked.listed(fields.get("sheets"), MAX_SHEETS))
    if bool(fault) != bool(fault_of) or (fault and sheets):
        raise ProtocolError("fault")
    return Book(path, sheets, fault, fault_of)


def _sheet(entry: Any) -> Sheet:
    fields = checked.mapping(entry, "sheet")
    cells = checked.listed(fields.get("cells"), MAX_CELLS)
    return Sheet(
        name=checked.text(fields.get("name"), 60),
        cells=dict(_cell(one) for one in cells),
        charts=checked.count(fields.get("charts"), 10_000),
        pictures=checked.count(fields.get("pictures"), 10_000),
        hidden=checked.truth(fields.get("hidden")),
    )


def _cell(entry: Any) -> tuple[Place, Cell]:
    if not isinstance(entry, list) or len(entry) != 4:
        raise ProtocolError("cell")
    row, column, formula, value = entry
    if not isinstance(formula, str) or len(formula) > MAX_FORMULA:
        raise ProtocolError("formula")
    place = checked.count(row, MAX_ROW + 1), checked.count(column, MAX_COLUMN + 1)
    if 0 in place:
        raise ProtocolError("cell")
    return place, Cell(_value(value), formula)


def _value(value: Any) -> float | str | None:
    """JSON has let no NaN and no infinity in, but `1e999`."""
    if value is None:
        return None
    if isinstance(value, str):
        return clean(value, 200)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 1e308:
        raise ProtocolError("value")
    return float(value)

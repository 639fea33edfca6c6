"""What a worker says of workbooks: taken as agreed, or refused."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from grader.cells import Book, Cell, Sheet
from grader.isolation.frames import Message, ProtocolError
from grader.isolation.workbook_answer import books

CELLS = [[1, 2, "", 0.5], [3, 4, "B1*2", None], [3, 5, "", "a\u202e"]]
SHEET = {"name": "S\x1b", "hidden": False, "charts": 1, "pictures": 0, "cells": CELLS}
GOOD = {"sheets": [SHEET], "fault": "", "fault_of": ""}
BROKEN = {"sheets": [], "fault": "is no zip", "fault_of": "file"}
PATHS = ("a.xlsx", "b.xlsx")


def answer(entries: Any) -> Message:
    return Message({"op": "workbook"}, {"books": np.frombuffer(json.dumps(entries).encode(), np.uint8)})


def test_good_entries_are_taken_and_clean() -> None:
    cells = {(1, 2): Cell(0.5), (3, 4): Cell(None, "B1*2"), (3, 5): Cell("a\\u202e")}
    assert books(answer([GOOD, BROKEN]), PATHS) == (
        Book("a.xlsx", (Sheet("S\\x1b", cells, charts=1),)),
        Book("b.xlsx", (), "is no zip", "file"),
    )


def test_files_that_were_not_reached_are_not_there() -> None:
    assert len(books(answer([GOOD]), PATHS)) == 1


@pytest.mark.parametrize(
    "cell",
    [
        *(
            [],
            [1, 2, ""],
            [0, 1, "", 1],
            [1, 0, "", 1],
            [1_048_577, 1, "", 1],
            [1, 16_385, "", 1],
            [True, 1, "", 1],
        ),
        *(
            [1.0, 1, "", 1],
            [1, 1, None, 1],
            [1, 1, "1" * 2_001, 1],
            [1, 1, "", True],
            [1, 1, "", []],
            {"a": 1},
        ),
    ],
    ids=str,
)
def test_a_cell_that_is_not_as_agreed_is_refused(cell: Any) -> None:
    with pytest.raises(ProtocolError):
        books(answer([GOOD | {"sheets": [SHEET | {"cells": [cell]}]}]), PATHS)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "9" * 5_000])
def test_a_number_that_is_none_is_refused(number: str) -> None:
    text = json.dumps([GOOD]).replace("0.5", number)
    with pytest.raises(ProtocolError):
        books(Message({"op": "workbook"}, {"books": np.frombuffer(text.encode(), np.uint8)}), PATHS)


@pytest.mark.parametrize(
    "change",
    [
        {"fault": "x"},
        {"fault_of": "file"},
        {"fault": "x", "fault_of": "nobody"},
        {"fault": "x", "fault_of": "file"},
        {"sheets": None},
        {"sheets": [SHEET] * 61},
        {"sheets": [SHEET | {"charts": -1}]},
        {"sheets": [SHEET | {"hidden": 0}]},
        {"sheets": [SHEET | {"name": 3}]},
        {"sheets": [SHEET | {"cells": {}}]},
    ],
    ids=[
        "said by nobody",
        "no fault",
        "whose",
        "with sheets",
        "none",
        "many",
        "charts",
        "hidden",
        "name",
        "cells",
    ],
)
def test_what_is_not_as_agreed_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError):
        books(answer([GOOD | change]), PATHS)


@pytest.mark.parametrize("entries", [{}, "x", [3], [GOOD] * 3], ids=["map", "text", "number", "many"])
def test_what_is_no_list_of_entries_is_refused(entries: Any) -> None:
    with pytest.raises(ProtocolError):
        books(answer(entries), PATHS)

"""What a worker says of pictures: taken as agreed, or refused."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from grader.isolation.frames import Message, ProtocolError
from grader.isolation.pictures_answer import Copied, _copied, pictures
from grader.records import Picture

GOOD = {
    "file": 0,
    "cell": 0,
    "width": 9,
    "height": 8,
    "common_share": 0.5,
    "thumbnail": "0f" * 128,
    "fault": "",
}
BROKEN = {
    "file": 1,
    "cell": 3,
    "width": 0,
    "height": 0,
    "common_share": 0.0,
    "thumbnail": "",
    "fault": "is \x1b",
}
PATHS = ("a.png", "b.ipynb", "c.png")


def answer(entries: Any) -> Message:
    blob = np.frombuffer(json.dumps(entries).encode(), np.uint8)
    return Message({"op": "pictures"}, {"pictures": blob})


def test_good_entries_are_taken() -> None:
    found = pictures(answer([GOOD, BROKEN, {"file": 2, "cell": -1}]), PATHS)
    assert found.pictures == (
        Picture("a.png", 9, 8, 0.5, "0f" * 128),
        Picture("b.ipynb, cell 3", 0, 0, 0.0, "", "is \\x1b"),
    )
    assert found.cut == ""


def test_files_that_were_not_reached_are_counted() -> None:
    assert pictures(answer([GOOD]), PATHS).cut == "2 files were not looked at: there was no more time."


@pytest.mark.parametrize(
    "change",
    [
        {"file": 3},
        {"file": -1},
        {"file": True},
        {"cell": -2},
        {"cell": "1"},
        {"width": 0},
        {"height": -1},
        {"width": 10**7},
        {"common_share": 1.5},
        {"common_share": None},
        {"thumbnail": "0" * 255},
        {"thumbnail": "g" * 256},
        {"thumbnail": 3},
        {"fault": "broken"},
        {"fault": None},
    ],
    ids=repr,
)
def test_what_is_not_as_agreed_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError):
        pictures(answer([GOOD | change]), PATHS)


@pytest.mark.parametrize(
    "entries", [{}, "x", [3], [[]], [GOOD] * 3_000], ids=["map", "text", "number", "list", "many"]
)
def test_what_is_no_list_of_entries_is_refused(entries: Any) -> None:
    with pytest.raises(ProtocolError):
        pictures(answer(entries), PATHS)


def test_an_answer_without_its_array_is_refused() -> None:
    with pytest.raises(ProtocolError):
        pictures(Message({"op": "pictures"}, {}), PATHS)


def copied(**arrays: np.ndarray) -> list[Copied | None]:
    answer = Message({"op": "copies"}, arrays)
    return [_copied(answer, 0)]


GREYS = np.repeat(np.arange(4, dtype=np.uint8)[:, None], 3, axis=1)


def test_a_copy_is_taken_as_it_was_agreed():
    (found,) = copied(picture0=np.full((5, 7), 3, np.uint8), palette0=GREYS)
    assert found is not None
    assert (found.indices.shape, len(found.palette)) == ((5, 7), 4)
    assert copied() == [None]


@pytest.mark.parametrize(
    ("picture", "palette"),
    [
        (np.full((5, 7), 4, np.uint8), GREYS),  # a colour that is not there
        (np.zeros((0, 7), np.uint8), GREYS),
        (np.zeros((1001, 7), np.uint8), GREYS),
        (np.zeros((5, 7), np.float32), GREYS),
        (np.zeros((5, 7, 3), np.uint8), GREYS),
        (np.zeros((5, 7), np.uint8), np.zeros((0, 3), np.uint8)),
        (np.zeros((5, 7), np.uint8), np.zeros((257, 3), np.uint8)),
        (np.zeros((5, 7), np.uint8), np.zeros((4, 4), np.uint8)),
    ],
)
def test_another_copy_is_refused(picture, palette):
    with pytest.raises(ProtocolError):
        copied(picture0=picture, palette0=palette)

"""What a worker says of an annotation file: taken as agreed, or refused."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from grader.isolation.annotations_answer import FileOfBoxes, file_of_boxes
from grader.isolation.frames import Array, Message, ProtocolError
from grader.records import ClassCount, LeftOut

PATHS = ("a.json", "b\u202e.json")
GOOD = {
    "file": 0,
    "fault": "",
    "images": 3,
    "categories": [["car\x1b", 2, 4]],
    "wrong": [["lies outside of its image", 2, 1]],
    "others": [1],
}
SIZES = np.array([[0.1, 0.2], [0.5, 1.0]])


def answered(facts: Any, sizes: Array = SIZES) -> FileOfBoxes:
    blob = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    return file_of_boxes(Message({"op": "annotations"}, {"facts": blob, "sizes": sizes}), PATHS)


def test_a_good_answer_is_taken_and_its_texts_are_cleaned() -> None:
    found = answered(GOOD)
    assert (found.place, found.fault, found.images) == ("a.json", "", 3)
    assert found.classes == (ClassCount("car\\x1b", 2, 4),)
    assert found.left_out == (
        LeftOut("a.json, annotations[1]", "lies outside of its image (the first of 2 boxes)"),
    )
    assert found.others == ("b\\u202e.json",)


def test_no_file_at_all() -> None:
    facts = GOOD | {"file": -1, "fault": "no file", "categories": [], "wrong": [], "others": []}
    assert answered(facts, np.zeros((0, 2))).place == ""


@pytest.mark.parametrize(
    "change",
    [
        {"file": 2},
        {"file": True},
        {"fault": "broken"},
        {"images": -1},
        {"categories": [["car", 1, 4]]},
        {"categories": [["car", 2, 1]]},
        {"categories": [["car", 2]]},
        {"categories": "car"},
        {"wrong": [["x", 1]]},
        {"wrong": [["x", 1, 0]] * 21},
        {"others": [2]},
    ],
    ids=str,
)
def test_anything_else_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError):
        answered(GOOD | change)


@pytest.mark.parametrize(
    "sizes",
    [
        np.array([[0.1, np.nan], [0.1, 0.1]]),
        np.array([[0.1, np.inf], [0.1, 0.1]]),
        np.array([[0.1, 0.0], [0.1, 0.1]]),
        np.array([[0.1, 4.0], [0.1, 0.1]]),
        np.array([[0.1, 0.2, 0.3]]),
        np.array([[1, 1], [1, 1]]),
        np.array([[0.1, 0.2]]),
    ],
    ids=["nan", "inf", "zero", "large", "three", "whole", "few"],
)
def test_sizes_that_no_box_has_are_refused(sizes: Array) -> None:
    with pytest.raises(ProtocolError):
        answered(GOOD, sizes)

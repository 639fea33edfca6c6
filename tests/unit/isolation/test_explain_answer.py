"""What a worker says of its model's maps: taken as agreed, explained away, or refused. Never an error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.isolation.explain_answer import MAX_SIDE, explain, maps
from grader.isolation.frames import Message, ProtocolError
from grader.isolation.supervisor import Ending
from grader.records import Call

GOOD = np.ones((2, 3, 4, 5), np.float32)


def answer(found: Any = None, **fields: Any) -> Message:
    return Message({"op": "explain", **fields}, {} if found is None else {"maps": found})


def test_good_maps_are_taken() -> None:
    found = maps(answer(GOOD), 2, 3)
    assert isinstance(found, np.ndarray)
    assert (found == GOOD).all()


def test_a_reason_is_cleaned_and_cut() -> None:
    assert maps(answer(without="No map \x1b[31m" + "x" * 5000), 2, 3) == maps(
        answer(GOOD, without="No map \x1b[31m" + "x" * 5000), 2, 3
    )
    found = maps(answer(without="a\x1b\u202e" + "x" * 5000), 2, 3)
    assert isinstance(found, str)
    assert found.startswith("a\\x1b\\u202e")
    assert len(found) == 300


@pytest.mark.parametrize(
    "found",
    [
        None,
        GOOD[:1],
        GOOD[:, :2],
        GOOD[:, :, :0],
        GOOD[0],
        GOOD.astype(np.float64),
        -GOOD,
        np.zeros((2, 3, MAX_SIDE + 1, 1), np.float32),
    ],
    ids=["none", "images", "classes", "empty", "flat", "float64", "negative", "large"],
)
def test_what_is_not_as_agreed_is_refused(found: Any) -> None:
    with pytest.raises(ProtocolError):
        maps(answer(found), 2, 3)


@pytest.mark.parametrize("reason", [None, 3, True, ["a"], {"a": 1}])
def test_a_reason_is_a_text(reason: Any) -> None:
    with pytest.raises(ProtocolError):
        maps(answer(GOOD, without=reason), 2, 3)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_are_no_fault(value: float) -> None:
    found = GOOD.copy()
    found[1, 2, 3, 4] = value
    assert maps(answer(found), 2, 3) == "The gradients of the scores are not finite numbers."


class Telling:
    """In a worker's place: gives one answer, and keeps what it was asked. The real worker's side is tested with
    real ones (tests/integration/test_explain.py)."""

    def __init__(self, given: Message | Ending) -> None:
        self.given = given
        self.asked: list[tuple[Any, Any, Any]] = []

    def request(self, op: str, fields: Any, arrays: Any, **_: Any) -> Message | Ending:
        self.asked.append((op, fields, arrays))
        return self.given

    def refuse(self, error: ProtocolError) -> Ending:
        return Ending("protocol", f"The answer was not a valid one ({error}).")


IMAGES = np.zeros((2, 28, 28), np.uint8)
TRANSFORMS = (Call("ToTensor", (), "", "torchvision"),)


def asked(worker: Telling, classes: int = 3, size: tuple[int, ...] = (4, 5)) -> Any:
    return explain(worker, IMAGES, classes, transforms=TRANSFORMS, map_size=size)  # type: ignore[arg-type]


def test_no_label_and_no_chosen_class_is_sent() -> None:
    worker = Telling(answer(GOOD))
    assert isinstance(asked(worker), np.ndarray)
    ((op, fields, arrays),) = worker.asked
    assert op == "explain"
    assert sorted(fields) == ["classes", "map_size", "transforms"]
    assert sorted(arrays) == ["images"]


def test_every_ending_is_a_reason() -> None:
    said = asked(Telling(Ending("raised", "RuntimeError: no.")))
    assert said == "The model could not be explained: RuntimeError: no."
    refused = asked(Telling(answer(-GOOD)))
    assert refused.startswith("The model could not be explained: The answer was not a valid one")


def test_too_many_classes_are_not_asked_for() -> None:
    worker = Telling(answer(GOOD))
    assert asked(worker, 200_000) == "Maps for 200,000 classes are more than what is shown here."
    assert not worker.asked

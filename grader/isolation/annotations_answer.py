"""Asking a worker to read the submission's annotation file, with everything it says checked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grader.coco import LARGEST, LIMIT_BOXES, LIMIT_CATEGORIES, LIMIT_IMAGES, SLACK, SMALLEST
from grader.isolation import checked
from grader.isolation.frames import Message, ProtocolError, strict_json
from grader.isolation.supervisor import Ending, Patience, Worker
from grader.records import ClassCount, LeftOut
from grader.text import clean_path, counted

if TYPE_CHECKING:
    from grader.isolation.frames import Array

SECONDS = 60.0
PATIENCE = Patience(180, cpu_seconds=120)
LIMIT_BYTES = 16 * LIMIT_BOXES + 8 * 1024 * 1024
SMALLEST_SHARE = SMALLEST / LARGEST
LARGEST_SHARE = 1 + 2 * SLACK
"""A box may lie outside of its image by so many pixels on either side, and an image has one pixel at least."""
MAX_WRONG = 20


@dataclass(frozen=True)
class FileOfBoxes:
    """An annotation file. Nothing but `place` and `fault` says anything where there is a fault.

    `sizes` is float64, (N, 2): width and height of each box as shares of its image.
    """

    place: str  # "" where no file is one
    fault: str
    images: int
    classes: tuple[ClassCount, ...]
    left_out: tuple[LeftOut, ...]
    sizes: Array
    others: tuple[str, ...] = ()


def read_annotations(worker: Worker, paths: tuple[str, ...]) -> FileOfBoxes | Ending:
    """The first annotation file among these. A worker that failed at it gives none."""
    asked = np.frombuffer(json.dumps(list(paths)).encode("ascii"), dtype=np.uint8)
    answer = worker.request(
        "annotations", {"seconds": SECONDS}, {"asked": asked}, patience=PATIENCE, payload_limit=LIMIT_BYTES
    )
    if isinstance(answer, Ending):
        return answer
    try:
        return file_of_boxes(answer, paths)
    except ProtocolError as error:
        return worker.refuse(error)


def file_of_boxes(answer: Message, paths: tuple[str, ...]) -> FileOfBoxes:
    """What an answer says, checked.

    Raises:
        ProtocolError: a field is missing, or not as agreed.
    """
    facts = checked.mapping(strict_json(answer.array("facts", "uint8", (None,)).tobytes()))
    index = checked.place(facts.get("file"), len(paths))
    place = clean_path(paths[index]) if index >= 0 else ""
    fault = checked.text(facts.get("fault"), 300)
    classes = tuple(_class(one) for one in checked.listed(facts.get("categories"), LIMIT_CATEGORIES))
    sizes = _sizes(answer)
    if bool(fault) == bool(len(sizes)) or len(sizes) != sum(one.boxes for one in classes):
        raise ProtocolError("boxes")
    others = checked.listed(facts.get("others"), len(paths))
    return FileOfBoxes(
        place=place,
        fault=fault,
        images=checked.count(facts.get("images"), LIMIT_IMAGES + 1),
        classes=classes,
        left_out=tuple(_left_out(one, place) for one in checked.listed(facts.get("wrong"), MAX_WRONG)),
        sizes=sizes,
        others=tuple(clean_path(paths[checked.count(one, len(paths))]) for one in others),
    )


def _sizes(answer: Message) -> Array:
    sizes = answer.array("sizes", "float64", (None, 2))
    if len(sizes) > LIMIT_BOXES or not _in_range(sizes):
        raise ProtocolError("sizes")
    return sizes


def _in_range(sizes: Array) -> bool:
    return bool(((sizes >= SMALLEST_SHARE) & (sizes <= LARGEST_SHARE)).all())  # NaN is in no range


def _class(entry: object) -> ClassCount:
    name, boxes, annotations = _of_length(entry, 3)
    found = checked.count(boxes, LIMIT_BOXES + 1), checked.count(annotations, LIMIT_BOXES + 1)
    if found[0] > found[1]:
        raise ProtocolError("boxes")
    return ClassCount(checked.text(name, 100), *found)


def _left_out(entry: object, place: str) -> LeftOut:
    reason, boxes, first = _of_length(entry, 3)
    number = checked.count(boxes, LIMIT_BOXES + 1)
    return left_out(place, checked.text(reason, 100), number, checked.count(first, LIMIT_BOXES))


def left_out(place: str, reason: str, boxes: int, first: int) -> LeftOut:
    """Boxes that cannot be used: `first` is the place of the first one among the annotations."""
    more = f" (the first of {counted(boxes, 'box', 'boxes')})" if boxes > 1 else ""
    return LeftOut(f"{place}, annotations[{first}]", f"{reason}{more}")


def _of_length(entry: object, length: int) -> list[object]:
    found = checked.listed(entry, length)
    if len(found) != length:
        raise ProtocolError("list")
    return found

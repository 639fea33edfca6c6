"""The reader of annotation files: boxes as shares of their image, and what is wrong with others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from grader import coco
from grader.coco import Boxes, looks_like_one, read_boxes

IMAGES = [{"id": 1, "width": 100, "height": 50}, {"id": "b", "width": 40, "height": 80}]
CATEGORIES = [{"id": 3, "name": "car"}, {"id": 4, "name": "dog"}]


def box(*numbers: Any, **changes: Any) -> dict[str, Any]:
    return {"image_id": 1, "category_id": 3, "bbox": list(numbers), **changes}


def read(*boxes: Any, **changes: Any) -> Boxes:
    held = {"info": {"deep": [[1]]}, "images": IMAGES, "annotations": list(boxes), "categories": CATEGORIES}
    return read_boxes(json.dumps(held | changes), 60)


def test_boxes_are_shares_of_their_own_image() -> None:
    found = read(box(0, 0, 25, 10), box(1, 2, 10, 40, image_id="b", category_id=4))
    assert list(found.sizes) == [0.25, 0.2, 0.25, 0.5]
    assert found.categories == (("car", 1, 1), ("dog", 1, 1))
    assert (found.images, found.wrong) == (2, ())


def test_ids_that_were_saved_as_floats_and_an_id_of_zero() -> None:
    images = [{"id": 0, "width": 100, "height": 50}, {"id": 7.0, "width": 10, "height": 10}]
    found = read(box(0, 0, 25, 10, image_id=0.0), box(0, 0, 5, 5, image_id=7), images=images)
    assert list(found.sizes) == [0.25, 0.2, 0.5, 0.5]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (box(0, 0, 0, 10), "has a width or height of zero or less"),
        (box(0, 0, 5, -1), "has a width or height of zero or less"),
        (box(0, 0, 1e-300, 5), "has a width or height of zero or less"),
        (box(0, 0, -1, -1), "has a width or height of zero or less"),
        (box(0, 0, 102, 10), "lies outside of its image"),
        (box(-3, 0, 10, 10), "lies outside of its image"),
        (box(0, 0, 5, 5, image_id=9), "names no image of the file"),
        (box(0, 0, 5, 5, image_id=True), "names no image of the file"),
        (box(0, 0, 5, 5, category_id=[3]), "names no category of the file"),
        (box(0, 0, 5), 'has no "bbox" of four numbers'),
        (box(0, 0, "5", 5), 'has no "bbox" of four numbers'),
        (box(0, 0, 1e999, 5), 'has no "bbox" of four numbers'),
        (box(0, 0, 10**400, 5), 'has no "bbox" of four numbers'),
        (box(0, 0, float("nan"), 5), 'has no "bbox" of four numbers'),
        (17, 'has no "bbox" of four numbers'),
    ],
    ids=lambda value: value.replace('"', "") if isinstance(value, str) else "box",
)
def test_a_wrong_box_is_counted_and_left_out(wrong: Any, reason: str) -> None:
    found = read(box(0, 0, 25, 10), wrong, wrong)
    (said,) = found.wrong
    assert (said.reason, said.boxes, said.first) == (reason, 2, 1)
    assert len(found.sizes) == 2


def test_a_box_of_an_image_without_a_size() -> None:
    found = read(box(0, 0, 5, 5), images=[{"id": 1, "width": 0, "height": "x"}])
    assert found.wrong[0].reason == "belongs to an image without width and height"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1, column 1: not valid JSON"),
        ("[1]", "expected {"),
        ('{"images": [], "annotations": [], "categories": [] ', "expected ,"),
        ('{"images": [{]}', "not valid JSON"),
        ('{"images": [1,], "annotations": []}', "expected another entry"),
        ('{"images": {}, "annotations": []}', 'its "images" is no list'),
        ('{"images": [], "annotations": []}', 'it has no list "categories"'),
        ('{"x": ' + "[" * 200_000, "nested too deeply"),
        ('{"images": [' + "9" * 5_000 + "]}", ""),
    ],
    ids=["empty", "list", "open", "broken", "comma", "mapping", "missing", "deep", "digits"],
)
def test_what_is_no_annotation_file_is_said_with_its_place(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=r".") as raised:
        read_boxes(text, 60)
    assert said in str(raised.value)


def test_it_does_not_take_longer_than_it_may() -> None:
    ticks = iter(range(10_000))
    with pytest.raises(ValueError, match="longer than 1 s"):
        read_boxes(json.dumps({"images": [{}] * 30_000}), 1, now=lambda: next(ticks))


@pytest.mark.parametrize(
    ("limit", "name"),
    [("LIMIT_BOXES", "annotations"), ("LIMIT_IMAGES", "images"), ("LIMIT_CATEGORIES", "categories")],
)
def test_too_many_entries_are_refused(monkeypatch: pytest.MonkeyPatch, limit: str, name: str) -> None:
    monkeypatch.setattr(coco, limit, 2)
    entries = [{"id": number} for number in range(3)]
    with pytest.raises(ValueError, match=f"more than 2 {name}"):
        read(**{name: entries})


def test_a_file_is_known_by_its_three_lists() -> None:
    assert looks_like_one('{"images": [], "annotations": [], "categories": []}')
    assert not looks_like_one('{"cells": []}')

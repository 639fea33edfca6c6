"""Read the annotation file of a submission: which of its JSON files is one, and the boxes in it.

A large JSON text is the student's, so it is parsed here, inside of the sandbox, by a worker that does nothing else.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from grader.coco import Boxes, looks_like_one, read_boxes
from grader.isolation.frames import Array

MAX_BYTES = 128 * 1024 * 1024
MAX_WRONG = 20


def read(root: Path, asked: list[str], seconds: float) -> tuple[dict[str, Any], Array]:
    """The first of the files `asked` that holds boxes: what it says, and the sizes of its boxes, float64, (N, 2).

    Facts: `file` (index; -1 where none of them is an annotation file), `fault`, `images`, `categories`, `wrong`, and
    `others`: the indices of further files that look like one.
    """
    end = time.monotonic() + seconds
    first: dict[str, Any] = {}
    others: list[int] = []
    sizes: Array = np.zeros((0, 2), np.float64)
    for index, path in enumerate(asked):
        left = end - time.monotonic()
        text = _text(root / path) if left > 0 else ""
        if not looks_like_one(text):
            continue
        if first and not first["fault"]:
            others.append(index)
            continue
        facts, found = _facts(text, left)
        if not first or not facts["fault"]:
            first, sizes = {**facts, "file": index}, found
    facts = first or {**_nothing("no file in the schema of COCO was found"), "file": -1}
    return {**facts, "others": others}, sizes


def _text(place: Path) -> str:
    try:
        if place.is_symlink() or place.stat().st_size > MAX_BYTES:
            return ""
        return place.read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


def _facts(text: str, seconds: float) -> tuple[dict[str, Any], Array]:
    none: Array = np.zeros((0, 2), np.float64)
    try:
        boxes = read_boxes(text, seconds)
    except ValueError as error:
        return _nothing(str(error)), none
    except MemoryError:
        return _nothing("it needs more memory than there is"), none
    return _of(boxes), np.frombuffer(boxes.sizes, np.float64).reshape(-1, 2).copy()


def _of(boxes: Boxes) -> dict[str, Any]:
    return {
        "fault": "" if boxes.sizes else "none of its boxes can be used",
        "images": boxes.images,
        "categories": [list(one) for one in boxes.categories],
        "wrong": [[one.reason, one.boxes, one.first] for one in boxes.wrong[:MAX_WRONG]],
    }


def _nothing(fault: str) -> dict[str, Any]:
    return {"fault": fault[:300], "images": 0, "categories": [], "wrong": []}

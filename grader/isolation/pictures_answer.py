"""Asking a worker to decode the submission's pictures, with everything it says checked."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.isolation import checked
from grader.isolation.frames import Array, Message, ProtocolError, strict_json
from grader.isolation.supervisor import Ending, Patience, Worker
from grader.records import Picture, Pictures
from grader.text import clean_path, counted

SECONDS = 40.0
"""After these a worker begins no further picture."""

PATIENCE = Patience(180, cpu_seconds=90)
MAX_PICTURES = 2_000
MAX_SIDE = 1_000_000
LIMIT_BYTES = 4 * 1024 * 1024
MAX_COPY_SIDE = 1_000
LIMIT_COPY_BYTES = MAX_COPY_SIDE * MAX_COPY_SIDE + 10_000
_THUMBNAIL = re.compile(r"[0-9a-f]{256}")


def decode(worker: Worker, paths: tuple[str, ...]) -> Pictures | Ending:
    """The pictures in these files and notebooks, in their order. A worker that failed at one gives none."""
    asked = np.frombuffer(json.dumps(list(paths)).encode("ascii"), dtype=np.uint8)
    answer = worker.request(
        "pictures", {"seconds": SECONDS}, {"asked": asked}, patience=PATIENCE, payload_limit=LIMIT_BYTES
    )
    if isinstance(answer, Ending):
        return answer
    try:
        return pictures(answer, paths)
    except ProtocolError as error:
        return worker.refuse(error)


@dataclass(frozen=True)
class Copied:
    """A picture of few colours: indices of shape (height, width) into `palette` of shape (n, 3), both uint8."""

    indices: Array
    palette: Array


def copy(worker: Worker, asked: Sequence[tuple[str, int, int]]) -> list[Copied | None] | Ending:
    """Copies of these pictures (file, cell, which of that cell's), None for one that cannot be had."""
    message = np.frombuffer(json.dumps(asked).encode("ascii"), dtype=np.uint8)
    answer = worker.request(
        "copies", {}, {"asked": message}, patience=PATIENCE, payload_limit=len(asked) * LIMIT_COPY_BYTES
    )
    if isinstance(answer, Ending):
        return answer
    try:
        return [_copied(answer, index) for index in range(len(asked))]
    except ProtocolError as error:
        return worker.refuse(error)


def _copied(answer: Message, index: int) -> Copied | None:
    if f"picture{index}" not in answer.arrays:
        return None
    indices = answer.array(f"picture{index}", "uint8", (None, None))
    palette = answer.array(f"palette{index}", "uint8", (None, 3))
    if not indices.size or max(indices.shape) > MAX_COPY_SIDE or not 0 < len(palette) <= 256:
        raise ProtocolError("copy")
    if int(indices.max()) >= len(palette):
        raise ProtocolError("copy")
    return Copied(indices, palette)


def pictures(answer: Message, paths: tuple[str, ...]) -> Pictures:
    """What an answer says, checked.

    Raises:
        ProtocolError: a field is missing, or not as agreed.
    """
    entries = checked.listed(
        strict_json(answer.array("pictures", "uint8", (None,)).tobytes()), MAX_PICTURES + len(paths)
    )
    found: list[Picture] = []
    seen: set[int] = set()
    for entry in entries:
        fields = checked.mapping(entry, "picture")
        index = checked.count(fields.get("file"), len(paths))
        seen.add(index)
        if fields.get("cell") != -1:
            found.append(_picture(fields, paths[index]))
    left = len(paths) - len(seen)
    cut = f"{counted(left, 'file', 'files')} were not looked at: there was no more time." if left else ""
    return Pictures(tuple(found), cut)


def _picture(fields: dict[str, Any], path: str) -> Picture:
    cell = checked.count(fields.get("cell"), 100_000)
    fault = checked.text(fields.get("fault"), 120)
    thumbnail = checked.text(fields.get("thumbnail"), 256)
    width = checked.count(fields.get("width"), MAX_SIDE)
    height = checked.count(fields.get("height"), MAX_SIDE)
    if not fault and not (_THUMBNAIL.fullmatch(thumbnail) and width and height):
        raise ProtocolError("picture")
    if fault and (thumbnail or width or height):
        raise ProtocolError("picture")
    shown = clean_path(path)
    share = checked.number(fields.get("common_share"), 1.0)
    return Picture(f"{shown}, cell {cell}" if cell else shown, width, height, share, thumbnail, fault)

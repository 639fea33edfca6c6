"""Our own reader of annotation files in the schema of COCO: the categories, and each box as a share of its image.

It needs the standard library alone, because the worker uses it inside of the sandbox. A file is walked entry by entry:
of its hundred megabytes only the text and one entry are in memory at once, and what an entry holds beside its box
(outlines, above all) is dropped. What is wrong with a box is counted, and the box left out.
"""

from __future__ import annotations

import json
import math
import time
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

LIMIT_BOXES = 2_000_000
LIMIT_IMAGES = 1_000_000
LIMIT_CATEGORIES = 10_000
LARGEST = 1e6
"""Pixels of a side or a place beyond which a number is none of a picture."""
SMALLEST = 1e-3
"""Pixels of a side below which a box has none."""
SLACK = 1.0
"""Pixels that a box may lie outside of its image: coordinates are rounded, and some count from 1."""
LISTS = ("images", "annotations", "categories")
_SPACE = " \t\r\n"
_ROUND = 4_096
"""Entries between two looks at the clock."""

Key = int | str


@dataclass(frozen=True)
class Wrong:
    """A fault that boxes have."""

    reason: str  # "has no width or height"
    boxes: int
    first: int  # the first one's place among the annotations, from 0


@dataclass(frozen=True)
class Boxes:
    """What an annotation file holds. Names are the file's own, not yet cleaned."""

    images: int
    categories: tuple[tuple[str, int, int], ...]  # name, boxes that can be used, boxes in all
    sizes: array[float]  # width, height, width, ... of the boxes that can be used, as shares of their image
    wrong: tuple[Wrong, ...]


@dataclass
class _Entries:
    """What was read so far. An image may stand behind its boxes, so that nothing is joined yet."""

    images: dict[Key, tuple[float, float]] = field(default_factory=dict)
    categories: dict[Key, str] = field(default_factory=dict)
    of_image: list[Key | None] = field(default_factory=list)
    of_category: list[Key | None] = field(default_factory=list)
    boxes: array[float] = field(default_factory=lambda: array("d"))  # x, y, width, height; width NaN: no box
    seen: set[str] = field(default_factory=set)


def looks_like_one(text: str) -> bool:
    """Whether a JSON text names the three lists of the schema, before it is parsed."""
    return all(f'"{name}"' in text for name in LISTS)


def read_boxes(text: str, seconds: float, now: Callable[[], float] = time.monotonic) -> Boxes:
    """The boxes of an annotation file.

    Raises ValueError with the place and the fault, as the end of a sentence: no JSON, not that schema, too large.
    """
    entries, end = _Entries(), now() + seconds
    takes = {"images": _image, "annotations": _annotation, "categories": _category}
    try:
        for count, (name, entry) in enumerate(_walk(text, entries.seen)):
            takes[name](entries, entry)
            if count % _ROUND == 0 and now() > end:
                raise ValueError(f"it takes longer than {seconds:.0f} s to read")
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"{where}: not valid JSON ({error.msg})") from None
    except RecursionError:
        raise ValueError("its JSON is nested too deeply") from None
    missing = [name for name in LISTS if name not in entries.seen]
    if missing:
        raise ValueError(f'it has no list "{missing[0]}"')
    return _joined(entries)


def _walk(text: str, seen: set[str]) -> Iterator[tuple[str, Any]]:
    """(list, entry) of the three lists, in the file's order; what stands beside them is passed over."""
    decode = json.JSONDecoder().raw_decode
    at = _expect(text, _skip(text, 1 if text.startswith("\ufeff") else 0), "{")
    while (at := _skip(text, at)) < len(text) and text[at] != "}":
        name, at = decode(text, at)
        at = _skip(text, _expect(text, _skip(text, at), ":"))
        if name not in LISTS:
            _, at = decode(text, at)
        elif text[at : at + 1] != "[":
            raise ValueError(f'its "{name}" is no list')
        else:
            seen.add(name)
            at = _skip(text, at + 1)
            while text[at : at + 1] != "]":
                entry, at = decode(text, at)
                yield name, entry
                at = _next(text, at, "]")
            at += 1
        at = _next(text, at, "}")
    _expect(text, at, "}")


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _expect(text: str, at: int, sign: str) -> int:
    if text[at : at + 1] != sign:
        raise json.JSONDecodeError(f"expected {sign}", text, min(at, len(text)))
    return at + 1


def _next(text: str, at: int, closing: str) -> int:
    """The place of the next entry, or of what closes the list: a comma stands between two of them."""
    at = _skip(text, at)
    if text[at : at + 1] == closing:
        return at
    at = _skip(text, _expect(text, at, ","))
    if text[at : at + 1] == closing:
        raise json.JSONDecodeError("expected another entry", text, at)
    return at


def _key(value: object) -> Key | None:
    """An id: a whole number or a text. `7.0` is 7: a table of ids is often saved as floats."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value if isinstance(value, int | str) and not isinstance(value, bool) else None


def _number(value: object) -> float | None:
    """A finite number that can belong to a picture."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST <= value <= LARGEST:
        return None
    return float(value)


def _image(entries: _Entries, entry: object) -> None:
    held = entry if isinstance(entry, dict) else {}
    key, width, height = _key(held.get("id")), _number(held.get("width")), _number(held.get("height"))
    if key is None:
        return  # what refers to it is said to have no image
    if len(entries.images) >= LIMIT_IMAGES:
        raise ValueError(f"it has more than {LIMIT_IMAGES:,} images")
    entries.images[key] = (width or 0.0, height or 0.0)


def _category(entries: _Entries, entry: object) -> None:
    held = entry if isinstance(entry, dict) else {}
    key, name = _key(held.get("id")), held.get("name")
    if key is None:
        return
    if len(entries.categories) >= LIMIT_CATEGORIES:
        raise ValueError(f"it has more than {LIMIT_CATEGORIES:,} categories")
    entries.categories[key] = name[:200] if isinstance(name, str) and name.strip() else str(key)[:200]


def _annotation(entries: _Entries, entry: object) -> None:
    if len(entries.of_image) >= LIMIT_BOXES:
        raise ValueError(f"it has more than {LIMIT_BOXES:,} annotations")
    held = entry if isinstance(entry, dict) else {}
    entries.of_image.append(_key(held.get("image_id")))
    entries.of_category.append(_key(held.get("category_id")))
    box = held.get("bbox")
    numbers = [_number(value) for value in box] if isinstance(box, list) and len(box) == 4 else [None]
    entries.boxes.extend(
        [0.0, 0.0, math.nan, math.nan]
        if None in numbers
        else [value for value in numbers if value is not None]
    )


# --- joined -------------------------------------------------------------------------------------------------


def _joined(entries: _Entries) -> Boxes:
    kept: dict[Key, list[int]] = {key: [0, 0] for key in entries.categories}
    wrong: dict[str, list[int]] = {}
    sizes = array("d")
    for index, category in enumerate(entries.of_category):
        if category is not None and category in kept:
            kept[category][1] += 1
        box = entries.boxes[4 * index : 4 * index + 4]
        of_image = entries.of_image[index]
        image = None if of_image is None else entries.images.get(of_image)
        if fault := _fault(box, image, known=category in kept):
            wrong.setdefault(fault, [0, index])[0] += 1
            continue
        assert image is not None
        assert category is not None
        kept[category][0] += 1
        sizes.extend((box[2] / image[0], box[3] / image[1]))
    return Boxes(
        images=len(entries.images),
        categories=tuple((entries.categories[key], good, all_) for key, (good, all_) in kept.items()),
        sizes=sizes,
        wrong=tuple(Wrong(reason, count, first) for reason, (count, first) in wrong.items()),
    )


def _fault(box: array[float], image: tuple[float, float] | None, *, known: bool) -> str:
    """Why a box cannot be used; "" where it can."""
    x, y, width, height = box
    if math.isnan(width):
        return 'has no "bbox" of four numbers'
    if image is None:
        return "names no image of the file"
    if not known:
        return "names no category of the file"
    if min(image) < 1:
        return "belongs to an image without width and height"
    if min(width, height) < SMALLEST:
        return "has a width or height of zero or less"
    if min(x, y) < -SLACK or x + width > image[0] + SLACK or y + height > image[1] + SLACK:
        return "lies outside of its image"
    return ""

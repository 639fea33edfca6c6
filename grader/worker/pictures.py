"""Decode the pictures of a submission, in files and in saved outputs of notebooks.

A picture is a program for its decoder: that is why it is opened here, inside of the sandbox, by a worker that does
nothing else. Its size is read in its header and refused before any pixel is.
"""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from grader.isolation.frames import Array
from grader.reading.notebook import saved_cells

MAX_PIXELS = 40_000_000
MAX_BYTES = 32 * 1024 * 1024
MAX_NOTEBOOK_BYTES = 64 * 1024 * 1024
MAX_PER_NOTEBOOK = 200
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP")
SAMPLE_SIDE = 512
"""Colours are counted on at most so many pixels a side, taken as they are."""
THUMBNAIL_SIDE = 16
COPY_WIDTH, COPY_HEIGHT = 760, 1000
"""A copy is no larger than this: a screenshot stays readable, and a report small."""
COPY_COLOURS = 64
_KINDS = ("image/png", "image/jpeg", "png", "jpeg")


def decoded(root: Path, asked: list[str], seconds: float) -> list[dict[str, Any]]:
    """An entry for each picture, by the index of its file in `asked`; what comes too late is left out.

    Entries: `file` (index), `cell` (0 for a file), `width`, `height`, `common_share`, `thumbnail`, `fault`.
    """
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    begin = time.monotonic()
    found: list[dict[str, Any]] = []
    for index, path in enumerate(asked):
        for cell, data in _pictures(root / path):
            if time.monotonic() - begin > seconds:
                return found
            found.append({"file": index, "cell": cell, **_facts(data)})
        if time.monotonic() - begin > seconds:
            return found
        if not found or found[-1]["file"] != index:
            found.append({"file": index, "cell": -1})  # looked at, and no picture in it
    return found


def copies(root: Path, asked: list[list[Any]]) -> dict[str, Array]:
    """Copies for a report: `picture0` (uint8, height x width, indices of colours), `palette0` (uint8, n x 3), ...

    Args:
        asked: (file, cell, which of that cell's pictures); cell 0 and picture 0 for a file. What cannot be decoded
            is left out.
    """
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    found: dict[str, Array] = {}
    for index, (path, cell, which) in enumerate(asked):
        inside = [data for number, data in _pictures(root / path) if number == cell]
        made = _copy(inside[which]) if which < len(inside) else None
        if made is not None:
            found[f"picture{index}"], found[f"palette{index}"] = made
    return found


def _copy(data: bytes) -> tuple[Array, Array] | None:
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                return None
            plain = _on_white(image)
    except Exception:  # whatever its decoder raises
        return None
    plain.thumbnail((COPY_WIDTH, COPY_HEIGHT))
    few = plain.quantize(COPY_COLOURS, dither=Image.Dither.NONE)
    colours = np.asarray((few.getpalette() or [0, 0, 0])[: 3 * COPY_COLOURS], dtype=np.uint8)
    return np.asarray(few, dtype=np.uint8), colours.reshape(-1, 3)


def _pictures(place: Path) -> Iterator[tuple[int, bytes]]:
    """(cell, the bytes) of a file or of each picture in a notebook's saved outputs."""
    is_notebook = place.suffix.lower() == ".ipynb"
    try:
        if place.stat().st_size > (MAX_NOTEBOOK_BYTES if is_notebook else MAX_BYTES):
            return
        data = place.read_bytes()
    except OSError:
        return
    if is_notebook:
        yield from _saved(data.decode("utf-8", "replace"))
    else:
        yield 0, data


def _saved(text: str) -> Iterator[tuple[int, bytes]]:
    count = 0
    for number, cell in enumerate(saved_cells(text), 1):
        outputs = cell.get("outputs")
        for output in outputs if isinstance(outputs, list) else []:
            data = _encoded(output)
            if data and count < MAX_PER_NOTEBOOK:
                count += 1
                yield number, data


def _encoded(output: object) -> bytes:
    """The bytes of an output's picture, b"" where it has none."""
    held = output.get("data", output) if isinstance(output, dict) else {}
    for kind in _KINDS:
        value = held.get(kind) if isinstance(held, dict) else None
        text = "".join(part for part in value if isinstance(part, str)) if isinstance(value, list) else value
        if isinstance(text, str) and text:
            try:
                return base64.b64decode(text[: 2 * MAX_BYTES])
            except ValueError:
                return b"?"
    return b""


def _facts(data: bytes) -> dict[str, Any]:
    """What one picture is, or why it cannot be decoded: whatever its decoder raises is its own fault."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                return _fault(f"is larger ({width} x {height}) than what is decoded")
            image.draft("RGB", (2 * SAMPLE_SIDE, 2 * SAMPLE_SIDE))  # of a JPEG, only what is needed
            plain = _on_white(image)
    except Exception as error:
        return _fault(f"cannot be decoded ({type(error).__name__})")
    return {
        "width": width,
        "height": height,
        "common_share": _common_share(plain),
        "thumbnail": _thumbnail(plain),
        "fault": "",
    }


def _fault(reason: str) -> dict[str, Any]:
    return {"width": 0, "height": 0, "common_share": 0.0, "thumbnail": "", "fault": reason}


def _on_white(image: Image.Image) -> Image.Image:
    """The first frame as RGB, on white where it is transparent."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        over = image.convert("RGBA")
        ground = Image.new("RGBA", over.size, (255, 255, 255, 255))
        return Image.alpha_composite(ground, over).convert("RGB")
    if image.mode.startswith("I"):
        levels: Array = np.asarray(image, dtype=np.float64)
        span = max(float(levels.max() - levels.min()), 1.0)
        return Image.fromarray((255 * (levels - levels.min()) / span).astype(np.uint8)).convert("RGB")
    return image.convert("RGB")


def _common_share(image: Image.Image) -> float:
    """Share of the most frequent colour, with five bits for each of red, green and blue."""
    width, height = (max(1, min(side, SAMPLE_SIDE)) for side in image.size)
    small: Array = np.asarray(image.resize((width, height), Image.Resampling.NEAREST), dtype=np.uint32) >> 3
    colours = (small[..., 0] << 10) | (small[..., 1] << 5) | small[..., 2]
    return float(np.bincount(colours.ravel()).max() / colours.size)


def _thumbnail(image: Image.Image) -> str:
    side = (THUMBNAIL_SIDE, THUMBNAIL_SIDE)
    greys = np.asarray(image.convert("L").resize(side, Image.Resampling.BOX), dtype=np.uint8) >> 4
    return "".join(f"{int(grey):x}" for grey in greys.ravel())

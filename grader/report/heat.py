"""From recorded rows of hex digits to small pictures, made here: PNG as text, and the edge of what is strongest.

A stored record can be edited by hand: rows that are no rectangle of hex digits give nothing, never an error.
"""

from __future__ import annotations

import base64
import re
import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Bytes = npt.NDArray[np.uint8]
    Shares = npt.NDArray[np.float32]

MAX_SIDE = 64
AMBER = (255, 176, 0)
STRENGTH = 0.72
"""Share of the colour where a map is strongest: what lies beneath stays visible."""

_ROW = re.compile(r"(?:[0-9a-f]{2})+")


def decoded(rows: tuple[str, ...], channels: int) -> Bytes | None:
    """(height, width, channels); None where the rows do not hold that."""
    import numpy as np

    if channels not in (1, 3) or not 0 < len(rows) <= MAX_SIDE:
        return None
    width, left = divmod(len(rows[0]), 2 * channels)
    if left or not 0 < width <= MAX_SIDE:
        return None
    if not all(len(row) == len(rows[0]) and _ROW.fullmatch(row) for row in rows):
        return None
    flat = np.frombuffer(bytes.fromhex("".join(rows)), np.uint8)
    return flat.reshape(len(rows), width, channels)


def resized(map: Shares, height: int, width: int) -> Shares:
    """Bilinear between the centres of places, then again from 0 to 1: as the package grad-cam shows its maps.

    Args:
        map: (height, width), 0 to 1.
    """
    import numpy as np

    down, first, second = _between(map.shape[0], height)
    rows = map[first] * (1 - down)[:, None] + map[second] * down[:, None]
    across, first, second = _between(map.shape[1], width)
    whole = rows[:, first] * (1 - across) + rows[:, second] * across
    whole = whole - whole.min()
    return np.asarray(whole / (1e-7 + whole.max()), dtype=np.float32)


def _between(places: int, pixels: int) -> tuple[npt.NDArray[np.float64], Bytes, Bytes]:
    """For each pixel: how far it is on the way from one place to the next, and these two."""
    import numpy as np

    at = np.clip((np.arange(pixels) + 0.5) * places / pixels - 0.5, 0, places - 1)
    first = np.floor(at).astype(np.uint8)
    return at - first, first, np.minimum(first + 1, places - 1).astype(np.uint8)


def laid_over(image: Bytes, map: Shares) -> Bytes:
    """The picture in greys with amber on it, the more the stronger the map is there: (height, width, 3)."""
    import numpy as np

    weights = (1.0,) if image.shape[2] == 1 else (0.299, 0.587, 0.114)
    grey = (image @ np.asarray(weights))[:, :, None]
    share = STRENGTH * map[:, :, None]
    return np.asarray(np.rint(grey * (1 - share) + np.asarray(AMBER) * share), dtype=np.uint8)


def edge(map: Shares, level: float = 0.5) -> str:
    """The line around where the map is at least at a level, as the path of an SVG in pixels; "" for an empty map."""
    import numpy as np

    inside = np.pad(map >= level, 1) if map.max() > 0 else np.zeros((2, 2), bool)
    across = [f"M{x} {y}h1" for y, x in np.argwhere(inside[1:, 1:-1] != inside[:-1, 1:-1]).tolist()]
    down = [f"M{x} {y}v1" for y, x in np.argwhere(inside[1:-1, 1:] != inside[1:-1, :-1]).tolist()]
    return "".join((*across, *down))


def png(image: Bytes) -> str:
    """A picture of 1 or 3 channels as `data:image/png;base64,...`."""
    height, width, channels = image.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 0 if channels == 1 else 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", min(_plain(image), _less_above(image), key=len)), (b"IEND", b""))
    whole = b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)
    return f"data:image/png;base64,{base64.b64encode(whole).decode('ascii')}"


def _plain(image: Bytes) -> bytes:
    return zlib.compress(b"".join(b"\0" + row.tobytes() for row in image), 9)


def _less_above(image: Bytes) -> bytes:
    """Each row less the one above it: shorter for photographs."""
    import numpy as np

    rows = np.diff(image, axis=0, prepend=np.zeros_like(image[:1]))
    return zlib.compress(b"".join(b"\2" + row.tobytes() for row in rows), 9)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

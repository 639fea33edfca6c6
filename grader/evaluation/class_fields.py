"""Receptive fields as a course works them out by hand: without the jump, and with max pooling that doubles.

Each convolution adds its kernel size less one, whatever the strides before it, and pooling doubles what was there.
The exact field is larger behind a pooling; the recorder measures it (`Operator.axes`).
"""

from __future__ import annotations

import re

from grader.records import Operator

Size = tuple[int, int]
NONE: Size = (0, 0)
LARGEST = 1_000_000
"""Where counting ends: a row of poolings that doubles for ever has no more to say."""

_SIDES = re.compile(r"[0-9]{1,6}(?:x[0-9]{1,6})*")
CONVOLUTIONS = frozenset({"convolution", "transposed convolution"})
POOLS = frozenset(
    {"max pool", "average pool", "adaptive average pool", "global average pool", "global max pool"}
)


def class_fields(operators: tuple[Operator, ...]) -> tuple[Size, ...]:
    """Height and width that each operator's output sees by the class's rule; (0, 0) behind an unknown input.

    Where several results come together, the larger one counts.
    """
    found: list[Size] = []
    for operator in operators:
        sources = [found[one] if 0 <= one < len(found) else (1, 1) for one in operator.inputs]
        height = max((size[0] for size in sources), default=0)
        width = max((size[1] for size in sources), default=0)
        height, width = _grown((height, width), operator)
        found.append((min(height, LARGEST), min(width, LARGEST)))
    return tuple(found)


def exact_field(operator: Operator) -> Size:
    """What the recorder measured; (0, 0) where it is the whole image, or nothing that can be told."""
    known = [axis.size for axis in operator.axes if axis.state == "known"]
    return (known[0], known[1]) if len(known) == 2 else NONE


def _grown(before: Size, operator: Operator) -> Size:
    if before == NONE:
        return NONE
    if operator.kind in CONVOLUTIONS or _steps_by_one(operator):
        kernel, dilation = pair(operator, "kernel"), pair(operator, "dilation")
        height, width = (
            size + (k - 1) * max(d, 1) for size, k, d in zip(before, kernel, dilation, strict=True)
        )
        return height, width
    return (2 * before[0], 2 * before[1]) if operator.kind in ("max pool", "average pool") else before


def _steps_by_one(operator: Operator) -> bool:
    """A pooling that leaves the map as large as it is."""
    return operator.kind in POOLS and pair(operator, "stride") == (1, 1)


def pair(operator: Operator, name: str) -> Size:
    """A detail such as `kernel: 3x5` as numbers; (1, 1) where there is none."""
    text = str(operator.detail(name))
    if not _SIDES.fullmatch(text):
        return 1, 1
    numbers = [int(part) for part in text.split("x")]
    return numbers[0], numbers[-1]

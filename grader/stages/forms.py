"""The forms in which a model may take the same input: a picture as a row of its pixels, a row of pixels as a picture."""

from __future__ import annotations

import math

LEAST_SIDE = 8
"""Rows shorter than a picture of so many pixels along each side are columns with a meaning each."""


def forms_of(input_shape: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Shapes of one input in which it can be handed to a model, without the batch; the task's own comes first."""
    values = math.prod(input_shape)
    if len(input_shape) == 3:
        return input_shape, (values,)
    side = math.isqrt(values)
    if len(input_shape) == 1 and side * side == values and side >= LEAST_SIDE:
        return input_shape, (1, side, side)
    return (input_shape,)

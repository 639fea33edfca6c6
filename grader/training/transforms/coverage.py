"""Whether the fast lane can do a list of transforms exactly. Nothing here needs torch."""

from __future__ import annotations

from collections.abc import Sequence

from grader.text import clean
from grader.training.transforms.interface import AnyCall, NotCovered, stated
from grader.training.transforms.program import program


def covered(calls: Sequence[AnyCall], shape: tuple[int, int, int]) -> str:
    """ "" if every call is covered exactly, in this order, for images of `shape` (C, H, W); else why not."""
    try:
        program([stated(call) for call in calls], shape)
    except NotCovered as reason:
        return clean(str(reason), 400)
    return ""


def exactness(calls: Sequence[AnyCall], shape: tuple[int, int, int]) -> str:
    """For covered calls: `same draws` where all of them are, else `same distribution`.

    Raises:
        NotCovered: they are not covered.
    """
    lines = program([stated(call) for call in calls], shape).lines
    return "same draws" if all(line.step.exactness == "same draws" for line in lines) else "same distribution"

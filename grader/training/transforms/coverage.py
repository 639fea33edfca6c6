"""Whether the fast lane can do a list of transforms exactly. Nothing here needs torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from grader.text import clean
from grader.training.transforms.interface import AnyCall, NotCovered, stated
from grader.training.transforms.program import fixed_calls, program

OneCall = TypeVar("OneCall", bound=AnyCall)


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


def output_shape(calls: Sequence[AnyCall], shape: tuple[int, int, int]) -> tuple[int, int, int]:
    """(C, H, W) of what the model is given.

    Raises:
        NotCovered: the calls are not covered.
    """
    end = program([stated(call) for call in calls], shape).end
    return end.channels, end.height, end.width


def for_a_test(calls: Sequence[OneCall], shape: tuple[int, int, int]) -> tuple[OneCall, ...]:
    """The calls that a test pass uses: what is not random, and gives images of the size that is trained on.

    Raises:
        NotCovered: the calls are not covered, or no such part gives that size.
    """
    return tuple(calls[number] for number in fixed_calls([stated(call) for call in calls], shape))

"""Score the sums that a model gives, against sums that never left this process."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.records import Measurement

Numbers = npt.NDArray[np.floating[Any]]


def answers(numbers: Numbers, head: str, sums: int) -> npt.NDArray[np.int64]:
    """The sum that each row of numbers says; -1 where one of them is not finite.

    Args:
        numbers: (N, width): a score for each sum, bits with the highest first, or the sum itself.
        head: of bits, whether they are `probabilities` or something that grows with them.
        sums: how many sums there are.
    """
    finite = np.asarray(np.isfinite(numbers).all(axis=1))
    known = np.where(finite[:, None], numbers, 0)
    width = numbers.shape[1]
    if width == sums:
        found = known.argmax(axis=1)
    elif width == 1:
        found = np.rint(known[:, 0].clip(-1, sums))
    else:
        bits = known > (0.5 if head == "probabilities" else 0.0)
        found = (bits << np.arange(width - 1, -1, -1)).sum(axis=1)
    return np.where(finite, found, -1).astype(np.int64)


def sum_accuracy(
    numbers: Numbers, targets: npt.NDArray[np.integer[Any]], head: str, sums: int
) -> Measurement:
    """The share of sums that are right; its spread is that of drawing so many test images."""
    right = float((answers(numbers, head, sums) == targets).mean())
    return Measurement(
        name="sum_accuracy",
        value=right,
        unit="share",
        split="test",
        n=len(targets),
        values=(right,),
        spread=math.sqrt(right * (1 - right) / len(targets)),
        spread_source="that of drawing so many test images; nothing is tabulated for the sum",
    )

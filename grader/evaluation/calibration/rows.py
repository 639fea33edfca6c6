"""The rows of the calibration tables. The tables beside this file are generated; nothing in them is changed by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Source = Literal["published", "measured", "derived", "data set"]


@dataclass(frozen=True)
class Known:
    """A run-to-run standard deviation of an accuracy; both are shares, 0 to 1."""

    near: float  # the accuracy at which it holds
    sd: float
    source: Source
    what: str


@dataclass(frozen=True)
class Honest:
    """What honest models show in an integrity probe.

    `most` is the highest value among so many of them, in the unit of the probe's threshold. With no models, nobody
    has measured it: then it is 0, and `text` was stated.
    """

    most: float
    models: int
    text: str

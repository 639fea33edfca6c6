"""Ten figures as distances from their outline, for the generated stand-in pictures.

Each takes coordinates from the figure's centre, x to the right and y down, in units of its size, and gives how far
a point lies outside of the outline; inside, the number is negative.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Reals = NDArray[np.float32]

Figure = Callable[["Reals", "Reals"], "Reals"]

_DIAGONAL = 0.7071


def _disc(x: Reals, y: Reals) -> Reals:
    import numpy as np

    return np.asarray(np.hypot(x, y) - 0.9)


def _ring(x: Reals, y: Reals) -> Reals:
    import numpy as np

    return np.asarray(abs(np.hypot(x, y) - 0.75) - 0.22, np.float32)


def _square(x: Reals, y: Reals) -> Reals:
    import numpy as np

    return np.asarray(np.maximum(abs(x), abs(y)) - 0.8, np.float32)


def _diamond(x: Reals, y: Reals) -> Reals:
    outside: Reals = (abs(x) + abs(y) - 1.1) * _DIAGONAL
    return outside


def _triangle(x: Reals, y: Reals) -> Reals:
    import numpy as np

    outside: Reals = np.maximum(y - 0.55, 0.866 * abs(x) - 0.5 * y - 0.5)
    return outside


def _plus(x: Reals, y: Reals) -> Reals:
    import numpy as np

    lying = np.maximum(abs(x) - 1, abs(y) - 0.28)
    outside: Reals = np.minimum(lying, np.maximum(abs(y) - 1, abs(x) - 0.28))
    return outside


def _cross(x: Reals, y: Reals) -> Reals:
    return _plus((x + y) * _DIAGONAL, (x - y) * _DIAGONAL)


def _lying_bars(x: Reals, y: Reals) -> Reals:
    import numpy as np

    bar = (abs((1.5 * y) % 1 - 0.5) - 0.25) / 1.5
    outside: Reals = np.maximum(np.maximum(abs(x), abs(y)) - 1, bar)
    return outside


def _standing_bars(x: Reals, y: Reals) -> Reals:
    return _lying_bars(y, x)


def _two_discs(x: Reals, y: Reals) -> Reals:
    import numpy as np

    return np.asarray(np.hypot(abs(x) - 0.52, y) - 0.42)


FIGURES: tuple[Figure, ...] = (
    _disc,
    _ring,
    _square,
    _diamond,
    _triangle,
    _plus,
    _cross,
    _lying_bars,
    _standing_bars,
    _two_discs,
)
NAMES = (
    "disc",
    "ring",
    "square",
    "diamond",
    "triangle",
    "plus",
    "cross",
    "lying bars",
    "standing bars",
    "two discs",
)

"""The network of the class, worked out again: two inputs, two hidden and two output neurons, no biases.

Every neuron is a sigmoid, the error is the sum of (target - output)^2 / 2, and one step of gradient descent changes all
eight weights at once, from the old ones. The numbers are those of the widely published example (Mazur, "A Step by Step
Backpropagation Example", 2015) without its biases; its first total error is 0.24252.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

WEIGHTS = tuple(f"w{number}" for number in range(1, 9))
FORWARD = ("h1", "a_h1", "h2", "a_h2", "o1", "a_o1", "o2", "a_o2", "E1", "E2", "E_total")
GRADIENTS = tuple(f"dE/d{weight}" for weight in WEIGHTS)
QUANTITIES = (*WEIGHTS, *FORWARD, *GRADIENTS)
_NOTHING: Mapping[str, float] = MappingProxyType({})
GIVEN = ("i1", "i2", "t1", "t2")


@dataclass(frozen=True)
class Start:
    """What the network begins with. The default is the class's example."""

    weights: tuple[float, ...] = (0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55)
    inputs: tuple[float, float] = (0.05, 0.10)
    targets: tuple[float, float] = (0.01, 0.99)


CLASS_START = Start()


def sigmoid(value: float) -> float:
    """1 / (1 + e^-x), for any finite number."""
    if value < -700:
        return 0.0
    return 1 / (1 + math.exp(-value))


def quantities(start: Start, held: Mapping[str, float] = _NOTHING) -> dict[str, float]:
    """All of one iteration by its name: the weights that it begins with, the forward pass, and the gradients.

    Args:
        held: values of the forward pass that are taken where something else follows from them. So each result is what
            one step makes of what stands before it, right or wrong.
    """
    w1, w2, w3, w4, w5, w6, w7, w8 = start.weights
    (i1, i2), (t1, t2) = start.inputs, start.targets
    found: dict[str, float] = dict(zip(WEIGHTS, start.weights, strict=True))

    def let(name: str, value: float) -> float:
        found[name] = value
        return held.get(name, value)

    h1, h2 = let("h1", w1 * i1 + w2 * i2), let("h2", w3 * i1 + w4 * i2)
    a_h1, a_h2 = let("a_h1", sigmoid(h1)), let("a_h2", sigmoid(h2))
    o1, o2 = let("o1", w5 * a_h1 + w6 * a_h2), let("o2", w7 * a_h1 + w8 * a_h2)
    a_o1, a_o2 = let("a_o1", sigmoid(o1)), let("a_o2", sigmoid(o2))
    let("E_total", let("E1", _squared(t1 - a_o1) / 2) + let("E2", _squared(t2 - a_o2) / 2))
    by_o1, by_o2 = (a_o1 - t1) * a_o1 * (1 - a_o1), (a_o2 - t2) * a_o2 * (1 - a_o2)
    by_h1 = (by_o1 * w5 + by_o2 * w7) * a_h1 * (1 - a_h1)
    by_h2 = (by_o1 * w6 + by_o2 * w8) * a_h2 * (1 - a_h2)
    hidden = (by_h1 * i1, by_h1 * i2, by_h2 * i1, by_h2 * i2)
    outer = (by_o1 * a_h1, by_o1 * a_h2, by_o2 * a_h1, by_o2 * a_h2)
    return found | dict(zip(GRADIENTS, (*hidden, *outer), strict=True))


def _squared(value: float) -> float:
    return value * value  # ** raises where the result is too large


def after(start: Start, rate: float) -> Start:
    """One step of gradient descent."""
    now = quantities(start)
    moved = (now[weight] - rate * now[f"dE/d{weight}"] for weight in WEIGHTS)
    return Start(tuple(moved), start.inputs, start.targets)


def errors(start: Start, rate: float) -> Iterator[float]:
    """The total error before the first step, after it, and so on without an end."""
    while True:
        yield quantities(start)["E_total"]
        start = after(start, rate)

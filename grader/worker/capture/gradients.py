"""Whether gradients are cleared between two steps of an optimizer, judged by the gradients themselves.

They can be cleared in more ways than by a call of `zero_grad`: `p.grad = None`, `p.grad.zero_()`, a new tensor.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

WATCHED = 4
"""So many parameters of an optimizer are looked at: what clears one of them clears all."""

MOST_OPTIMIZERS = 8


@dataclass(frozen=True)
class _Kept:
    """The gradient of one parameter, as it was when the optimizer stepped."""

    parameter: Any
    gradient: Any
    version: int
    is_zero: bool


class Gradients:
    """Looks at an optimizer's gradients when it steps, and again when the next backward pass begins."""

    def __init__(self) -> None:
        self._kept: dict[int, list[_Kept]] = {}
        self._cleared: dict[int, bool] = {}

    def stepped(self, optimizer: Any) -> bool | None:
        """Whether they were cleared since its step before; None where that cannot be told."""
        self._kept.pop(id(optimizer), None)
        while len(self._kept) >= MOST_OPTIMIZERS:
            del self._kept[next(iter(self._kept))]
        held = (p for group in optimizer.param_groups for p in group["params"] if p.grad is not None)
        self._kept[id(optimizer)] = [
            _Kept(p, p.grad, p.grad._version, _is_zero(p.grad)) for p in itertools.islice(held, WATCHED)
        ]
        return self._cleared.pop(id(optimizer), None)

    def backward(self) -> None:
        """A backward pass begins. That of another optimizer's loss may come before these gradients are cleared."""
        for key, kept in list(self._kept.items()):
            seen = {_was_cleared(one) for one in kept} - {None}
            if seen:
                self._cleared[key] = False not in seen
            if self._cleared.get(key):
                del self._kept[key]


def _is_zero(gradient: Any) -> bool:
    return not bool(gradient.any())


def _was_cleared(kept: _Kept) -> bool | None:
    """None where a gradient is zero by itself and was not touched: replayed outputs give such gradients."""
    now = kept.parameter.grad
    if now is None:
        return True
    if not _is_zero(now):
        return False
    touched = now is not kept.gradient or now._version != kept.version
    return True if touched or not kept.is_zero else None

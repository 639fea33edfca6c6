"""Which models are called, while that has to be known: to tell whose parameters an optimizer has.

In the training that counts nothing listens: a call of a model costs what it costs in the student's own run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


class Calls:
    """Listens to outermost calls of modules with parameters while it is `active`."""

    def __init__(self, on_forward: Callable[[], None] = lambda: None) -> None:
        self._original: Any = torch.nn.Module.__call__
        self._on_forward = on_forward
        self._inside = False
        self._listening = self._listener()
        self._rows = 0
        self.models: dict[int, Any] = {}

    @property
    def active(self) -> bool:
        return bool(torch.nn.Module.__call__ is self._listening)

    def on(self) -> None:
        """Listen. Rows are counted from now on, unless it listens already."""
        if self.active:
            return
        self._rows = 0
        torch.nn.Module.__call__ = self._listening  # type: ignore[method-assign]

    def off(self) -> None:
        torch.nn.Module.__call__ = self._original  # type: ignore[method-assign]

    def rows(self) -> int:
        """Rows that models were given with gradients on, since this was asked for the last time."""
        rows, self._rows = self._rows, 0
        return rows

    def _listener(self) -> Any:
        calls = self

        def outermost(module: Any, *arguments: Any, **named: Any) -> Any:
            if calls._inside or next(module.parameters(), None) is None:
                return calls._original(module, *arguments, **named)
            calls.models[id(module)] = module
            if torch.is_grad_enabled():
                calls._rows += rows_of((*arguments, *named.values()))
            calls._on_forward()
            calls._inside = True
            try:
                return calls._original(module, *arguments, **named)
            finally:
                calls._inside = False

        return outermost

    def owner_of(self, optimizer: Any) -> Any:
        """The called module whose parameters the optimizer has: the smallest that covers them all; None without."""
        wanted = parameters_of(optimizer)
        sized = [(module, {id(p) for p in module.parameters()}) for module in self.models.values()]
        covers = [(len(held), index) for index, (_, held) in enumerate(sized) if wanted <= held]
        if covers:
            return sized[min(covers)[1]][0]
        return max(sized, key=lambda item: len(wanted & item[1]), default=(None, set[int]()))[0]


def parameters_of(optimizer: Any) -> set[int]:
    """`id` of all tensors that an optimizer changes."""
    return {id(p) for group in optimizer.param_groups for p in group["params"]}


def rows_of(batch: Any, depth: int = 0) -> int:
    """How many samples a batch holds: the length of its first tensor or array; 0 where there is none."""
    shape = getattr(batch, "shape", None)
    if shape is not None:
        return int(shape[0]) if len(shape) else 0
    if depth < 4 and isinstance(batch, list | tuple | dict):
        for inner in batch.values() if isinstance(batch, dict) else batch:
            found = rows_of(inner, depth + 1)
            if found:
                return found
    return 0

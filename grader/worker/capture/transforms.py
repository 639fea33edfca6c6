"""Which transforms a data set really applies to an item, and whether two looks at one item differ."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from grader.worker.capture.built import remember

LOOKS = 25
"""How often the same item is asked for: a transform that acts with p = 0.2 stays hidden once in 260 times."""


class Transforms:
    """Remembers constructions of transforms, and while `listen` lasts, which outermost ones are called."""

    def __init__(self) -> None:
        self.heard: list[Any] | None = None
        self._inside = False

    def install(self) -> None:
        from torchvision.transforms import autoaugment, transforms

        for module in (transforms, autoaugment):
            self.cover(module, "torchvision")

    def cover(self, module: Any, library: str) -> None:
        """Every class of a module of transforms."""
        for cls in [value for value in vars(module).values() if isinstance(value, type)]:
            if cls.__module__.startswith("torchvision.transforms") and not issubclass(cls, BaseException):
                if "__init__" in cls.__dict__:
                    remember(cls, library)
                if "__call__" in cls.__dict__:
                    self._watch_call(cls)

    def _watch_call(self, cls: Any) -> None:
        original = cls.__dict__["__call__"]
        transforms = self

        @functools.wraps(original)
        def outer_call(self: Any, *arguments: Any, **named: Any) -> Any:
            done = transforms.called(self)
            try:
                return original(self, *arguments, **named)
            finally:
                if done is not None:
                    done()

        cls.__call__ = outer_call

    def called(self, transform: Any) -> Callable[[], None] | None:
        """Hear of a call; the answer, if any, is to be called when the transform is done."""
        if self.heard is None or self._inside:
            return None
        self.heard.append(transform)
        self._inside = True

        def done() -> None:
            self._inside = False

        return done

    def listen(self, act: Callable[[], Any]) -> list[Any]:
        """The outermost transforms that are called while `act` runs."""
        self.heard = []
        try:
            act()
            return self.heard
        finally:
            self.heard, self._inside = None, False


def described(transforms: list[Any], depth: int = 0) -> list[dict[str, Any]]:
    """Calls in their order; what only lists others (Compose) is replaced by them."""
    found: list[dict[str, Any]] = []
    for one in transforms:
        inner = getattr(one, "transforms", None)
        recorded = getattr(one, "__dict__", {}).get("_recorded_call")
        name = type(one).__name__
        if name in ("Compose", "Sequential") and depth < 5:
            listed = inner if isinstance(inner, list | tuple | set) else getattr(one, "children", list)()
            found += described(list(listed), depth + 1)
        elif recorded is not None:
            found.append(recorded)
        elif one is not None:
            found.append({"name": name, "arguments": [], "place": "", "library": ""})
    return found[:40]


def ordered(transforms: list[Any]) -> bool:
    """Whether the order is the same in each run: a pipeline may be given as a set."""
    return not any(isinstance(getattr(one, "transforms", None), set | frozenset) for one in transforms)


def randomness(item: Callable[[], Any]) -> str:
    """`random` where the same item came out differently, `fixed` where it never did."""
    first = _numbers(item())
    if first is None:
        return "unclear"
    for _ in range(LOOKS - 1):
        other = _numbers(item())
        if other is None or other.shape != first.shape or not np.array_equal(other, first):
            return "random"
    return "fixed"


def _numbers(value: Any, depth: int = 0) -> Any:
    """The image in an item: the first value that has numbers of at least two dimensions."""
    if isinstance(value, torch.Tensor):
        return value.detach().numpy() if value.dim() >= 2 else None
    if isinstance(value, np.ndarray):
        return value if value.ndim >= 2 else None
    if hasattr(value, "getdata"):
        return np.asarray(value)
    if depth < 3 and isinstance(value, list | tuple | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            found = _numbers(inner, depth + 1)
            if found is not None:
                return found
    return None


def watch_second_version(transforms: Transforms) -> Callable[[str], None]:
    """What to do once a module was imported: cover torchvision's transforms of version 2."""

    def imported(name: str) -> None:
        prefix = "torchvision.transforms.v2"
        if name == prefix or name.startswith(f"{prefix}."):
            for known in [key for key in sys.modules if key.startswith(prefix)]:
                transforms.cover(sys.modules[known], "torchvision.v2")

    return imported

"""Tensors outside of parameters and buffers that operators took: how many elements, and where they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
import torch

from grader.inspection.accounting import entries, modules
from grader.inspection.memory import address
from grader.inspection.rows import Extra

SMALL_ELEMENTS = 64
"""A constant with fewer elements is no place to hide anything: a mean and a standard deviation, a scale."""

SMALL_TOTAL = 1024
"""Many small ones together are."""

_DEPTH = 6
_MOST = 50_000
_NAMES = {"random": "random numbers made", "grid": "a grid made", "literal": "made"}


def hidden(model: torch.nn.Module, taken: Iterable[Extra]) -> tuple[int, tuple[str, ...]]:
    """Elements of the tensors that count, and the places they were found at.

    Args:
        taken: what the recorder saw operators take, each tensor once.
    """
    listed = list(taken)
    small = [extra for extra in listed if extra.elements < SMALL_ELEMENTS]
    counted = [extra for extra in listed if extra.elements >= SMALL_ELEMENTS]
    if sum(extra.elements for extra in small) > SMALL_TOTAL:
        counted = listed
    if not counted:
        return 0, ()
    named = places(model)
    found = dict.fromkeys(_place(extra, named) for extra in counted)
    return sum(extra.elements for extra in counted), tuple(found)


def _place(extra: Extra, named: dict[int, str]) -> str:
    if extra.address in named:
        return named[extra.address]
    if extra.origin == "outside":
        return "somewhere outside of the model"
    where = f" of {extra.module}" if extra.module else ""
    return f"{_NAMES[extra.origin]} in forward{where}"


def places(model: torch.nn.Module) -> dict[int, str]:
    """Where a tensor can be reached from: attributes, containers, closures, globals. Memory address to name."""
    search = _Search()
    for path, module in modules(model):
        prefix = f"self.{path}" if path else "self"
        own = object.__getattribute__(module, "__dict__")
        for name, value in list(own.items()):
            if name not in ("_parameters", "_buffers", "_modules"):
                search.walk(value, f"{prefix}.{name}")
    for kind in dict.fromkeys(type(module) for _, module in modules(model)):
        if not kind.__module__.startswith("torch."):
            search.walk_class(kind)
    search.walk_globals()
    return search.found


class _Search:
    """What was found, and how much may still be looked at. Globals come last: they may hold anything."""

    def __init__(self) -> None:
        self.found: dict[int, str] = {}
        self._budget = _MOST
        self._globals: dict[int, dict[str, object]] = {}

    def walk_class(self, kind: type) -> None:
        for name, value in list(vars(kind).items()):
            function = getattr(value, "__func__", value)
            if isinstance(function, FunctionType):
                self._walk_function(function, name)
            elif not name.startswith("__"):
                self.walk(value, f"{kind.__name__}.{name}")

    def walk_globals(self) -> None:
        for namespace in self._globals.values():
            for name, value in list(namespace.items()):
                if not name.startswith("__") and not isinstance(value, ModuleType | type | FunctionType):
                    self.walk(value, f"global {name}")

    def _walk_function(self, function: FunctionType, name: str) -> None:
        for free, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
            self.walk(_content(cell), f"closure of {name}: {free}")
        defaults = (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
        for place, value in enumerate(defaults, start=1):
            self.walk(value, f"default {place} of {name}")
        self._globals.setdefault(id(function.__globals__), function.__globals__)

    def walk(self, value: object, name: str, depth: int = _DEPTH) -> None:
        self._budget -= 1
        if depth == 0 or self._budget < 0:
            return
        if isinstance(value, torch.Tensor):
            self.found.setdefault(address(value), name)
        elif isinstance(value, np.ndarray):
            self.found.setdefault(int(value.__array_interface__["data"][0]), name)
        elif isinstance(value, FunctionType):
            for free, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=False):
                self.walk(_content(cell), f"{name}: {free}", depth - 1)
        else:
            for _, inside in _members(value):
                self.walk(inside, name, depth - 1)


def _content(cell: Any) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return None


def _members(value: object) -> Iterator[tuple[object, object]]:
    """What a container or a plain object holds."""
    if isinstance(value, dict):
        yield from list(value.items())
    elif isinstance(value, partial):
        yield from enumerate((value.func, *value.args, *value.keywords.values()))
    elif isinstance(value, torch.nn.Module):  # one that stands in a container, and so is not registered
        yield from ((entry.name, entry.tensor) for entry in entries(value))
    elif isinstance(value, list | tuple | set | frozenset):
        yield from enumerate(value)
    elif not isinstance(value, type | ModuleType | str | bytes | int | float | Callable):
        own = getattr(value, "__dict__", None)
        if isinstance(own, dict):
            yield from list(own.items())

"""Tensors outside of parameters and buffers that operators took: how many elements, and where they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
import torch

from grader.inspection.accounting import modules
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
    found: dict[int, str] = {}
    budget = [_MOST]
    for path, module in modules(model):
        prefix = f"self.{path}" if path else "self"
        own = object.__getattribute__(module, "__dict__")
        for name, value in list(own.items()):
            if name not in ("_parameters", "_buffers", "_modules"):
                _walk(value, f"{prefix}.{name}", found, _DEPTH, budget)
    for kind in dict.fromkeys(type(module) for _, module in modules(model)):
        if not kind.__module__.startswith("torch."):
            _walk_class(kind, found, budget)
    return found


def _walk_class(kind: type, found: dict[int, str], budget: list[int]) -> None:
    for name, value in list(vars(kind).items()):
        function = getattr(value, "__func__", value)
        if isinstance(function, FunctionType):
            _walk_function(function, name, found, budget)
        elif not name.startswith("__"):
            _walk(value, f"{kind.__name__}.{name}", found, _DEPTH, budget)


def _walk_function(function: FunctionType, name: str, found: dict[int, str], budget: list[int]) -> None:
    names = function.__code__.co_freevars
    for free, cell in zip(names, function.__closure__ or (), strict=False):
        _walk(_content(cell), f"closure of {name}: {free}", found, _DEPTH, budget)
    for place, value in enumerate(
        (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
    ):
        _walk(value, f"default {place + 1} of {name}", found, _DEPTH, budget)
    for known, value in list(function.__globals__.items()):
        if not isinstance(value, ModuleType | type | FunctionType):
            _walk(value, f"global {known}", found, _DEPTH, budget)


def _content(cell: Any) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return None


def _walk(value: object, name: str, found: dict[int, str], depth: int, budget: list[int]) -> None:
    budget[0] -= 1
    if depth == 0 or budget[0] < 0:
        return
    if isinstance(value, torch.Tensor):
        found.setdefault(address(value), name)
    elif isinstance(value, np.ndarray):
        found.setdefault(int(value.__array_interface__["data"][0]), name)
    elif isinstance(value, FunctionType):
        for free, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=False):
            _walk(_content(cell), f"{name}: {free}", found, depth - 1, budget)
    else:
        for _, inside in _members(value):
            _walk(inside, name, found, depth - 1, budget)


def _members(value: object) -> Iterator[tuple[object, object]]:
    """What a container or a plain object holds; modules are walked by themselves."""
    if isinstance(value, dict):
        yield from list(value.items())
    elif isinstance(value, list | tuple | set | frozenset):
        yield from enumerate(value)
    elif not isinstance(value, torch.nn.Module | type | ModuleType | str | bytes | int | float | Callable):
        own = getattr(value, "__dict__", None)
        if isinstance(own, dict):
            yield from list(own.items())

"""Count a model's parameters and buffers by unique storage.

The walk reads the modules' own dictionaries instead of calling their methods: a class that overrides
`parameters()` or `named_modules()` is counted like any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch

_numel = torch.Tensor.numel
_storage = torch.Tensor.untyped_storage

BATCH_NORM_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


@dataclass(frozen=True)
class Entry:
    """One tensor of the model's state, named by its first place in the model."""

    name: str
    tensor: torch.Tensor
    role: Literal["parameter", "buffer"]


def modules(root: torch.nn.Module) -> Iterator[tuple[str, torch.nn.Module]]:
    """Every module once, with its path ("" for the root), in the order of registration."""
    seen: set[int] = set()
    pending: list[tuple[str, torch.nn.Module]] = [("", root)]
    while pending:
        path, module = pending.pop()
        if id(module) in seen:
            continue
        seen.add(id(module))
        yield path, module
        children = _own(module, "_modules")
        for name, child in reversed(list(children.items())):
            if isinstance(child, torch.nn.Module):
                pending.append((f"{path}.{name}" if path else name, child))


def entries(root: torch.nn.Module) -> list[Entry]:
    """Every tensor that is registered, once, parameters before buffers.

    Two names for one storage (tied weights, shared modules) give one entry.
    """
    found: list[Entry] = []
    seen: set[tuple[int, int]] = set()
    roles: tuple[tuple[str, Literal["parameter", "buffer"]], ...] = (
        ("_parameters", "parameter"),
        ("_buffers", "buffer"),
    )
    for registry, role in roles:
        for path, module in modules(root):
            for name, tensor in _own(module, registry).items():
                if not isinstance(tensor, torch.Tensor):
                    continue
                key = _key(tensor)
                if key[0] and key in seen:
                    continue
                seen.add(key)
                found.append(Entry(f"{path}.{name}" if path else name, tensor, role))
    return found


def own_parameters(module: torch.nn.Module) -> int:
    """Elements of the parameters that are registered on this very module."""
    return sum(int(_numel(p)) for p in _own(module, "_parameters").values() if isinstance(p, torch.Tensor))


@dataclass(frozen=True)
class Counts:
    parameters: int
    trainable: int
    buffer_elements: int  # without the statistics of batch norms


def count(root: torch.nn.Module) -> Counts:
    """Unique elements: all parameters, those that require a gradient, and buffers."""
    listed = entries(root)
    statistics = _statistics(root)
    parameters = [entry.tensor for entry in listed if entry.role == "parameter"]
    buffers = [entry for entry in listed if entry.role == "buffer" and id(entry.tensor) not in statistics]
    return Counts(
        parameters=sum(int(_numel(p)) for p in parameters),
        trainable=sum(int(_numel(p)) for p in parameters if p.requires_grad),
        buffer_elements=sum(int(_numel(entry.tensor)) for entry in buffers),
    )


def _statistics(root: torch.nn.Module) -> frozenset[int]:
    """Ids of the buffers that a real norm of that width keeps: another buffer of the same name is a buffer."""
    found: set[int] = set()
    for _, module in modules(root):
        if not issubclass(type(module), torch.nn.modules.batchnorm._NormBase):
            continue
        buffers = _own(module, "_buffers")
        width = object.__getattribute__(module, "__dict__").get("num_features")
        for name in BATCH_NORM_STATISTICS:
            tensor = buffers.get(name)
            allowed = 1 if name == "num_batches_tracked" else width
            if isinstance(tensor, torch.Tensor) and int(_numel(tensor)) == allowed:
                found.add(id(tensor))
    return frozenset(found)


def owners(root: torch.nn.Module) -> dict[str, tuple[str, ...]]:
    """Path of each module → names in `entries` of the parameters registered on it, tied ones by their first name."""
    names = {_key(entry.tensor): entry.name for entry in entries(root) if entry.role == "parameter"}
    found: dict[str, tuple[str, ...]] = {}
    for path, module in modules(root):
        own = [p for p in _own(module, "_parameters").values() if isinstance(p, torch.Tensor)]
        found[path] = tuple(names[_key(tensor)] for tensor in own if _key(tensor) in names)
    return found


def _key(tensor: torch.Tensor) -> tuple[int, int]:
    return _storage(tensor).data_ptr(), int(tensor.storage_offset())


def _own(module: torch.nn.Module, registry: str) -> dict[str, object]:
    found = object.__getattribute__(module, "__dict__").get(registry)
    return found if isinstance(found, dict) else {}

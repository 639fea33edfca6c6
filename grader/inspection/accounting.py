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
                key = (_storage(tensor).data_ptr(), int(tensor.storage_offset()))
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
    buffer_elements: int  # without batch-norm statistics


def count(root: torch.nn.Module) -> Counts:
    """Unique elements: all parameters, those that require a gradient, and buffers."""
    listed = entries(root)
    parameters = [entry.tensor for entry in listed if entry.role == "parameter"]
    buffers = [entry for entry in listed if entry.role == "buffer" and not is_statistic(entry.name)]
    return Counts(
        parameters=sum(int(_numel(p)) for p in parameters),
        trainable=sum(int(_numel(p)) for p in parameters if p.requires_grad),
        buffer_elements=sum(int(_numel(entry.tensor)) for entry in buffers),
    )


def is_statistic(name: str) -> bool:
    return name.rpartition(".")[2] in BATCH_NORM_STATISTICS


def _own(module: torch.nn.Module, registry: str) -> dict[str, object]:
    found = object.__getattribute__(module, "__dict__").get(registry)
    return found if isinstance(found, dict) else {}

"""Count a model's parameters and buffers by unique storage.

The walk reads the modules' own dictionaries instead of calling their methods: a class that overrides
`parameters()` or `named_modules()` is counted like any other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch

_numel = torch.Tensor.numel
_storage = torch.Tensor.untyped_storage
_BATCH_NORMS = (
    torch.nn.BatchNorm1d,
    torch.nn.BatchNorm2d,
    torch.nn.BatchNorm3d,
    torch.nn.SyncBatchNorm,
)
"""After a first forward pass a lazy batch norm is one of these, too."""

Role = Literal["parameter", "buffer", "statistic"]


@dataclass(frozen=True)
class Entry:
    """One tensor of the model's state, named by its first place in the model."""

    name: str
    tensor: torch.Tensor
    role: Role


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

    Two names for the very same elements (tied weights, shared modules) give one entry. A `statistic` is a
    running mean, variance or count that a real batch norm with weight and bias owns; any other buffer, whatever
    its name, is a `buffer`.
    """
    found: list[Entry] = []
    seen: set[tuple[object, ...]] = set()
    for registry in ("_parameters", "_buffers"):
        for path, module in modules(root):
            for name, tensor in _own(module, registry).items():
                if not isinstance(tensor, torch.Tensor):
                    continue
                key = _key(tensor)
                if key[0] and key in seen:
                    continue
                seen.add(key)
                role: Role = (
                    "parameter" if registry == "_parameters" else _role_of_buffer(module, name, tensor)
                )
                found.append(Entry(f"{path}.{name}" if path else name, tensor, role))
    return found


def _role_of_buffer(module: torch.nn.Module, name: str, tensor: torch.Tensor) -> Role:
    weight = _own(module, "_parameters").get("weight")
    if type(module) not in _BATCH_NORMS or not isinstance(weight, torch.Tensor):
        return "buffer"
    channels = tuple(weight.shape)
    shapes = {"running_mean": channels, "running_var": channels, "num_batches_tracked": ()}
    is_statistic = shapes.get(name) == tuple(tensor.shape) and not tensor.requires_grad
    return "statistic" if is_statistic else "buffer"


def values(tensor: torch.Tensor) -> int:
    """Numbers that it holds: a complex element is two."""
    return int(_numel(tensor)) * (2 if tensor.is_complex() else 1)


def own_parameters(module: torch.nn.Module) -> int:
    """Values of the parameters that are registered on this very module."""
    return sum(values(p) for p in _own(module, "_parameters").values() if isinstance(p, torch.Tensor))


@dataclass(frozen=True)
class Counts:
    parameters: int
    trainable: int
    buffer_elements: int  # without the statistics of batch norms


def count(root: torch.nn.Module) -> Counts:
    """Unique values: all parameters, those that require a gradient, and buffers."""
    listed = entries(root)
    parameters = [entry.tensor for entry in listed if entry.role == "parameter"]
    return Counts(
        parameters=_unique_values(parameters),
        trainable=_unique_values([p for p in parameters if p.requires_grad]),
        buffer_elements=sum(values(entry.tensor) for entry in listed if entry.role == "buffer"),
    )


def _unique_values(tensors: list[torch.Tensor]) -> int:
    """Values in the storage that these tensors cover together: one that is a part of another adds nothing."""
    total = 0
    sharing: dict[int, list[torch.Tensor]] = {}
    for tensor in tensors:
        if storage := _storage(tensor).data_ptr():
            sharing.setdefault(storage, []).append(tensor)
        else:
            total += values(tensor)
    return total + sum(min(_covered(listed), sum(map(_own_values, listed))) for listed in sharing.values())


def _covered(tensors: list[torch.Tensor]) -> int:
    """Values from the first to the last of each tensor in one storage, together; gaps inside of one are counted."""
    total = end = 0
    for first, behind in sorted(_reach(tensor) for tensor in tensors if _numel(tensor)):
        total += max(0, behind - max(first, end))
        end = max(end, behind)
    return total


def _reach(tensor: torch.Tensor) -> tuple[int, int]:
    """First value in the storage, and the one behind the last."""
    times = 2 if tensor.is_complex() else 1
    first = int(tensor.storage_offset())
    steps = sum((size - 1) * step for size, step in zip(tensor.shape, tensor.stride(), strict=True))
    return times * first, times * (first + int(steps) + 1)


def _own_values(tensor: torch.Tensor) -> int:
    """Values without the repetitions of a dimension that was expanded."""
    repeated = [size for size, step in zip(tensor.shape, tensor.stride(), strict=True) if step == 0]
    return values(tensor) // max(math.prod(repeated), 1)


def owners(root: torch.nn.Module) -> dict[str, tuple[str, ...]]:
    """Path of each module → names in `entries` of the parameters registered on it, tied ones by their first name."""
    names = {_key(entry.tensor): entry.name for entry in entries(root) if entry.role == "parameter"}
    found: dict[str, tuple[str, ...]] = {}
    for path, module in modules(root):
        own = [p for p in _own(module, "_parameters").values() if isinstance(p, torch.Tensor)]
        found[path] = tuple(names[_key(tensor)] for tensor in own if _key(tensor) in names)
    return found


def _key(tensor: torch.Tensor) -> tuple[int, int, tuple[int, ...], tuple[int, ...]]:
    """What tells the very same elements from others, however they are named."""
    return _storage(tensor).data_ptr(), int(tensor.storage_offset()), tuple(tensor.shape), tensor.stride()


def _own(module: torch.nn.Module, registry: str) -> dict[str, object]:
    found = object.__getattribute__(module, "__dict__").get(registry)
    # `dict.items` and not the object's own: a kind of dictionary that leaves entries out when it is asked.
    return dict(dict.items(found)) if isinstance(found, dict) else {}

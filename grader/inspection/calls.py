"""Reading one operator's call below autograd: names, arguments, tensors."""

from __future__ import annotations

from typing import Any

import torch

_INDEXING = frozenset(
    {"index", "index_select", "gather", "embedding", "take_along_dim", "scatter", "index_put"}
)
_WRITING = frozenset(
    {
        *("copy", "fill", "zero", "set", "resize", "bernoulli", "uniform", "normal", "random"),
        *("exponential", "log_normal", "cauchy", "geometric"),
    }
)
"""In place, these put new values where the old ones were."""


def plain_name(func: Any) -> str:
    """`relu` for `aten.relu_.default`: the in-place variant has the same rule."""
    name = str(func.overloadpacket.__name__)
    return name.rstrip("_") if func._schema.is_mutable and name.endswith("_") else name


def full_name(func: Any) -> str:
    """`aten.relu_` as it is written in code."""
    return f"{func.namespace}.{func.overloadpacket.__name__}"


def is_pointwise(func: Any) -> bool:
    """As torch tags its operators; in-place variants often lack the tag that the plain one has."""
    if torch.Tag.pointwise in func.tags:
        return True
    packet = getattr(getattr(torch.ops, func.namespace), plain_name(func), None)
    found = getattr(packet, func._overloadname, None) if packet is not None else None
    return found is not None and torch.Tag.pointwise in found.tags


def is_factory(name: str) -> bool:
    """Operators whose result takes no values from their operands."""
    return name.startswith("new_") or name.endswith("_like")


def leaves_values(func: Any, argument: str) -> bool:
    """Whether the operator takes nothing of the argument's values: a view of it, or the place that it writes to."""
    if any(found.alias_info is not None and not found.alias_info.is_write for found in func._schema.returns):
        return True
    return argument == "out" or (
        argument == "self" and func._schema.is_mutable and plain_name(func) in _WRITING
    )


def by_name(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Arguments by the names of the schema, defaults filled in."""
    found: dict[str, Any] = {}
    for place, argument in enumerate(func._schema.arguments):
        if place < len(args):
            found[argument.name] = args[place]
        elif argument.name in kwargs:
            found[argument.name] = kwargs[argument.name]
        elif argument.has_default_value():
            found[argument.name] = argument.default_value
    return found


def tensors(value: Any) -> list[torch.Tensor]:
    """A tensor, or those in a list."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, list | tuple):
        return [item for item in value if isinstance(item, torch.Tensor)]
    return []


def is_index(name: str, argument: str, tensor: torch.Tensor) -> bool:
    """Positions to look up are no weights."""
    return name in _INDEXING and argument in ("indices", "index") and not tensor.is_floating_point()


def probability(arguments: dict[str, Any]) -> float:
    """With which probability `bernoulli` gives 1."""
    asked = arguments.get("p")
    source = arguments["self"] if asked is None else asked
    if isinstance(source, torch.Tensor):
        return float(source.float().mean()) if source.numel() else 0.5
    return float(source)

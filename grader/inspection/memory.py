"""Which memory a tensor lies in, and which part of the model's state that is."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from grader.inspection.accounting import Entry, entries, values

_storage = torch.Tensor.untyped_storage


def address(tensor: torch.Tensor) -> int:
    """Of the tensor's storage; 0 where it has none."""
    try:
        return int(_storage(tensor).data_ptr())
    except (RuntimeError, NotImplementedError):  # sparse and other tensors without plain memory
        return 0


def extent(tensor: torch.Tensor) -> tuple[int, int]:
    """First and last element in the storage."""
    if tensor.layout != torch.strided:
        return 0, 0
    first = int(tensor.storage_offset())
    reach = sum(
        (size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride(), strict=True) if size
    )
    return first, first + int(reach)


@dataclass(frozen=True)
class _Region:
    entry: Entry
    first: int
    last: int


class StateMap:
    """The registered parameters and buffers by the memory they lie in."""

    def __init__(self, model: torch.nn.Module) -> None:
        self._regions: dict[int, list[_Region]] = {}
        self._sizes: dict[str, int] = {}
        for entry in entries(model):
            self._regions.setdefault(address(entry.tensor), []).append(_Region(entry, *extent(entry.tensor)))
            if entry.role == "parameter":
                self._sizes[entry.name] = values(entry.tensor)

    def names(self, tensor: torch.Tensor) -> frozenset[str]:
        """The entries whose memory the tensor shares."""
        found = address(tensor)
        if not found or found not in self._regions:
            return frozenset()
        first, last = extent(tensor)
        return frozenset(r.entry.name for r in self._regions[found] if r.first <= last and first <= r.last)

    def parameters(self, tensor: torch.Tensor, names: frozenset[str]) -> int:
        """Elements of parameters in an operand: its own where it is (a view of) one, else of those it is made of."""
        total = sum(self._sizes.get(name, 0) for name in names)
        return min(total, values(tensor)) if address(tensor) in self._regions else total

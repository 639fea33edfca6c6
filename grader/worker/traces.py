"""What a training leaves behind in its process: how often parameters were written, and tensors beside the state.

It is counted in the student's own process, so it is a hint and never a proof: it costs a dishonest submission one
more line to avoid it. Numbers that count are taken from bytes, outside.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable

import torch

from grader.inspection.accounting import entries

_storage = torch.Tensor.untyped_storage


def written(model: torch.nn.Module) -> dict[int, int]:
    """How often each parameter has been written in place so far, by its identity."""
    return {id(entry.tensor): entry.tensor._version for entry in entries(model) if entry.role == "parameter"}


def most_writes(before: dict[int, int], after: dict[int, int]) -> int:
    """The most times that one parameter was written between the two."""
    return max((count - before.get(which, 0) for which, count in after.items()), default=0)


def outside_bytes(model: torch.nn.Module, data: Iterable[torch.Tensor]) -> int:
    """Bytes of all tensors of this process that are neither the model's state, nor its gradients, nor the data."""
    gc.collect()
    state = [entry.tensor for entry in entries(model)]
    gradients = [tensor.grad for tensor in state if tensor.is_leaf and tensor.grad is not None]
    known = {_storage(tensor).data_ptr() for tensor in (*state, *gradients, *data)}
    found: dict[int, int] = {}
    for item in gc.get_objects():
        # Not isinstance: it would run the properties of objects that only pretend.
        if issubclass(type(item), torch.Tensor):
            storage = _held(item)
            if storage and storage[0] not in known:
                found[storage[0]] = storage[1]
    return sum(found.values())


def _held(tensor: torch.Tensor) -> tuple[int, int] | None:
    """Address and size of what holds a tensor's values; None where it has none (meta, fake and sparse tensors)."""
    try:
        storage = _storage(tensor)
        return storage.data_ptr(), storage.nbytes()
    except (RuntimeError, NotImplementedError):
        return None

"""A stand-in for a device that is not the CPU."""

from __future__ import annotations

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

MOVES = {"aten::_to_copy", "aten::copy_"}


class OneDevice(TorchDispatchMode):
    """Refuses operators whose tensors lie on several devices, as CUDA does; counts those on the meta device.

    A single number on the CPU may take part anywhere.
    """

    def __init__(self) -> None:
        super().__init__()
        self.on_meta = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        tensors = [one for one in tree_leaves((args, kwargs)) if isinstance(one, torch.Tensor)]
        devices = {one.device.type for one in tensors if one.dim() or one.device.type != "cpu"}
        if len(devices) > 1 and func._schema.name not in MOVES:
            raise AssertionError(f"{func} mixes {sorted(devices)}")
        self.on_meta += devices == {"meta"}
        return func(*args, **(kwargs or {}))


@pytest.fixture
def one_device() -> OneDevice:
    return OneDevice()

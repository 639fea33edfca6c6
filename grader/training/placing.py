"""Where tensors lie: what was made on the CPU goes to the device of the images without anybody waiting for it.

What is random is drawn from torch's CPU generator on every device: so the same seed gives the same draws as the
library's. Only the few numbers that come of it for each image are moved.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch

from grader.training.memory import Start

Made = TypeVar("Made")

CPU = torch.device("cpu")
_MIXED = (
    "on the same device",
    "not on the expected device",
    "should be the same",
    "Expected object of device",
)
"""How torch says that a tensor was left on another device."""


def placed(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """The tensor on `device`; itself where it is there.

    To a GPU it goes through page-locked memory and in the stream's order: the CPU does not stop for it.
    """
    if tensor.device == device:
        return tensor
    if device.type == "cuda" and tensor.device.type == "cpu":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


def where_it_works(
    model: torch.nn.Module, device: torch.device, work: Callable[[torch.device], Made]
) -> Made:
    """What `work(device)` gives with the model there.

    A model may keep tensors that are neither parameters nor buffers: they do not move with it. It is no fault to do
    so, and on the CPU it works: there `work` is done then, from the same start.

    Raises:
        Whatever `work` raises.
    """
    if device.type == "cpu":
        torch.nn.Module.to(model, CPU)
        return work(CPU)
    start = Start.of(model)
    torch.nn.Module.to(model, device)
    try:
        return work(device)
    except RuntimeError as error:
        if not any(words in str(error) for words in _MIXED):
            raise
    torch.nn.Module.to_empty(model, device=CPU)
    start.put_back()
    return work(CPU)

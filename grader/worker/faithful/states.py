"""What goes to the supervisor while the training runs: its progress, and the model's state."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from grader.inspection.accounting import entries
from grader.isolation.frames import Array

Send = Callable[[Mapping[str, Any], Mapping[str, Array]], None]
Packed = tuple[list[list[Any]], Array]
"""dtype, shape and role of each tensor, and all bytes one after the other."""


def packed(model: torch.nn.Module) -> Packed:
    """The model's state as it is now. The bytes are a copy."""
    listed, blobs = [], []
    for entry in entries(getattr(model, "module", model)):  # data parallelism wraps the model handed in
        tensor = entry.tensor.detach().cpu().contiguous()
        listed.append([str(tensor.dtype).removeprefix("torch."), list(tensor.shape), entry.role])
        blobs.append(tensor.reshape(-1).view(torch.uint8).numpy())
    return listed, np.concatenate(blobs) if blobs else np.zeros(0, np.uint8)


class Reporter:
    """Sends what happens on the way. A state of more than `limit` bytes stays here, and that is told."""

    def __init__(self, send: Send, limit: int) -> None:
        self._send, self._limit = send, limit

    def progress(self, steps: int, samples: int, loss: float) -> None:
        self._send({"op": "progress", **_fields(steps, samples, loss)}, {})

    def again(self) -> None:
        """What was sent so far belongs to a training that failed and begins anew."""
        self._send({"op": "progress", "again": True}, {})

    def state(self, steps: int, samples: int, loss: float, epoch: int, state: Packed) -> None:
        listed, blob = state
        text = np.frombuffer(json.dumps(listed).encode("ascii"), dtype=np.uint8)
        fits = text.nbytes + blob.nbytes <= self._limit
        header = {"op": "state", "epoch": epoch, **_fields(steps, samples, loss)}
        self._send(header, {"entries": text, "bytes": blob} if fits else {})


def _fields(steps: int, samples: int, loss: float) -> dict[str, Any]:
    """A loss below zero says that there is none to tell."""
    shown = loss if math.isfinite(loss) and loss >= 0 else -1.0
    return {"steps": steps, "samples": samples, "loss": shown}

"""`torch.save` and `torch.load` of the student's code: real bytes, kept in memory instead of on a disk."""

from __future__ import annotations

import contextlib
import copy
import io
from pathlib import Path
from typing import Any

import torch

LIMIT_BYTES = 256 * 1024 * 1024


class Saved:
    """What was saved, by its place. Where it grows too large, the oldest goes."""

    def __init__(self, library: Any = torch) -> None:
        """To be made before the library's functions are replaced."""
        self._save, self._load = library.save, library.load
        self._kept: dict[str, bytes] = {}
        self._objects: dict[str, Any] = {}

    def install(self) -> None:
        patched: Any = torch
        patched.save, patched.load = self.save, self.load

    def save(self, value: Any, place: Any = None, *arguments: Any, **named: Any) -> None:
        if hasattr(place, "write"):
            self._save(value, place, *arguments, **named)
            return
        key = str(place)
        self._forget(key)
        try:
            buffer = io.BytesIO()
            self._save(value, buffer)
            self._kept[key] = buffer.getvalue()
        except Exception:  # a class that cannot be pickled: a copy of the object serves as well
            with contextlib.suppress(Exception):
                self._objects[key] = copy.deepcopy(value)
        while sum(map(len, self._kept.values())) > LIMIT_BYTES:
            self._forget(next(iter(self._kept)))
        with contextlib.suppress(OSError, ValueError):
            Path(key).touch()  # code asks whether its checkpoint is there

    def _forget(self, key: str) -> None:
        self._kept.pop(key, None)
        self._objects.pop(key, None)

    def load(self, place: Any = None, *arguments: Any, **named: Any) -> Any:
        named["map_location"] = "cpu"
        if str(place) in self._objects:
            return copy.deepcopy(self._objects[str(place)])
        if str(place) in self._kept:
            named["weights_only"] = False  # its own bytes, in its own process
            return self._load(io.BytesIO(self._kept[str(place)]), **named)
        return self._load(place, *arguments[1:], **named)

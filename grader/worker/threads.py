"""How many threads a worker computes with: what the supervisor gave it, whatever student code asks for."""

from __future__ import annotations

from typing import Any

import torch

_set = torch.set_num_threads


class Threads:
    """Student code can ask for another number, is told nothing, and gets none."""

    def __init__(self, number: int) -> None:
        self._number = number
        self.renew()
        patched: Any = torch
        patched.set_num_threads = patched.set_num_interop_threads = lambda *_: None

    def renew(self) -> None:
        """Set the number again: code that was imported may have found another way to it."""
        if torch.get_num_threads() != self._number:
            _set(self._number)

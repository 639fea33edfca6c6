"""Seeds that the student's code sets: the trial's seed takes their place, or all trials would be the same one.

The first seed that their code gives to a generator becomes the trial's seed, and another one becomes another:
code that seeds anew before each model, or with the number of the epoch, does so still.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

LIMIT = 2**32


def install(seed: int, note: Callable[[str], None]) -> None:
    """Seed the three global generators, and replace the functions that seed them."""
    for owner, name in ((torch, "manual_seed"), (np.random, "seed"), (random, "seed")):
        original = getattr(owner, name)
        original(seed)
        setattr(owner, name, _shifted(original, seed, note))
    patched: Any = torch.random
    patched.manual_seed = torch.manual_seed


def _shifted(original: Callable[..., Any], seed: int, note: Callable[[str], None]) -> Callable[..., Any]:
    first: list[int] = []

    def replaced(value: Any = None, *_: Any, **named: Any) -> Any:
        given = _whole(named.get("seed", named.get("a", value)))
        first.append(given)
        note("Seeds that the code sets were replaced by the trial's own seed.")
        return original((seed + given - first[0]) % LIMIT)

    return replaced


def _whole(value: Any) -> int:
    """A seed as a whole number; none, and what is no number, is 0."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return 0

"""What a loader loads: which data set, which part of it, through which transforms."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.utils import data

from grader.worker.capture import loaders, transforms
from grader.worker.capture.data_sets import base_name
from grader.worker.capture.hub_data import Table

_TRAIN_SIZES = frozenset({60_000, 50_000, 73_257, 112_800})
_TEST_SIZES = frozenset({10_000, 26_032, 18_800})


def loading(loader: Any, listener: transforms.Transforms) -> dict[str, Any]:
    """The loader as an answer carries it."""
    held = loader.dataset
    base, part = _base(held)
    heard, random = _looked_at(held, listener)
    return {
        "data_set": _name(base, held),
        "split": _split(base, held, part),
        "images": _length(held),
        "batch_size": int(
            getattr(loader, "batch_size", 0) or getattr(loader.batch_sampler, "batch_size", 0) or 0
        ),
        "shuffled": loaders.shuffles(loader),
        "transforms": transforms.described(heard),
        "randomness": random,
        "ordered": transforms.ordered(heard),
        "place": loader.__dict__.get("_built_at", ""),
    }


def _looked_at(held: Any, listener: transforms.Transforms) -> tuple[list[Any], str]:
    """The transforms of one item, and whether they are random."""
    try:
        heard = listener.listen(lambda: held[0])
        return heard, transforms.randomness(lambda: held[0])
    except Exception:
        return [], "unclear"


def _length(held: Any) -> int:
    try:
        return len(held)
    except (TypeError, NotImplementedError):
        return 0


def _base(held: Any, depth: int = 0) -> tuple[Any, bool]:
    """The ready-made set at the bottom, and whether only a part of it is used; None where there is none."""
    if isinstance(held, data.Subset):
        base, _ = _base(held.dataset, depth + 1)
        return base, len(held) < _length(held.dataset)
    if isinstance(held, data.ConcatDataset):
        return _base(held.datasets[0], depth + 1)
    if base_name(held) or isinstance(held, Table):
        return held, bool(getattr(held, "part", False))
    if depth < 4:
        for value in list(getattr(held, "__dict__", {}).values())[:40]:
            if isinstance(value, data.Dataset | Table):
                base, part = _base(value, depth + 1)
                if base is not None:
                    return base, part or _length(held) < _length(base) // 2
    return None, False


def _name(base: Any, held: Any) -> str:
    if isinstance(base, Table):
        return base.hub_name
    return base_name(base) if base is not None else type(held).__name__


def _split(base: Any, held: Any, part: bool) -> str:
    train = getattr(base, "train", None)
    if train is None:
        train = _by_size(held)
    if train is None:
        return "unclear"
    whole = "train" if train else "test"
    return f"part of {whole}" if part else whole


def _by_size(held: Any) -> bool | None:
    """Sets that hold the official arrays themselves are known by their length."""
    sizes = {_length(held)}
    for value in list(getattr(held, "__dict__", {}).values())[:40]:
        if isinstance(value, torch.Tensor | np.ndarray) and value.ndim > 0:
            sizes.add(int(value.shape[0]))
    if sizes & _TRAIN_SIZES:
        return True
    return False if sizes & _TEST_SIZES else None

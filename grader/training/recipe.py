"""Optimizers and schedules that a recipe may name, built from plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch

OPTIMIZERS: dict[str, type[torch.optim.Optimizer]] = {
    "sgd": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
}


def optimizer(
    name: str, arguments: Mapping[str, float], parameters: Iterable[torch.Tensor], lr: float
) -> torch.optim.Optimizer:
    """The optimizer of this name. `nesterov` arrives as a number, as all values do."""
    keywords: dict[str, object] = dict(arguments)
    if "nesterov" in keywords:
        keywords["nesterov"] = bool(keywords["nesterov"])
    return OPTIMIZERS[name](parameters, lr=lr, **keywords)  # type: ignore[call-arg,arg-type]


def first_rate(arguments: Mapping[str, float]) -> float:
    """The rate that a schedule's arguments name: `lr` of a constant one, `max_lr` of a one-cycle."""
    return arguments["lr"] if "lr" in arguments else arguments["max_lr"]


def schedule(
    name: str, arguments: Mapping[str, float], of: torch.optim.Optimizer, total_steps: int
) -> torch.optim.lr_scheduler.LRScheduler | None:
    """The schedule of this name, stepped after every batch; `None` for a constant rate."""
    if name == "one_cycle":
        return torch.optim.lr_scheduler.OneCycleLR(of, total_steps=max(total_steps, 2), **dict(arguments))  # type: ignore[arg-type]
    return None

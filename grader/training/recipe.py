"""Optimizers and schedules that a recipe names, built from plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from grader.training.known import OPTIMIZERS, SCHEDULES


class BadRecipe(Exception):
    """torch refuses what the recipe says."""


class Stepped(Protocol):
    """A schedule, as far as the loop knows it."""

    def step(self) -> None: ...


@dataclass(frozen=True)
class Schedules:
    """What is stepped after each batch and after each epoch; what is never stepped has set the first rate."""

    per_batch: tuple[Stepped, ...]
    per_epoch: tuple[Stepped, ...]


def optimizer(given: Mapping[str, Any], parameters: Iterable[torch.Tensor]) -> torch.optim.Optimizer:
    """The optimizer of `{"name": "SGD", "arguments": {"lr": 0.1}}`; lists stand for tuples.

    Raises:
        BadRecipe: it is not a known one, or torch refuses its arguments.
    """
    return _built(torch.optim, OPTIMIZERS, given, list(parameters))  # type: ignore[no-any-return]


def schedules(given: Sequence[Mapping[str, Any]], of: torch.optim.Optimizer) -> Schedules:
    """The schedules in the order in which they are built: each changes the rates that the one before left.

    Raises:
        BadRecipe: one is not known, or torch refuses its arguments.
    """
    built = [(_built(torch.optim.lr_scheduler, SCHEDULES, one, of), one.get("steps")) for one in given]
    return Schedules(
        tuple(_Ending(one) for one, steps in built if steps == "per batch"),
        tuple(_Ending(one) for one, steps in built if steps == "per epoch"),
    )


class _Ending:
    """A schedule that keeps its last rate where it is over before the training is: one-cycle would raise."""

    def __init__(self, schedule: torch.optim.lr_scheduler.LRScheduler) -> None:
        self._schedule = schedule
        one_cycle = isinstance(schedule, torch.optim.lr_scheduler.OneCycleLR)
        self._last = schedule.total_steps - 1 if one_cycle else None  # type: ignore[attr-defined]

    def step(self) -> None:
        if self._last is None or self._schedule.last_epoch < self._last:
            self._schedule.step()


def _built(
    library: Any, known: Mapping[str, tuple[str, ...]], given: Mapping[str, Any], target: object
) -> Any:
    name, arguments = str(given.get("name")), given.get("arguments")
    if name not in known or not isinstance(arguments, dict):
        raise BadRecipe(f"The recipe names {name}, which is not known here.")
    try:
        return getattr(library, name)(
            target, **{key: _as_given(value) for key, value in arguments.items() if key in known[name]}
        )
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise BadRecipe(f"The recipe's {name} cannot be built: {error}") from error


def _as_given(value: object) -> object:
    return tuple(_as_given(item) for item in value) if isinstance(value, list) else value

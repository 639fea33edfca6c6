"""Stand-ins for modules that a submission imports and that are not installed here.

A model seldom needs them (torchsummary, tqdm, a plotting library): the import must not fail, and whatever is
done with the stand-in has no effect. Each one is reported by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import torch


class Stub:
    """Can be called, subclassed, decorated with, iterated over; it does nothing."""

    def __init__(self, name: str) -> None:
        self._stub_name = name

    def __getattr__(self, name: str) -> Stub:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Stub(f"{self._stub_name}.{name}")

    def __call__(self, *arguments: Any, **_: Any) -> Any:
        # Used as a decorator, it must give the function back.
        if len(arguments) == 1 and callable(arguments[0]) and not isinstance(arguments[0], Stub):
            return arguments[0]
        return Stub(f"{self._stub_name}()")

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[Any, ...]:
        return ()

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __enter__(self) -> Stub:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __repr__(self) -> str:
        return f"<stand-in for {self._stub_name}>"


class LightningModule(torch.nn.Module):
    """What models of PyTorch Lightning derive from, without the trainer: an `nn.Module` whose logging does nothing."""

    def save_hyperparameters(self, *_: Any, **__: Any) -> None:
        """Nothing is saved."""

    def log(self, *_: Any, **__: Any) -> None:
        """Nothing is logged."""

    log_dict = log


class StubModule(ModuleType):
    """A module whose every name is a `Stub`, but for what is a model by its name."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        if name == "LightningModule":
            return LightningModule
        return Stub(f"{self.__name__}.{name}")

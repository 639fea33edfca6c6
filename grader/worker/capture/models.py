"""The student's model under observation, and made quick: few rows per call, and replay after a few calls."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch

from grader.worker.capture import places
from grader.worker.capture.recorder import Recorder
from grader.worker.capture.shown import call

ROWS = 4
CALLS_BEFORE_REPLAY = 8


def watch(recorder: Recorder, on_leaf: Callable[[Any], Callable[[], None] | None]) -> None:
    """Replace `nn.Module.__call__`; `on_leaf` hears of outermost modules without parameters (transforms)."""
    _Watch(recorder, on_leaf).install()


class _Watch:
    def __init__(self, recorder: Recorder, on_leaf: Callable[[Any], Callable[[], None] | None]) -> None:
        self._recorder = recorder
        self._on_leaf = on_leaf
        self._original: Any = torch.nn.Module.__call__
        self._inside = 0
        self._counts: dict[Any, int] = {}
        self._kept: dict[Any, Any] = {}
        self._whole: set[int] = set()  # `id` of models that need the whole batch

    def install(self) -> None:
        watcher = self

        def outer_call(module: Any, *arguments: Any, **named: Any) -> Any:
            if watcher._inside:
                return watcher._original(module, *arguments, **named)
            return watcher._outermost(module, arguments, named)

        torch.nn.Module.__call__ = outer_call  # type: ignore[method-assign]
        _remember_constructors()

    def _outermost(self, module: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        parameter = next(module.parameters(), None)
        if parameter is None:
            done = self._on_leaf(module)
            try:
                return self._original(module, *arguments, **named)
            finally:
                if done is not None:
                    done()
        self._recorder.forward(module)
        self._inside += 1
        try:
            output = self._quick(module, arguments, named)
        finally:
            self._inside -= 1
        self._recorder.returned(output)
        return output

    def _quick(self, module: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        rows = _rows((*arguments, *named.values()))
        if rows <= ROWS or id(module) in self._whole:
            return self._original(module, *arguments, **named)
        shapes = tuple(tuple(a.shape) for a in (*arguments, *named.values()) if isinstance(a, torch.Tensor))
        key = (id(module), module.training, torch.is_grad_enabled(), shapes)
        self._counts[key] = self._counts.get(key, 0) + 1
        if key in self._kept and self._counts[key] > CALLS_BEFORE_REPLAY:
            return _linked(self._kept[key], module)
        try:
            few = self._original(
                module,
                *[_cut(value, rows) for value in arguments],
                **{name: _cut(value, rows) for name, value in named.items()},
            )
            output = _tiled(few, rows)
        except (RuntimeError, ValueError, TypeError, IndexError):
            self._whole.add(id(module))
            return self._original(module, *arguments, **named)
        if self._counts[key] == CALLS_BEFORE_REPLAY:
            self._kept[key] = _detached(output)
        return output


def _rows(values: tuple[Any, ...]) -> int:
    """The batch size that all tensors agree on; 0 where they do not."""
    sizes = {value.shape[0] for value in values if isinstance(value, torch.Tensor) and value.dim() > 0}
    return int(sizes.pop()) if len(sizes) == 1 else 0


def _cut(value: Any, rows: int) -> Any:
    is_batch = isinstance(value, torch.Tensor) and value.dim() > 0 and value.shape[0] == rows
    return value[:ROWS] if is_batch else value


def _each(value: Any, act: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    """The same structure with every tensor replaced. Raises TypeError for what is no structure of tensors."""
    if isinstance(value, torch.Tensor):
        return act(value)
    if type(value) in (list, tuple):
        return type(value)(_each(item, act) for item in value)
    if type(value) is dict:
        return {key: _each(item, act) for key, item in value.items()}
    raise TypeError("not a structure of tensors")


def _tiled(value: Any, rows: int) -> Any:
    def tile(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.dim() == 0 or tensor.shape[0] != ROWS:
            raise ValueError("rows are lost")
        times = [-(-rows // ROWS)] + [1] * (tensor.dim() - 1)
        return tensor.repeat(times)[:rows]

    return _each(value, tile)


def _detached(value: Any) -> Any:
    return _each(value, lambda tensor: tensor.detach())


def _linked(value: Any, module: Any) -> Any:
    """The kept output, with a gradient that reaches one parameter where gradients are on."""
    if not torch.is_grad_enabled():
        return value
    parameter = next((p for p in module.parameters() if p.requires_grad), None)
    if parameter is None:
        return value
    nothing = torch.nan_to_num(parameter.reshape(-1)[0]) * 0
    return _each(value, lambda tensor: tensor + nothing if tensor.is_floating_point() else tensor)


def _remember_constructors() -> None:
    """A student's module keeps what its constructor was called with, as the parent's constructor begins."""
    original = torch.nn.Module.__init__

    def construct(self: Any, *arguments: Any, **named: Any) -> None:
        frame = places.own_frame(2)
        if frame is not None and frame.f_code.co_name == "__init__" and "_recorded_call" not in self.__dict__:
            code = frame.f_code
            names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
            if names and frame.f_locals.get(names[0]) is self:
                given = {name: frame.f_locals[name] for name in names[1:] if name in frame.f_locals}
                self.__dict__["_recorded_call"] = call(type(self).__name__, _not_usual(type(self), given))
        original(self, *arguments, **named)

    torch.nn.Module.__init__ = construct  # type: ignore[method-assign]


def _not_usual(cls: Any, given: dict[str, Any]) -> dict[str, Any]:
    """Arguments that are not just the constructor's own default."""
    try:
        parameters = inspect.signature(cls).parameters
    except (TypeError, ValueError):
        return given
    kept = {}
    for name, value in given.items():
        default = parameters[name].default if name in parameters else inspect.Parameter.empty
        same = (
            type(default) is type(value) and isinstance(value, str | int | float | bool) and default == value
        )
        if not (same or default is value):
            kept[name] = value
    return kept

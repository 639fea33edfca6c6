"""Constructors that remember what they were called with."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from grader.worker.capture import places
from grader.worker.capture.shown import call

OnBuilt = Callable[[Any, dict[str, Any]], None]


def remember(
    cls: type, library: str, leave_out: tuple[str, ...] = (), on_built: OnBuilt | None = None
) -> None:
    """Let every object of `cls` and of its subclasses keep its construction as `_recorded_call`.

    The outermost constructor counts: a subclass that calls its parent's is recorded with its own arguments.
    `on_built(object, call)` runs when that one is done.
    """
    original = cls.__dict__.get("__init__")
    if original is None or getattr(original, "_remembers", False):
        return
    signature = inspect.signature(original)

    @functools.wraps(original)
    def construct(self: Any, *arguments: Any, **named: Any) -> None:
        outermost = "_recorded_call" not in self.__dict__
        if outermost:
            given = _given(self, signature, arguments, named, leave_out)
            home = library if type(self).__module__.startswith(("torch.", "torchvision.")) else ""
            self.__dict__["_recorded_call"] = call(type(self).__name__, given, places.here(), home)
        try:
            original(self, *arguments, **named)
        except TypeError as error:
            # Arguments that newer libraries dropped, of which nothing here depends.
            if "verbose" not in named or "verbose" not in str(error):
                raise
            named.pop("verbose")
            original(self, *arguments, **named)
        if outermost and on_built is not None:
            on_built(self, self.__dict__["_recorded_call"])

    construct._remembers = True  # type: ignore[attr-defined]
    cls.__init__ = construct  # type: ignore[misc]


def _given(
    self: Any,
    signature: inspect.Signature,
    arguments: tuple[Any, ...],
    named: dict[str, Any],
    leave_out: tuple[str, ...],
) -> dict[str, Any]:
    """The arguments that were given, by name, those of a student's own subclass from its running constructor."""
    frame = places.own_frame(3)
    own = frame is not None and frame.f_code.co_name == "__init__" and frame.f_locals.get("self") is self
    if own and frame is not None:
        names = frame.f_code.co_varnames[1 : frame.f_code.co_argcount + frame.f_code.co_kwonlyargcount]
        found = {name: frame.f_locals[name] for name in names if name in frame.f_locals}
    else:
        try:
            found = dict(signature.bind(self, *arguments, **named).arguments)
        except TypeError:
            found = dict(named)
        found.pop("self", None)
        for parameter in signature.parameters.values():
            if parameter.kind is parameter.VAR_KEYWORD:
                found.update(found.pop(parameter.name, {}))
    return {name: value for name, value in found.items() if name not in leave_out}

"""Python's own functions and the few of libraries whose result follows from their arguments."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from grader.reading.tracing import library
from grader.reading.tracing.attributes import attribute
from grader.reading.tracing.datasets import length_of
from grader.reading.tracing.machine import Machine
from grader.reading.tracing.values import Instance, Klass, Library, Made, Unknown, Value

Arguments = tuple[Value, ...]
Named = dict[str, Value]
LIMIT_LIST = 64

_ANSWERS: dict[str, Value] = {
    "torch.cuda.is_available": True,  # students train on a GPU: batch sizes hang on this answer
    "torch.backends.mps.is_available": False,
    "torch.cuda.device_count": 1,
    "builtins.print": None,
}


def builtin(machine: Machine, name: str, positional: Arguments, named: Named, place: str) -> Value:
    """The result, or NotImplemented where the call is a library's like any other."""
    if name in _ANSWERS:
        return _ANSWERS[name]
    last = name.rpartition(".")[2]
    if last in ("SimpleNamespace", "EasyDict", "edict", "Namespace", "AttrDict", "Box", "DotMap"):
        given = positional[0] if positional and isinstance(positional[0], dict) else {}
        return Made("a namespace", (), {}, place, {str(key): value for key, value in given.items()} | named)
    if name.startswith("math."):
        return _math(last, positional)
    handler = _BUILTINS.get(name) if name.startswith("builtins.") else None
    if handler is not None:
        return handler(machine, positional, named)
    if name.startswith("builtins.") and last not in library.PASS_THROUGH:
        return Unknown("it is computed while the code runs")
    if last == "trange":
        return _range(machine, positional, named)
    if last in ("enumerate", "zip"):
        return _paired(last, positional)
    return NotImplemented


def _math(name: str, positional: Arguments) -> Value:
    value = positional[0] if positional else None
    simple: dict[str, Callable[[float], float]] = {
        "ceil": math.ceil, "floor": math.floor, "sqrt": math.sqrt, "log": math.log, "log2": math.log2,
    }  # fmt: skip
    if name in simple and isinstance(value, int | float) and len(positional) == 1:
        try:
            return simple[name](value)
        except (ArithmeticError, ValueError):
            return Unknown("the arithmetic fails")
    return Unknown("it is computed while the code runs")


def _dict(_machine: Machine, positional: Arguments, named: Named) -> Value:
    if positional and isinstance(positional[0], dict):
        return positional[0] | named
    if (
        positional
        and isinstance(positional[0], list)
        and all(isinstance(one, tuple) for one in positional[0])
    ):
        pairs = [one for one in positional[0] if len(one) == 2 and isinstance(one[0], str | int | float)]
        return dict(pairs) | named
    return dict(named) if not positional else Unknown("it is made while the code runs")


def _list(_machine: Machine, positional: Arguments, _named: Named) -> Value:
    if not positional:
        return []
    given = positional[0]
    if isinstance(given, list | tuple | dict | range) and len(given) <= LIMIT_LIST:
        return list(given)
    return given if isinstance(given, Made | Unknown) else Unknown("it is made while the code runs")


def _tuple(machine: Machine, positional: Arguments, named: Named) -> Value:
    made = _list(machine, positional, named)
    return tuple(made) if isinstance(made, list) else made


def _number_of(kind: type) -> Callable[..., Value]:
    def convert(_machine: Machine, positional: Arguments, _named: Named) -> Value:
        value = positional[0] if positional else 0
        if isinstance(value, str) and (kind is str or len(value) < 40):
            try:
                return kind(value)
            except ValueError:
                return Unknown("the text is no number")
        if isinstance(value, int | float) and math.isfinite(value):
            return kind(value)
        return value if isinstance(value, Unknown) else Unknown("it is computed while the code runs")

    return convert


def _len(_machine: Machine, positional: Arguments, _named: Named) -> Value:
    value = positional[0] if positional else None
    if isinstance(value, list | tuple | dict | str | range):
        return len(value)
    count = length_of(value)
    return count if count else Unknown("the length is known only while the code runs")


def _range(_machine: Machine, positional: Arguments, _named: Named) -> Value:
    bounds = [int(one) for one in positional if isinstance(one, int | float)]
    if len(bounds) != len(positional) or not 1 <= len(bounds) <= 3 or any(abs(one) > 10**9 for one in bounds):
        return Made("range", positional)
    return range(*bounds) if len(bounds) < 3 or bounds[2] else Made("range", positional)


def _paired(name: str, positional: Arguments) -> Value:
    """`enumerate` and `zip` over written-out lists; over anything else the call itself."""
    plain = [
        list(one) for one in positional if isinstance(one, list | tuple | range) and len(one) <= LIMIT_LIST
    ]
    if len(plain) != len(positional) or not plain:
        return Made(name, positional) if positional else Unknown("it is empty")
    return (
        list(enumerate(plain[0]))
        if name == "enumerate"
        else [tuple(one) for one in zip(*plain, strict=False)]
    )


def _extreme(pick: Callable[..., Any]) -> Callable[..., Value]:
    def choose(_machine: Machine, positional: Arguments, _named: Named) -> Value:
        given = (
            positional[0] if len(positional) == 1 and isinstance(positional[0], list | tuple) else positional
        )
        fits = (
            isinstance(given, list | tuple)
            and bool(given)
            and all(isinstance(one, int | float) for one in given)
        )
        unclear = next((one for one in positional if isinstance(one, Unknown)), None)
        return pick(given) if fits else unclear or Unknown("it is computed while the code runs")

    return choose


def _round(_machine: Machine, positional: Arguments, _named: Named) -> Value:
    value = positional[0] if positional else None
    digits = positional[1] if len(positional) > 1 else 0
    if (
        isinstance(value, int | float)
        and math.isfinite(value)
        and isinstance(digits, int)
        and abs(digits) < 20
    ):
        return round(value, digits) if len(positional) > 1 else round(value)
    return Unknown("it is computed while the code runs")


def _is_instance(_machine: Machine, positional: Arguments, _named: Named) -> Value:
    """Whether something that a library made is of a library's class: decided by the name."""
    if len(positional) == 2:
        value, kinds = positional
        listed = list(kinds) if isinstance(kinds, tuple | list) else [kinds]
        names = {one.last for one in listed if isinstance(one, Library)}
        if isinstance(value, Made) and (library.is_schedule(value.name) or library.is_optimizer(value.name)):
            return bool(names & {value.last, "LRScheduler", "_LRScheduler", "Optimizer"})
        if isinstance(value, Instance) and all(isinstance(one, Klass) for one in listed):
            return any(one in value.klass.family() for one in listed)
    return Unknown("it depends on the run")


def _get_attribute(machine: Machine, positional: Arguments, _named: Named) -> Value:
    if len(positional) >= 2 and isinstance(positional[1], str):
        return attribute(machine, positional[0], positional[1])
    return Unknown("it is looked up while the code runs")


def _super(machine: Machine, _positional: Arguments, _named: Named) -> Value:
    frame = machine.frames[-1].routine if machine.frames else None
    if frame is None or not isinstance(frame.bound, Instance):
        return Unknown("super() is called outside of a method")
    return Made("super", (frame.bound, frame.owner))


def _vars(_machine: Machine, positional: Arguments, _named: Named) -> Value:
    value = positional[0] if positional else None
    return (
        dict(value.attributes)
        if isinstance(value, Made | Instance)
        else Unknown("it is looked up while the code runs")
    )


def _same(_machine: Machine, positional: Arguments, _named: Named) -> Value:
    return positional[0] if positional else Unknown("it is empty")


def _kept(_machine: Machine, positional: Arguments, _named: Named) -> Value:
    """`filter`: what it keeps is of the kind that it is given."""
    return positional[-1] if positional else None


def _map(machine: Machine, positional: Arguments, _named: Named) -> Value:
    given = positional[1] if len(positional) == 2 else None
    if isinstance(given, list | tuple) and len(given) <= LIMIT_LIST:
        return [machine.call(machine, positional[0], (one,), {}, "") for one in given]
    return Unknown("it is a list that is made while the code runs")


_BUILTINS: dict[str, Callable[..., Value]] = {
    f"builtins.{name}": handler
    for name, handler in {
        "dict": _dict, "list": _list, "tuple": _tuple, "set": _list, "int": _number_of(int), "float": _number_of(float),
        "str": _number_of(str), "len": _len, "range": _range, "min": _extreme(min), "max": _extreme(max), "round": _round,
        "sum": _extreme(sum), "isinstance": _is_instance, "getattr": _get_attribute, "super": _super, "vars": _vars,
        "sorted": _same, "reversed": _same, "map": _map, "filter": _kept,
        "enumerate": lambda _machine, positional, _named: _paired("enumerate", positional),
        "zip": lambda _machine, positional, _named: _paired("zip", positional),
    }.items()
}  # fmt: skip

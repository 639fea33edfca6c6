"""Calls of methods that are not the submission's own: of models, optimizers, schedules, losses and containers."""

from __future__ import annotations

from collections.abc import Callable

from grader.reading.tracing import library
from grader.reading.tracing.attributes import from_finder
from grader.reading.tracing.machine import Machine
from grader.reading.tracing.values import Instance, Made, Method, Unknown, Value, children

Arguments = tuple[Value, ...]
Named = dict[str, Value]
IS_MODEL = "is a model"
"""Set on what a library made, or what code outside of the submission made, when its parameters are asked for."""
_PARAMETERS = frozenset({"parameters", "named_parameters", "trainable_parameters"})


def call_method(machine: Machine, method: Method, positional: Arguments, named: Named, place: str) -> Value:
    """The value of `owner.name(...)`."""
    owner, name = method.owner, method.name
    while isinstance(owner, Method):
        owner = owner.owner
    if isinstance(owner, dict | list | str):
        return _of_container(owner, name, positional, named)
    if name == "backward":
        machine.note("backward", positional[0] if positional and _is_loss(positional[0]) else owner, place)
        return None
    if name in _PARAMETERS:
        if isinstance(owner, Made):
            owner.attributes[IS_MODEL] = True
        return Made("parameters", (owner,), {}, place)
    if isinstance(owner, Instance):
        return _of_instance(machine, owner, name, positional, named, place)
    if isinstance(owner, Made):
        return _of_made(machine, owner, name, positional, named, place)
    handed_on(machine, Made(name, positional, named, place))
    return owner if isinstance(owner, Unknown) else Unknown("it is what a method gives while the code runs")


def _is_loss(value: Value) -> bool:
    return any(isinstance(one, Made) and library.loss_name(one.name) for one in children(value))


def _of_instance(
    machine: Machine, owner: Instance, name: str, positional: Arguments, named: Named, place: str
) -> Value:
    if name in ("train", "eval"):
        owner.mode = "eval" if name == "eval" or positional[:1] == (False,) else "train"
        return owner
    if name in library.SAME_OBJECT:
        owner.moved = owner.moved or name in ("to", "cuda")
        return owner
    if name == "zero_grad":
        machine.note("zero", owner, place)
        return None
    if name == "__init__" and owner.klass.library_bases():
        return _base_constructor(owner, owner.klass.library_bases()[0].name, positional, named, place)
    handed_on(machine, Made(f"{owner.klass.node.name}.{name}", positional, named, place))
    return Unknown(f"it is what .{name[:40]}() gives while the code runs")


def _base_constructor(owner: Instance, base: str, positional: Arguments, named: Named, place: str) -> Value:
    given = positional[1:] if positional[:1] == (owner,) else positional
    order = library.parameters_of(base)
    owner.made = Made(base, given[len(order) :], dict(zip(order, given, strict=False)) | named, place)
    return None


def _of_made(
    machine: Machine, owner: Made, name: str, positional: Arguments, named: Named, place: str
) -> Value:
    if owner.name == "super":
        instance = owner.positional[0]
        bases = instance.klass.library_bases() if isinstance(instance, Instance) else []
        if isinstance(instance, Instance) and name == "__init__" and bases:
            return _base_constructor(instance, bases[0].name, positional, named, place)
        return Unknown("it is what a library's own method gives")
    if name == "step":
        return _step(machine, owner, positional, place)
    if name == "zero_grad":
        machine.note("zero", owner, place)
        return None
    if library.is_finder(owner.name):
        machine.note("finder", owner, place, positional)
        return from_finder(owner)
    if owner.last == "ArgumentParser":
        return _of_parser(owner, name, positional, named, place)
    if name in ("train", "eval") and not positional:
        owner.attributes["mode"] = name
        return owner
    if name in library.SAME_OBJECT:
        return owner
    if name in ("scale", "prepare"):
        return positional if len(positional) > 1 else positional[0] if positional else None
    if name == "suggest_float" or name.startswith("suggest_"):
        return Unknown("it is searched for while the code runs")
    made = Made(f"{owner.name}.{name}", positional, named, place)
    handed_on(machine, made)
    return made


def _step(machine: Machine, owner: Made, positional: Arguments, place: str) -> Value:
    """`optimizer.step()`, `scheduler.step()`, and the gradient scaler's `scaler.step(optimizer)`."""
    for one in (owner, *positional):
        if isinstance(one, Made) and library.is_optimizer(one.name):
            machine.note("step", one, place)
            return None
        if isinstance(one, Made) and library.is_schedule(one.name):
            machine.note("schedule", one, place, positional)
            return None
    return None


def _of_parser(owner: Made, name: str, positional: Arguments, named: Named, place: str) -> Value:
    if name == "add_argument":
        names = [one for one in positional if isinstance(one, str)]
        long = next((one for one in names if one.startswith("--")), names[0] if names else "")
        key = named.get("dest", long.lstrip("-").replace("-", "_"))
        if isinstance(key, str) and key and len(owner.attributes) < 200:
            owner.attributes[key] = _default_of(key, named)
        return None
    if name in ("parse_args", "parse_known_args"):
        space = Made("argparse.Namespace", (), {}, place, dict(owner.attributes))
        return space if name == "parse_args" else (space, [])
    if name == "set_defaults":
        owner.attributes |= named
        return None
    return owner


def _default_of(key: str, named: Named) -> Value:
    if "default" in named:
        return named["default"]
    switches: dict[Value, bool] = {"store_true": False, "store_false": True}
    action = named.get("action")
    if isinstance(action, str) and action in switches:
        return switches[action]
    return Unknown(f"{key} is an argument of the command line without a default")


def _of_container(owner: Value, name: str, positional: Arguments, named: Named) -> Value:
    if isinstance(owner, dict):
        return _of_dict(owner, name, positional, named)
    if isinstance(owner, list):
        if name == "append" and positional and len(owner) < 200:
            owner.append(positional[0])
        elif name == "extend" and positional and isinstance(positional[0], list | tuple) and len(owner) < 200:
            owner += list(positional[0])[:200]
        elif name == "copy":
            return list(owner)
        return (
            None if name in ("append", "extend") else Unknown("it is what a list gives while the code runs")
        )
    simple: dict[str, Callable[[str], str]] = {"lower": str.lower, "upper": str.upper, "strip": str.strip}
    if isinstance(owner, str) and name in simple and not positional:
        return simple[name](owner)
    if (
        isinstance(owner, str)
        and name in ("startswith", "endswith")
        and positional
        and isinstance(positional[0], str)
    ):
        return owner.startswith(positional[0]) if name == "startswith" else owner.endswith(positional[0])
    return Unknown("it is a text that is put together while the code runs")


def _of_dict(owner: dict[Value, Value], name: str, positional: Arguments, named: Named) -> Value:
    key = positional[0] if positional else None
    if name in ("get", "pop", "setdefault") and isinstance(key, str | int | float | bool):
        return owner.get(key, positional[1] if len(positional) > 1 else None)
    if name == "update":
        if isinstance(key, dict) and len(owner) + len(key) < 200:
            owner |= key
        owner.update(named)
        return None
    views: dict[str, Callable[[], Value]] = {
        "items": lambda: list(owner.items()),
        "keys": lambda: list(owner),
        "values": lambda: list(owner.values()),
        "copy": lambda: dict(owner),
    }
    return views[name]() if name in views else Unknown("it is what a dictionary gives while the code runs")


_KNOWS_ITS_OWN = ("torch.", "torchvision.", "albumentations.", "builtins.", "numpy.", "copy.", "accelerate.")


def handed_on(machine: Machine, made: Made) -> None:
    """Note an optimizer that goes to a function whose code is not in the submission."""
    if made.name.startswith(_KNOWS_ITS_OWN) or library.is_finder(made.name):
        return
    for part in made.parts():
        if isinstance(part, Made) and library.is_optimizer(part.name):
            machine.note("handed", part, made.place, tuple(made.parts()), made)

"""What `value.name` stands for: of a student's object, of what a library made, of a file of the submission."""

from __future__ import annotations

import ast

from grader.reading.tracing import library
from grader.reading.tracing.machine import Machine
from grader.reading.tracing.values import (
    Instance,
    Klass,
    Library,
    Made,
    Method,
    Routine,
    Scope,
    Unknown,
    Value,
)


def attribute(machine: Machine, value: Value, name: str) -> Value:
    """`value.name`."""
    if isinstance(value, Library):
        return Library(f"{value.name}.{name}"[:200])
    if isinstance(value, Scope):
        return value.names.get(name, Unknown(f"{name} is not in that file"))
    if isinstance(value, Unknown):
        return value
    if isinstance(value, Instance):
        return _of_instance(machine, value, name)
    if isinstance(value, Klass):
        found = value.find(name)
        return _bound(machine, found[0], found[1], value) if found else Method(value, name)
    if isinstance(value, Made):
        return _of_made(machine, value, name)
    return Method(value, name)


def _of_instance(machine: Machine, value: Instance, name: str) -> Value:
    if name in value.attributes:
        return value.attributes[name]
    found = value.klass.find(name)
    if found:
        return _bound(machine, found[0], found[1], value)
    if value.made is not None and name in value.made.attributes:
        return value.made.attributes[name]
    return Method(value, name)


def _bound(machine: Machine, member: Value, owner: Klass, to: Value) -> Value:
    """A method with the object that it is called on; a property's value."""
    if not isinstance(member, Routine):
        return member
    node = member.node
    decorators = (
        [] if isinstance(node, ast.Lambda) else [ast.unparse(one)[:40] for one in node.decorator_list]
    )
    if "staticmethod" in decorators:
        return member
    if isinstance(to, Klass) and "classmethod" not in decorators:
        return member
    method = Routine(node, member.scope, member.without_gradients, owner, to)
    return machine.call(machine, method, (), {}, "") if "property" in decorators else method


def _of_made(machine: Machine, value: Made, name: str) -> Value:
    if name in value.attributes:
        return value.attributes[name]
    if value.name == "super":
        instance, owner = value.positional
        if isinstance(instance, Instance) and isinstance(owner, Klass):
            for parent in instance.klass.family():
                if parent is not owner and parent is not instance.klass and name in parent.attributes:
                    return _bound(machine, parent.attributes[name], parent, instance)
    if library.is_finder(value.name) and name not in (
        "range_test",
        "plot",
        "reset",
        "range_test_over_epochs",
    ):
        return from_finder(value)
    if value.last in library.LOADERS and name == "dataset":
        return value.named.get("dataset", Unknown("the loader's data set is not known"))
    if value.name == "argparse.Namespace":
        return Unknown(f"{name} is an argument of the command line without a default")
    return Method(value, name)


def from_finder(finder: Made) -> Unknown:
    return Unknown(f"it comes from a learning-rate finder ({finder.place})")

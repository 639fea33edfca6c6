"""Giving a value to a name, an attribute or an element."""

from __future__ import annotations

import ast

from grader.reading.tracing.expressions import bindings, evaluate, parts_of
from grader.reading.tracing.machine import Machine
from grader.reading.tracing.values import Instance, Klass, Made, Scope, Value

LIMIT_ELEMENTS = 200


def bind(machine: Machine, target: ast.expr, value: Value, scope: Scope) -> None:
    """`target = value`, whatever stands on the left."""
    if isinstance(target, ast.Attribute):
        owner = evaluate(machine, target.value, scope)
        if isinstance(owner, Instance | Made | Klass) and len(owner.attributes) < LIMIT_ELEMENTS:
            owner.attributes[target.attr] = value
        elif isinstance(owner, Scope):
            owner.names[target.attr] = value
    elif isinstance(target, ast.Subscript):
        owner, key = evaluate(machine, target.value, scope), evaluate(machine, target.slice, scope)
        _set_element(owner, key, value)
    elif isinstance(target, ast.Tuple | ast.List) and not all(
        isinstance(one, ast.Name) for one in target.elts
    ):
        for one, part in parts_of(target.elts, value):
            bind(machine, one, part, scope)
    else:
        for name, part in bindings(target, value):
            _home(name, scope).names[name] = part


def _set_element(owner: Value, key: Value, value: Value) -> None:
    if isinstance(owner, dict):
        if isinstance(key, str | int | float | bool) and len(owner) < LIMIT_ELEMENTS:
            owner[key] = value
    elif isinstance(owner, list) and isinstance(key, int) and -len(owner) <= key < len(owner):
        owner[key] = value


def _home(name: str, scope: Scope) -> Scope:
    """The scope that an assignment in `scope` writes to: a `global` name stands in the outermost."""
    declared = scope.names.get("global names")
    return scope.outermost if isinstance(declared, list) and name in declared else scope

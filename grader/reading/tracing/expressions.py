"""What an expression stands for, as far as reading can tell."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator

from grader.reading.tracing import library
from grader.reading.tracing.arithmetic import combine, compared, truth
from grader.reading.tracing.attributes import attribute
from grader.reading.tracing.machine import Machine
from grader.reading.tracing.values import (
    Combined,
    Library,
    Made,
    Routine,
    Scope,
    Unknown,
    Value,
    children,
    unknown_of,
)  # fmt: skip

LIMIT_ELEMENTS = 64
LIMIT_TEXT = 500
_BUILTINS = library.words(
    "dict list tuple set int float str bool len range enumerate zip print max min abs round sum isinstance getattr "
    "hasattr setattr super sorted reversed iter next type vars open map filter any all input object Exception "
    "frozenset ValueError RuntimeError callable id repr format property staticmethod classmethod"
)


def evaluate(machine: Machine, node: ast.expr, scope: Scope) -> Value:
    """The value of an expression, `Unknown` with the reason where reading cannot tell.

    Raises:
        ExhaustedError: there is too much to follow.
    """
    machine.spend()
    handler = _HANDLERS.get(type(node))
    return handler(machine, node, scope) if handler else Unknown("it is computed while the code runs")


# --- names and constants ---------------------------------------------------------------------------------------


def _name(machine: Machine, node: ast.Name, scope: Scope) -> Value:
    found = scope.find(node.id)
    if found is not None:
        return found.names[node.id]
    if node.id in _BUILTINS:
        return Library(f"builtins.{node.id}")
    return machine.bring(machine, node.id, scope)


def _constant(_machine: Machine, node: ast.Constant, _scope: Scope) -> Value:
    value = node.value
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 256:
        return Unknown("the number is too large")
    if isinstance(value, str):
        return value[:LIMIT_TEXT]
    return value if isinstance(value, int | float | type(None)) else Unknown("it is no plain number or text")


def _sequence(machine: Machine, node: ast.List | ast.Tuple | ast.Set, scope: Scope) -> Value:
    found: list[Value] = []
    for element in node.elts:
        if isinstance(element, ast.Starred):
            value = evaluate(machine, element.value, scope)
            found += (
                list(value)[:LIMIT_ELEMENTS]
                if isinstance(value, list | tuple)
                else [Unknown("unpacked values")]
            )
        else:
            found.append(evaluate(machine, element, scope))
    return tuple(found) if isinstance(node, ast.Tuple) else found


def _dict(machine: Machine, node: ast.Dict, scope: Scope) -> Value:
    found: dict[object, Value] = {}
    for key, value_node in zip(node.keys, node.values, strict=True):
        value = evaluate(machine, value_node, scope)
        if key is None:
            found |= value if isinstance(value, dict) and len(value) <= LIMIT_ELEMENTS else {}
        else:
            name = evaluate(machine, key, scope)
            if isinstance(name, str | int | float | bool):
                found[name] = value
    return found


def _joined(machine: Machine, node: ast.JoinedStr, scope: Scope) -> Value:
    text = ""
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            value = evaluate(machine, part.value, scope)
            if part.format_spec is not None or not isinstance(value, str | int | float):
                return Unknown("it is a text that is put together while the code runs")
            text += str(value)
        elif isinstance(part, ast.Constant):
            text += str(part.value)
    return text[:LIMIT_TEXT]


# --- arithmetic and logic ----------------------------------------------------------------------------------------


def _binary(machine: Machine, node: ast.BinOp, scope: Scope) -> Value:
    return combine(node.op, evaluate(machine, node.left, scope), evaluate(machine, node.right, scope))


def _unary(machine: Machine, node: ast.UnaryOp, scope: Scope) -> Value:
    value = evaluate(machine, node.operand, scope)
    if isinstance(node.op, ast.Not):
        known = truth(value)
        return Unknown("it depends on the run") if known is None else not known
    if isinstance(value, int | float):
        return -value if isinstance(node.op, ast.USub) else +value
    return value if isinstance(value, Unknown | Made) else Unknown("it is computed while the code runs")


def _compare(machine: Machine, node: ast.Compare, scope: Scope) -> Value:
    left = evaluate(machine, node.left, scope)
    rights = [evaluate(machine, one, scope) for one in node.comparators]
    if len(rights) != 1:
        return Unknown("it depends on the run")
    return compared(node.ops[0], left, rights[0])


def _boolean(machine: Machine, node: ast.BoolOp, scope: Scope) -> Value:
    ends_on = isinstance(node.op, ast.Or)
    value: Value = Unknown("it depends on the run")
    unsure = False
    for part in node.values:
        value = evaluate(machine, part, scope)
        known = truth(value)
        if known is ends_on:
            return value
        unsure = unsure or known is None
    return Unknown("it depends on the run") if unsure else value


def _if_else(machine: Machine, node: ast.IfExp, scope: Scope) -> Value:
    known = truth(evaluate(machine, node.test, scope))
    return evaluate(machine, node.orelse if known is False else node.body, scope)


# --- access, calls, comprehensions -----------------------------------------------------------------------------------


def _attribute(machine: Machine, node: ast.Attribute, scope: Scope) -> Value:
    return attribute(machine, evaluate(machine, node.value, scope), node.attr)


def _subscript(machine: Machine, node: ast.Subscript, scope: Scope) -> Value:
    value = evaluate(machine, node.value, scope)
    if isinstance(node.slice, ast.Slice):
        return value if isinstance(value, Made | Combined) else Unknown("it is a part of a list")
    key = evaluate(machine, node.slice, scope)
    if isinstance(value, dict) and isinstance(key, str | int | float | bool):
        return value.get(key, Unknown(f"there is no {str(key)[:40]!r} in it"))
    if isinstance(value, list | tuple) and isinstance(key, int) and -len(value) <= key < len(value):
        return value[key]
    if isinstance(value, Made):
        return value.attributes.get(key, value) if isinstance(key, str) else value
    return value if isinstance(value, Unknown) else Unknown("it is looked up while the code runs")


def _call(machine: Machine, node: ast.Call, scope: Scope) -> Value:
    called = evaluate(machine, node.func, scope)
    positional: list[Value] = []
    for argument in node.args:
        if isinstance(argument, ast.Starred):
            many = evaluate(machine, argument.value, scope)
            positional += list(many)[:LIMIT_ELEMENTS] if isinstance(many, list | tuple) else []
        else:
            positional.append(evaluate(machine, argument, scope))
    named: dict[str, Value] = {}
    for keyword in node.keywords:
        value = evaluate(machine, keyword.value, scope)
        if keyword.arg is not None:
            named[keyword.arg] = value
        elif isinstance(value, dict):
            named |= {str(key): one for key, one in value.items()}
        elif isinstance(value, Made) and value.attributes:
            named |= value.attributes
        else:
            named["**"] = Unknown("it is handed on with ** from values that reading cannot tell")
    return machine.call(machine, called, tuple(positional), named, scope.where.place(node.lineno))


def _comprehension(
    machine: Machine, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope
) -> Value:
    inner = Scope({}, scope.where, scope)
    rounds = _rounds(machine, node.generators, inner)
    if rounds is None:
        return Unknown("it is a list that is made while the code runs")
    found: list[Value] = []
    for names in rounds:
        inner.names = names
        if all(truth(evaluate(machine, test, inner)) is not False for test in node.generators[0].ifs):
            found.append(evaluate(machine, node.elt, inner))
    return found


def _dict_comprehension(machine: Machine, node: ast.DictComp, scope: Scope) -> Value:
    inner = Scope({}, scope.where, scope)
    found: dict[object, Value] = {}
    for names in _rounds(machine, node.generators, inner) or ():
        inner.names = names
        key = evaluate(machine, node.key, inner)
        if isinstance(key, str | int | float | bool):
            found[key] = evaluate(machine, node.value, inner)
    return found


def _rounds(
    machine: Machine, generators: list[ast.comprehension], scope: Scope
) -> list[dict[str, Value]] | None:
    """What the loop's names stand for in each round; None where that is not known or too much."""
    if len(generators) != 1:
        return None
    over = evaluate(machine, generators[0].iter, scope)
    elements = (
        list(over) if isinstance(over, list | tuple | range | dict) and len(over) <= LIMIT_ELEMENTS else None
    )
    return None if elements is None else [dict(bindings(generators[0].target, one)) for one in elements]


def bindings(target: ast.expr, value: Value) -> Iterable[tuple[str, Value]]:
    """The names that an assignment to `target` binds, each with its part of the value."""
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Starred):
        yield from bindings(target.value, value)
    elif isinstance(target, ast.Tuple | ast.List):
        for one, part in parts_of(target.elts, value):
            yield from bindings(one, part)


def parts_of(targets: list[ast.expr], value: Value) -> Iterator[tuple[ast.expr, Value]]:
    """Each target of an unpacking with its part of the value."""
    fits = isinstance(value, list | tuple) and len(value) == len(targets)
    for index, one in enumerate(targets):
        yield one, value[index] if fits and isinstance(value, list | tuple) else _part_of(value)


def _part_of(value: Value) -> Value:
    if isinstance(value, Made) and value.name == "output":
        return value
    return unknown_of(*children(value, 2)) or Unknown("it is a part of what a call gave")


def _lambda(_machine: Machine, node: ast.Lambda, scope: Scope) -> Value:
    return Routine(node, scope)


def _named(machine: Machine, node: ast.NamedExpr, scope: Scope) -> Value:
    value = evaluate(machine, node.value, scope)
    scope.names[node.target.id] = value
    return value


_HANDLERS: dict[type[ast.expr], Callable[..., Value]] = {
    ast.Name: _name,
    ast.Constant: _constant,
    ast.List: _sequence,
    ast.Tuple: _sequence,
    ast.Set: _sequence,
    ast.Dict: _dict,
    ast.JoinedStr: _joined,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.BoolOp: _boolean,
    ast.IfExp: _if_else,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Call: _call,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _dict_comprehension,
    ast.Lambda: _lambda,
    ast.NamedExpr: _named,
}

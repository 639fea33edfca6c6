"""What a statement does to the names. A loop is followed once, an unclear `if` on both sides."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from grader.reading.tracing.arithmetic import combine, truth
from grader.reading.tracing.binding import bind
from grader.reading.tracing.expressions import evaluate
from grader.reading.tracing.imports import import_from, import_module
from grader.reading.tracing.loops import follow_for, follow_while
from grader.reading.tracing.machine import Machine, Signal
from grader.reading.tracing.values import (
    Combined,
    Klass,
    Library,
    Made,
    Routine,
    Scope,
    Unknown,
    Value,
)  # fmt: skip

_GRADIENT_FREE = ("torch.no_grad", "torch.inference_mode", "torch.autograd.no_grad")


def run(machine: Machine, body: Sequence[ast.stmt], scope: Scope) -> Signal:
    """Follow statements in order; what ends them early is given back.

    Raises:
        ExhaustedError: there is too much to follow.
    """
    for statement in body:
        machine.spend()
        handler = _HANDLERS.get(type(statement))
        signal = handler(machine, statement, scope) if handler else None
        if signal is not None:
            return signal
    return None


def _expression(machine: Machine, node: ast.Expr, scope: Scope) -> Signal:
    evaluate(machine, node.value, scope)
    return None


# --- binding names ---------------------------------------------------------------------------------------------


def _assign(machine: Machine, node: ast.Assign, scope: Scope) -> Signal:
    value = evaluate(machine, node.value, scope)
    for target in node.targets:
        bind(machine, target, value, scope)
    return None


def _annotated(machine: Machine, node: ast.AnnAssign, scope: Scope) -> Signal:
    if node.value is not None:
        bind(machine, node.target, evaluate(machine, node.value, scope), scope)
    return None


def _augmented(machine: Machine, node: ast.AugAssign, scope: Scope) -> Signal:
    old, change = evaluate(machine, node.target, scope), evaluate(machine, node.value, scope)
    counts = isinstance(old, int | float) and not machine.loops
    value = (
        combine(node.op, old, change)
        if counts or isinstance(old, Made | Combined | list | str | tuple)
        else None
    )
    if value is None:
        value = Unknown("it changes while the code runs")
    bind(machine, node.target, value, scope)
    return None


def _global(_machine: Machine, node: ast.Global, scope: Scope) -> Signal:
    declared = scope.names.setdefault("global names", [])
    if isinstance(declared, list):
        declared += node.names
    return None


def _delete(_machine: Machine, _node: ast.Delete, _scope: Scope) -> Signal:
    return None


# --- definitions -------------------------------------------------------------------------------------------------


def _function(machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> Signal:
    free = any(_gradient_free(evaluate(machine, one, scope)) for one in node.decorator_list)
    scope.names[node.name] = Routine(node, scope, without_gradients=free)
    return None


def _class(machine: Machine, node: ast.ClassDef, scope: Scope) -> Signal:
    bases = tuple(evaluate(machine, base, scope) for base in node.bases)
    decorators = [evaluate(machine, one, scope) for one in node.decorator_list]
    plain = any(isinstance(one, Library | Made) and one.name.endswith("dataclass") for one in decorators)
    plain = plain or any(
        isinstance(base, Library) and base.last in ("NamedTuple", "BaseModel") for base in bases
    )
    inner = Scope({}, scope.where, scope)
    run(machine, node.body, inner)
    klass = Klass(node, scope, bases, inner.names, is_dataclass=plain)
    for member in inner.names.values():
        if isinstance(member, Routine) and member.scope is inner:
            member.scope, member.owner = scope, klass
    scope.names[node.name] = klass
    return None


def _import(machine: Machine, node: ast.Import, scope: Scope) -> Signal:
    for alias in node.names:
        first = alias.name.partition(".")[0]
        whole = import_module(machine, alias.name, scope)
        if alias.asname:
            scope.names[alias.asname] = whole
        elif "." not in alias.name or isinstance(whole, Library):
            scope.names[first] = whole if "." not in alias.name else Library(first)
        else:
            scope.names[first] = _packaged(alias.name.split(".")[1:], whole, scope)
    return None


def _packaged(parts: list[str], module: Value, scope: Scope) -> Value:
    """`import a.b.c`: the name `a`, through which the module is reached."""
    for part in reversed(parts):
        module = Scope({part: module}, scope.where)
    return module


def _import_from(machine: Machine, node: ast.ImportFrom, scope: Scope) -> Signal:
    for name, value in import_from(machine, node, scope):
        scope.names[name] = value
    return None


# --- branches ------------------------------------------------------------------------------------------------------


def _if(machine: Machine, node: ast.If, scope: Scope) -> Signal:
    known = truth(evaluate(machine, node.test, scope))
    if known is not None:
        return run(machine, node.body if known else node.orelse, scope)
    before = dict(scope.names)
    first = run(machine, node.body, scope)
    likely = {name: one for name, one in scope.names.items() if before.get(name, run) is not one}
    scope.names.clear()
    scope.names.update(before)  # in place: the cells of a notebook share their names
    second = run(machine, node.orelse, scope)
    scope.names.update(likely)
    if first is not None and second is not None:
        return first
    for signal in (first, second):
        if signal is not None and signal[0] == "return" and machine.frames:
            machine.frames[-1].maybe_returns.append(signal[1])
    return None


def _try(machine: Machine, node: ast.Try, scope: Scope) -> Signal:
    """The handlers are for what does not happen; names that they alone define are kept all the same."""
    signal = run(machine, node.body, scope) or run(machine, node.orelse, scope)
    for handler in node.handlers:
        other = Scope(dict(scope.names), scope.where, scope.parent)
        if all(isinstance(one, ast.Import | ast.ImportFrom | ast.Assign) for one in handler.body):
            run(machine, handler.body, other)
        for name, value in other.names.items():
            scope.names.setdefault(name, value)
    return run(machine, node.finalbody, scope) or signal


def _match(machine: Machine, node: ast.Match, scope: Scope) -> Signal:
    for case in node.cases:
        run(machine, case.body, scope)
    return None


def _with(machine: Machine, node: ast.With | ast.AsyncWith, scope: Scope) -> Signal:
    values = [evaluate(machine, item.context_expr, scope) for item in node.items]
    for item, value in zip(node.items, values, strict=True):
        if item.optional_vars is not None:
            bind(machine, item.optional_vars, value, scope)
    free = any(_gradient_free(value) for value in values)
    machine.without_gradients += free
    try:
        return run(machine, node.body, scope)
    finally:
        machine.without_gradients -= free


def _gradient_free(value: Value) -> bool:
    if isinstance(value, Library | Made) and value.name in _GRADIENT_FREE:
        return True
    return isinstance(value, Made) and value.last == "set_grad_enabled" and value.positional[:1] == (False,)


# --- loops -----------------------------------------------------------------------------------------------------------


# --- leaving ---------------------------------------------------------------------------------------------------------


def _return(machine: Machine, node: ast.Return, scope: Scope) -> Signal:
    return ("return", evaluate(machine, node.value, scope) if node.value is not None else None)


def _break(_machine: Machine, _node: ast.Break, _scope: Scope) -> Signal:
    return ("break", None)


def _continue(_machine: Machine, _node: ast.Continue, _scope: Scope) -> Signal:
    return ("continue", None)


_HANDLERS: dict[type[ast.stmt], Callable[[Any, Any, Scope], Signal]] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Global: _global,
    ast.Delete: _delete,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.If: _if,
    ast.Try: _try,
    ast.Match: _match,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.For: follow_for,
    ast.AsyncFor: follow_for,
    ast.While: follow_while,
    ast.Return: _return,
    ast.Break: _break,
    ast.Continue: _continue,
}

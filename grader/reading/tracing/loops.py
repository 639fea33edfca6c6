"""Loops: a short written-out list is followed round by round, everything else once, with its bound noted."""

from __future__ import annotations

import ast

from grader.reading.tracing import library
from grader.reading.tracing.arithmetic import truth
from grader.reading.tracing.binding import bind
from grader.reading.tracing.expressions import evaluate
from grader.reading.tracing.machine import Machine, Signal
from grader.reading.tracing.trace import Loop
from grader.reading.tracing.values import Made, Scope, Unknown, Value, children, unknown_of

LIMIT_ROUNDS = 8
"""Rounds of a loop over a written-out list that are followed one by one: `for norm in ("BN", "GN", "LN")`."""


def follow_for(machine: Machine, node: ast.For | ast.AsyncFor, scope: Scope) -> Signal:
    over = evaluate(machine, node.iter, scope)
    if isinstance(over, list | tuple | dict) and len(over) <= LIMIT_ROUNDS:
        for element in list(over):
            bind(machine, node.target, element, scope)
            signal = machine.run(machine, node.body, scope)
            if signal is not None and signal[0] == "return":
                return signal
        return machine.run(machine, node.orelse, scope)
    rounds = len(over) if isinstance(over, range | list | tuple | dict) else _rounds_of(over)
    unclear = unknown_of(*children(over, 3))
    loop = Loop(over, rounds, scope.where.place(node.lineno), unclear.reason if unclear else "")
    bind(machine, node.target, Unknown("it changes from round to round"), scope)
    return _followed(machine, loop, [*node.body, *node.orelse], scope)


def _rounds_of(over: Value, depth: int = 6) -> int:
    """The bound of a `range` that a progress bar or `enumerate` wraps; 0 where there is none."""
    if isinstance(over, Made) and over.last in library.PASS_THROUGH and over.positional and depth > 0:
        inner = over.positional[0]
        return len(inner) if isinstance(inner, range | list | tuple) else _rounds_of(inner, depth - 1)
    return 0


def follow_while(machine: Machine, node: ast.While, scope: Scope) -> Signal:
    if truth(evaluate(machine, node.test, scope)) is False:
        return None
    loop = Loop(Unknown("a while loop"), 0, scope.where.place(node.lineno), "a while loop ends it")
    return _followed(machine, loop, node.body, scope)


def _followed(machine: Machine, loop: Loop, body: list[ast.stmt], scope: Scope) -> Signal:
    machine.loops.append(loop)
    try:
        signal = machine.run(machine, body, scope)
    finally:
        machine.loops.pop()
    if signal is not None and signal[0] == "return" and machine.frames:
        machine.frames[-1].maybe_returns.append(signal[1])
    return None

"""Follow every notebook and script of a submission, each from its first statement to its last."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from grader.reading.pieces import Piece
from grader.reading.tracing.calls import call
from grader.reading.tracing.expressions import evaluate
from grader.reading.tracing.imports import bring
from grader.reading.tracing.machine import Budget, ExhaustedError, Machine
from grader.reading.tracing.sources import Sources
from grader.reading.tracing.statements import run
from grader.reading.tracing.trace import Trace
from grader.reading.tracing.values import Routine, Scope, Value

LIMIT_UNITS = 60
_TRAINING_WORDS = ("backward", "optim", "DataLoader", "parameters")


@dataclass(frozen=True)
class Followed:
    """One notebook or script, with what happens in it."""

    unit: str
    trace: Trace
    was_called: bool  # False: nothing calls the training, so its functions were followed by themselves
    machine: Machine


def follow(sources: Sources, budget: Budget | None = None) -> Iterator[Followed]:
    """What happens in each unit that may train, notebooks first."""
    spent = budget or Budget()
    files = dict.fromkeys(piece.file for piece in sources.pieces if piece.is_own)
    wanted = [
        file
        for file in files
        if any(word in piece.text for piece in sources.cells(file) for word in _TRAINING_WORDS)
    ]
    wanted += [file for file in files if file not in wanted]
    for file in wanted[:LIMIT_UNITS]:
        machine = _machine(sources, spent)
        was_called = _follow_unit(machine, sources.cells(file))
        yield Followed(file, machine.trace, was_called, machine)


def _machine(sources: Sources, budget: Budget) -> Machine:
    return Machine(sources, budget, evaluate, run, call, bring)


def _follow_unit(machine: Machine, pieces: tuple[Piece, ...]) -> bool:
    """Whether the unit itself trains; else the functions that nothing calls were followed too."""
    first = pieces[0]
    names: dict[str, Value] = {"__name__": "__main__", "__file__": first.file}
    try:
        for piece in pieces:
            if not piece.written_file:
                _statements(machine, machine.sources.tree(piece).body, Scope(names, piece))
        if _trains(machine):
            return True
        _uncalled(machine, names)
    except ExhaustedError:
        machine.trace.faults.append(
            f"{first.file}: it is too long, or runs in circles; the rest was not read"
        )
        return _trains(machine)
    return False


def _trains(machine: Machine) -> bool:
    return any(event.kind in ("step", "handed") for event in machine.trace.events)


def _statements(machine: Machine, body: list[ast.stmt], scope: Scope) -> None:
    for statement in body:
        machine.top = scope.where.place(statement.lineno)
        machine.loops.clear()
        machine.frames.clear()
        machine.without_gradients = machine.importing = 0
        try:
            run(machine, [statement], scope)
        except RecursionError:
            machine.trace.faults.append(f"{machine.top}: nested too deeply to be followed")


def _uncalled(machine: Machine, names: dict[str, Value]) -> None:
    """A library of functions: each that builds an optimizer is followed, its arguments unknown."""
    for value in list(names.values()):
        if (
            isinstance(value, Routine)
            and isinstance(value.node, ast.FunctionDef)
            and value.scope.names is names
        ):
            used = {node.attr for node in ast.walk(value.node) if isinstance(node, ast.Attribute)}
            used |= {node.id for node in ast.walk(value.node) if isinstance(node, ast.Name)}
            if used & {"step", "backward"} and ("parameters" in used or "optim" in used):
                machine.top = value.scope.where.place(value.node.lineno)
                machine.loops.clear()
                try:
                    call(machine, value, (), {}, machine.top)
                except RecursionError:
                    machine.trace.faults.append(f"{machine.top}: nested too deeply to be followed")

"""Candidates with the arguments of the student's own call, and which of them the training code trains."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from grader.reading.describing import clean_place, scalar_of
from grader.reading.runs import model_of, trained_models
from grader.reading.tracing.follow import Followed
from grader.reading.tracing.imports import NOWHERE
from grader.reading.tracing.values import Instance, Made, Value
from grader.records import Scalar

Key = tuple[str, int, int, str]  # file, cell, line, class: as a candidate has them


@dataclass(frozen=True)
class Built:
    """The likeliest call of a class: the one whose object is trained, else moved to the device, else the last."""

    arguments: tuple[tuple[str, Scalar], ...]
    place: str
    trained: bool
    factory: Factory | None = None  # the function that gives the object, where arguments are no constants


@dataclass(frozen=True)
class Factory:
    """A function of the submission that builds the model: `def ResNet18(): return ResNet(Block, [2, 2])`."""

    file: str
    cell: int
    line: int
    name: str
    arguments: tuple[tuple[str, Scalar], ...]


def built_classes(units: Iterable[Followed]) -> dict[Key, Built]:
    """For each model class that the code builds: how, and whether it is trained."""
    best: dict[Key, tuple[tuple[bool, bool, int, int], Instance]] = {}
    for number, followed in enumerate(units):
        trained = trained_models([followed])
        for instance in followed.trace.models:
            klass = instance.klass
            key = (klass.scope.where.file, klass.scope.where.cell, klass.node.lineno, klass.node.name)
            order = trained.get(id(instance), 0)
            rank = (order > 0, instance.moved, number, order or instance.order)
            if key not in best or rank >= best[key][0]:
                best[key] = (rank, instance)
    return {
        key: Built(_constants(instance.arguments), clean_place(instance.place), rank[0], _factory(instance))
        for key, (rank, instance) in best.items()
    }


def _constants(given: dict[str, Value]) -> tuple[tuple[str, Scalar], ...]:
    return tuple(
        (name, scalar_of(value))
        for name, value in given.items()
        if isinstance(value, str | int | float) and name.isidentifier()
    )


def _factory(instance: Instance) -> Factory | None:
    """The function to call instead, where the class takes what only code can give: a block, a list of sizes."""
    routine = instance.factory
    plain = all(isinstance(value, str | int | float | type(None)) for value in instance.arguments.values())
    if plain or routine is None or isinstance(routine.node, ast.Lambda) or routine.scope.parent is not None:
        return None
    where = routine.scope.where
    return Factory(
        where.file, where.cell, routine.node.lineno, routine.name, _constants(instance.factory_arguments)
    )


@dataclass(frozen=True)
class StrayCall:
    """A trained model whose class is defined nowhere, with the constants that it is built from."""

    values: tuple[Scalar, ...]
    place: str


def unnamed_calls(units: Iterable[Followed]) -> list[StrayCall]:
    """The models that are trained under a name that the submission does not define."""
    found: dict[tuple[Scalar, ...], StrayCall] = {}
    for followed in units:
        for event in followed.trace.events:
            model = model_of(event.subject) if isinstance(event.subject, Made) else None
            if isinstance(model, Made) and model.name.startswith(f"{NOWHERE}.") and not model.named:
                values = tuple(
                    scalar_of(one) for one in model.positional if isinstance(one, str | int | float)
                )
                if values and len(values) == len(model.positional):
                    found.setdefault(values, StrayCall(values, clean_place(model.place)))
    return list(found.values())

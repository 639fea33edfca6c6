"""What a name can stand for while source is followed on paper.

A constant is Python's own value, a list, tuple or dict of values is Python's own too. All else is one of the
classes below. None of them can run anything: a library is a name, and a call of it is a note of its arguments.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from grader.reading.pieces import Piece

Value = object

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True)
class Unknown:
    """A value that reading cannot tell, and why."""

    reason: str


@dataclass(eq=False)
class Scope:
    """Names and what they stand for; a name that is not here is looked up in the parent."""

    names: dict[str, Value]
    where: Piece
    parent: Scope | None = None

    def find(self, name: str) -> Scope | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope
            scope = scope.parent
        return None

    @property
    def outermost(self) -> Scope:
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope


@dataclass(frozen=True)
class Library:
    """Something that is not the submission's own, by its dotted name: `torch.optim.SGD`."""

    name: str

    @property
    def last(self) -> str:
        return self.name.rpartition(".")[2]


@dataclass(eq=False)
class Made:
    """What a call of a library gave: `torch.optim.SGD(...)`, and what it was called with."""

    name: str
    positional: tuple[Value, ...] = ()
    named: dict[str, Value] = field(default_factory=dict)
    place: str = ""
    attributes: dict[str, Value] = field(default_factory=dict)

    @property
    def last(self) -> str:
        return self.name.rpartition(".")[2]

    def parts(self) -> Iterator[Value]:
        yield from self.positional
        yield from self.named.values()


@dataclass(eq=False)
class Combined:
    """The result of arithmetic on values of which one is no constant: a loss with a term added to it."""

    parts: tuple[Value, ...]


@dataclass(eq=False)
class Routine:
    """A function of the submission."""

    node: Function
    scope: Scope
    without_gradients: bool = False
    owner: Klass | None = None
    bound: Value = None  # the instance or class that it is a method of

    @property
    def name(self) -> str:
        return "a lambda" if isinstance(self.node, ast.Lambda) else self.node.name


@dataclass(eq=False)
class Klass:
    """A class of the submission."""

    node: ast.ClassDef
    scope: Scope  # that it is defined in
    bases: tuple[Value, ...]
    attributes: dict[str, Value]
    is_dataclass: bool = False

    def family(self) -> list[Klass]:
        """The class itself and the student classes that it inherits from, nearest first."""
        found: list[Klass] = []
        waiting: list[Klass] = [self]
        while waiting and len(found) < 50:
            one = waiting.pop(0)
            if one not in found:
                found.append(one)
                waiting += [base for base in one.bases if isinstance(base, Klass)]
        return found

    def library_bases(self) -> list[Library]:
        return [base for one in self.family() for base in one.bases if isinstance(base, Library)]

    def find(self, name: str) -> tuple[Value, Klass] | None:
        for one in self.family():
            if name in one.attributes:
                return one.attributes[name], one
        return None


@dataclass(eq=False)
class Instance:
    """An object of a student's class. A model's constructor is not followed: its arguments are what counts."""

    klass: Klass
    place: str
    arguments: dict[str, Value] = field(default_factory=dict)
    attributes: dict[str, Value] = field(default_factory=dict)
    made: Made | None = None  # what it hands to the constructor of its library base
    order: int = 0  # models are counted in the order in which they are built
    moved: bool = False  # `.to(device)` was called on it
    factory: Routine | None = None  # the function that built it and gave it back: `def ResNet18(): ...`
    factory_arguments: dict[str, Value] = field(default_factory=dict)
    mode: str = "train"


@dataclass(eq=False)
class Method:
    """A method that is not the submission's own: `model.parameters`, `", ".join`."""

    owner: Value
    name: str


LIMIT_CHILDREN = 2_000


def children(value: Value, depth: int = 4) -> Iterator[Value]:
    """The value and what it holds, down to a depth, outermost first; never more than LIMIT_CHILDREN."""
    yield from islice(_children(value, depth), LIMIT_CHILDREN)


def _children(value: Value, depth: int) -> Iterator[Value]:
    yield value
    if depth == 0:
        return
    held: list[Value] = []
    if isinstance(value, Made):
        held = list(value.parts())
    elif isinstance(value, Combined):
        held = list(value.parts)
    elif isinstance(value, list | tuple | set):
        held = list(value)
    elif isinstance(value, dict):
        held = list(value.values())
    for one in held[:64]:
        yield from _children(one, depth - 1)


def unknown_of(*values: Value) -> Unknown | None:
    return next((value for value in values if isinstance(value, Unknown)), None)

"""With which values an argument of a model could be called, as the source says: candidates for a worker to try.

Values come from the student's own calls, from what an argument is compared with on its way, from the keys of the tables
that it is looked up in, from annotations, enumerations and defaults. Too many do no harm: what each builds decides.
"""

from __future__ import annotations

import ast
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from grader.reading.choice_values import Values, last_name, literal, literals
from grader.reading.pieces import Piece
from grader.reading.source import Function, parsed
from grader.records import Scalar

LIMIT_VALUES = 12
"""Values of one argument: no course has that many variants of a model."""
LIMIT_ARGUMENTS = 20
LIMIT_CALLS = 200
LIMIT_SECONDS = 30.0

Given = tuple[tuple[str, Scalar], ...]  # arguments of a call that are constants
Trained = tuple[str, Given, str]  # class, arguments, place: a model that the student's code was seen to train
Place = tuple[str, int, str]  # file, cell, name


@dataclass(frozen=True)
class Choice:
    """A value of an argument, and where it was found.

    `called`: the student's own code builds with it. `member`: the value names a member of an enumeration.
    """

    value: Scalar
    found: str
    called: bool = False
    member: bool = False


@dataclass(frozen=True)
class Builder:
    """A class or a function of the submission that builds a model, with what each of its arguments could be."""

    file: str
    cell: int
    name: str
    required: tuple[str, ...] = ()
    choices: tuple[tuple[str, tuple[Choice, ...]], ...] = ()  # every argument, with the values found for it
    is_open: bool = False  # it takes *args or **kwargs: what it can be called with is not known


@dataclass(frozen=True)
class _Defined:
    piece: Piece
    node: ast.ClassDef | Function
    outside: bool  # at the top level of its file or cell


@dataclass
class _Source:
    """What all pieces define and call."""

    defined: dict[str, list[_Defined]] = field(default_factory=lambda: defaultdict(list))
    calls: dict[str, list[tuple[Piece, ast.Call]]] = field(default_factory=lambda: defaultdict(list))
    values: Values = field(default_factory=Values)
    passed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, piece: Piece, tree: ast.Module) -> None:
        for node in ast.walk(tree):
            self.values.add(piece, node)
            if isinstance(node, ast.ClassDef | Function):
                self.defined[node.name].append(_Defined(piece, node, outside=node.col_offset == 0))
            elif isinstance(node, ast.Call):
                calls = self.calls[last_name(node.func)]
                if len(calls) < LIMIT_CALLS:
                    calls.append((piece, node))

    def finish(self) -> None:
        """Under which names a value is known in the functions that it is given to."""
        for name, calls in self.calls.items():
            for one in self.defined.get(name, ())[:5]:
                signature = self.signature(one.node)
                for _, call in calls if signature is not None else ():
                    self._passes(call, signature)

    def _passes(self, call: ast.Call, signature: Function | None) -> None:
        for argument, value in _named(call, _arguments(signature) if signature else []).items():
            if given := last_name(value):
                self.passed[given].add(argument)

    def signature(self, node: ast.ClassDef | Function) -> Function | None:
        """The function itself; of a class its constructor, own or inherited; None where it has none."""
        here: ast.ClassDef | Function | None = node
        for _ in range(20):
            if not isinstance(here, ast.ClassDef):
                return here
            for one in reversed(here.body):
                if isinstance(one, ast.FunctionDef) and one.name == "__init__":
                    return one
            above = [one.node for base in here.bases for one in self.defined.get(last_name(base), ())]
            here = next((node for node in above if isinstance(node, ast.ClassDef) and node is not here), None)
        return None


def builders(
    source: Iterable[Piece], models: Iterable[Place], trained: Iterable[Trained] = ()
) -> tuple[Builder, ...]:
    """What builds a model: `models`, the likeliest first, then the functions that build one of them for an argument."""
    known, begin = _Source(), time.monotonic()
    for piece in source:
        if time.monotonic() - begin > LIMIT_SECONDS:
            break
        try:
            known.add(piece, parsed(piece.text))
        except ValueError:
            continue  # said already, among what is unreadable
    known.finish()
    wanted = list(dict.fromkeys(models))
    places = dict.fromkeys((*wanted, *_functions(known, {name for _, _, name in wanted})))
    seen = list(trained)
    return tuple(one for place in places if (one := _builder(known, place, seen)) is not None)


def _functions(known: _Source, models: set[str]) -> Iterator[Place]:
    """Functions with an argument that return a model which they build."""
    for name, listed in known.defined.items():
        for one in listed:
            if isinstance(one.node, ast.ClassDef) or not one.outside or not _arguments(one.node):
                continue
            inside = list(ast.walk(one.node))
            builds = any(isinstance(node, ast.Call) and last_name(node.func) in models for node in inside)
            if builds and any(_gives_a_model(node, models) for node in inside):
                yield (one.piece.file, one.piece.cell, name)


def _gives_a_model(node: ast.AST, models: set[str]) -> bool:
    """`return Net()`, `return model.to(device)`, `return nets[norm]`: never a number or several results."""
    if not isinstance(node, ast.Return):
        return False
    value = node.value
    while (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and value.func.attr in ("to", "cuda")
    ):
        value = value.func.value
    if isinstance(value, ast.Call):
        return last_name(value.func) in models or isinstance(value.func, ast.Subscript)
    return isinstance(value, ast.Name | ast.Subscript)


def _builder(known: _Source, place: Place, trained: list[Trained]) -> Builder | None:
    file, cell, name = place
    fitting = [one for one in known.defined.get(name, ()) if one.piece.file == file]
    here = [one for one in fitting if one.piece.cell == cell] or fitting
    if not here:
        return None
    signature = known.signature(here[-1].node)
    if signature is None:
        return Builder(file, cell, name)
    defaults = _defaults(signature)
    arguments = _arguments(signature)
    found = tuple(
        (one.arg, _choices(known, name, one, defaults.get(one.arg), arguments, trained))
        for one in arguments[:LIMIT_ARGUMENTS]
    )
    required = tuple(one.arg for one in arguments if one.arg not in defaults)
    is_open = signature.args.vararg is not None or signature.args.kwarg is not None
    return Builder(file, cell, name, required, found, is_open)


def _arguments(node: Function) -> list[ast.arg]:
    listed = [*node.args.posonlyargs, *node.args.args]
    return [*(listed[1:] if node.name == "__init__" else listed), *node.args.kwonlyargs]


def _defaults(node: Function) -> dict[str, ast.expr]:
    listed = [*node.args.posonlyargs, *node.args.args]
    pairs = zip(reversed(listed), reversed(node.args.defaults), strict=False)
    named = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    return {one.arg: value for one, value in (*pairs, *named) if value is not None}


def _named(call: ast.Call, arguments: list[ast.arg]) -> dict[str, ast.expr]:
    """What a call gives, by the names of the arguments; nothing behind a star, where the places are not known."""
    plain = call.args
    for index, one in enumerate(call.args):
        if isinstance(one, ast.Starred):
            plain = call.args[:index]
            break
    found = {one.arg: value for one, value in zip(arguments, plain, strict=False)}
    return found | {one.arg: one.value for one in call.keywords if one.arg}


def _choices(
    known: _Source,
    builder: str,
    argument: ast.arg,
    default: ast.expr | None,
    arguments: list[ast.arg],
    trained: list[Trained],
) -> tuple[Choice, ...]:
    name = argument.arg
    found = [
        Choice(dict(given)[name], f"trained in {place}", called=True)
        for model, given, place in trained
        if model == builder and name in dict(given)
    ]
    for piece, call in known.calls.get(builder, ()):
        if (value := _named(call, arguments).get(name)) is not None:
            at = f"called in {piece.place(call.lineno)}"
            found += [Choice(one, at, called=True) for one in known.values.bound_to(value)]
    others = known.values.named_like(name, known.passed)
    found += [Choice(value, at) for value, at in known.values.compared_with(others)]
    if (constant := literal(default)) is not None:
        found.append(Choice(constant, "its default"))
    members = known.values.members((default, argument.annotation), others)
    found += [Choice(member, "a member of its enumeration", member=True) for member in members]
    if isinstance(argument.annotation, ast.Subscript):
        found += [Choice(one, "its annotation") for one in literals(argument.annotation)]
    if any(isinstance(one.value, bool) for one in found):
        found += [Choice(one, "a truth value") for one in (True, False)]
    return _distinct(found)


def _distinct(found: list[Choice]) -> tuple[Choice, ...]:
    """Each value once, those that the student's code builds with first."""
    first: dict[tuple[str, Scalar, bool], Choice] = {}
    for one in sorted(found, key=lambda one: not one.called):
        first.setdefault((type(one.value).__name__, one.value, one.member), one)
    return tuple(list(first.values())[:LIMIT_VALUES])

"""Which layer of a model an expression names: `model.layer4[-1]` is `layer4`, then `-1`.

The source is parsed and never run. Names are followed to what was assigned to them, and the parameters of a function
to what it is called with; an expression that does not end at a layer that way is not known.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from grader.reading.pieces import Piece
from grader.reading.source import Function, dotted, parsed

LIMIT_NODES = 300_000
LIMIT_STEPS = 5_000
"""Of following names, in the whole submission."""
LIMIT_DEPTH = 24
MOST = 20
"""Elements of a list, values of a name, calls of a function."""

_SAME = frozenset({"to", "cuda", "cpu", "eval", "train", "float", "half", "children", "named_modules"})
_NAME = re.compile(r"[\w.]{1,100}")

Steps = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Scope:
    """Where a name is looked up: a function, or a file with all of its cells."""

    piece: Piece
    owner: str = ""  # the class that it stands in
    function: Function | None = None
    outer: Scope | None = None

    @property
    def key(self) -> object:
        return self.piece.file if self.function is None else id(self.function)


@dataclass(frozen=True, eq=False)
class Given:
    """An expression that was given for a layer, with its steps below the model; None where they are not known."""

    node: ast.expr
    scope: Scope
    steps: Steps | None


class Source:
    """Assignments and calls of some pieces, and what they say about layers."""

    def __init__(self, pieces: list[Piece]) -> None:
        self.calls: dict[str, list[tuple[ast.Call, Scope]]] = defaultdict(list)
        self._values: dict[tuple[object, str], list[tuple[ast.expr, Scope]]] = defaultdict(list)
        self._left = LIMIT_STEPS
        self._trees: list[ast.Module] = []  # nodes are told apart by their identity, so they must stay
        self._cut = False
        nodes = 0
        for piece in pieces:
            try:
                tree = parsed(piece.text)
            except ValueError:
                continue  # said already, among what is unreadable
            self._trees.append(tree)
            for node, scope in _walk(tree, Scope(piece)):
                nodes += 1
                if nodes > LIMIT_NODES:
                    self._cut = True
                    return
                self._note(node, scope)

    def _note(self, node: ast.AST, scope: Scope) -> None:
        if isinstance(node, ast.Call):
            self.calls[last_part(node.func)].append((node, scope))
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self._assign(target, node.value, scope)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self._assign(node.target, node.value, scope)
        elif isinstance(node, ast.For):
            for value in node.iter.elts[:MOST] if isinstance(node.iter, ast.List | ast.Tuple) else []:
                self._assign(node.target, value, scope)

    def _assign(self, target: ast.expr, value: ast.expr, scope: Scope) -> None:
        if isinstance(target, ast.Name):
            self._values[scope.key, target.id].append((value, scope))
        elif isinstance(target, ast.Attribute) and dotted(target.value) == "self":
            self._values[_own(scope), target.attr].append((value, scope))
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for one, other in zip(target.elts, value.elts, strict=False):
                self._assign(one, other, scope)

    @property
    def is_cut(self) -> bool:
        """Whether there was more than what is looked at."""
        return self._cut or self._left <= 0

    def is_reached(self, scope: Scope, depth: int = 0) -> bool:
        """Whether the place runs when the files do, as far as calls by name say."""
        if scope.function is None:
            return True
        if depth > LIMIT_DEPTH or not self._step():
            return False
        outer = [one for _, one in self._callers(scope) if one.function is not scope.function]
        return any(self.is_reached(one, depth + 1) for one in outer[:MOST])

    def layers(self, node: ast.expr, scope: Scope, depth: int = 0) -> list[Given]:
        """The layers that an expression names. One that cannot be followed is among them, without steps."""
        if depth > LIMIT_DEPTH or not self._step():
            return [Given(node, scope, None)]
        if isinstance(node, ast.List | ast.Tuple):
            return [one for item in node.elts[:MOST] for one in self.layers(item, scope, depth + 1)]
        if isinstance(node, ast.Constant):
            steps = _of_text(node.value)
            return [Given(node, scope, steps or None)] if node.value is not None else []
        values = self._values_of(node, scope)
        if values is not None:
            return [one for value, where in values for one in self.layers(value, where, depth + 1)]
        found = [Given(node, scope, steps) for steps in self._steps(node, scope, frozenset()) if steps]
        return found or [Given(node, scope, None)]

    def _values_of(self, node: ast.expr, scope: Scope) -> list[tuple[ast.expr, Scope]] | None:
        """What a name, or an attribute of `self`, was given; None where nothing is known of it."""
        if isinstance(node, ast.Attribute) and dotted(node.value) == "self":
            return self._values.get((_own(scope), node.attr), [])[-MOST:] or None
        if not isinstance(node, ast.Name):
            return None
        inner: Scope | None = scope
        while inner is not None:
            if inner.function is not None and node.id in _parameters(inner):
                return self._arguments(inner, node.id)
            if values := self._values.get((inner.key, node.id)):
                return values[-MOST:]
            inner = inner.outer
        return None

    def _arguments(self, scope: Scope, name: str) -> list[tuple[ast.expr, Scope]]:
        """What a function is called with for one of its parameters; its default where no call gives one."""
        names = _parameters(scope)
        place = names.index(name)
        found: list[tuple[ast.expr, Scope]] = []
        for call, where in self._callers(scope)[:MOST]:
            given = [one.value for one in call.keywords if one.arg == name]
            given += call.args[place : place + 1] if place < len(call.args) else []
            if given and self.is_reached(where):
                found.append((given[0], where))
        default = _default(scope, name)
        return found or ([(default, scope.outer or scope)] if default is not None else [])

    def _callers(self, scope: Scope) -> list[tuple[ast.Call, Scope]]:
        function = scope.function
        if function is None:
            return []
        if function.name in ("__init__", "forward", "__call__") and scope.owner:
            own = [one for one in self.calls["cls"] if one[1].owner == scope.owner]
            return [*self.calls[scope.owner], *own]
        return self.calls[function.name]

    def _steps(self, node: ast.expr, scope: Scope, seen: frozenset[str]) -> list[Steps]:
        """The steps from the model to what the expression names; (()) is the model itself, [] is not known."""
        after: list[str] = []
        while (peeled := _peeled(node)) is not None:
            if len(after) > LIMIT_DEPTH or not self._step():
                return []
            node, step = peeled
            after[:0] = step
        if not isinstance(node, ast.Name):
            return []
        return [(*root, *after) for root in self._roots(node, scope, seen)]

    def _roots(self, node: ast.Name, scope: Scope, seen: frozenset[str]) -> list[Steps]:
        """The steps that a name itself stands for, where it was given a part of a model.

        A name that is made of itself, as in `model = model.module`, is a model there.
        """
        if node.id in seen or len(seen) > LIMIT_DEPTH:
            return [()]
        values = self._values_of(node, scope) or []
        parts = [(value, where) for value, where in values if _peeled(value) is not None]
        found = [steps for value, where in parts for steps in self._steps(value, where, seen | {node.id})]
        return found or [()]

    def _step(self) -> bool:
        self._left -= 1
        return self._left > 0


def last_part(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _walk(tree: ast.Module, top: Scope) -> Iterator[tuple[ast.AST, Scope]]:
    """Every node with the scope that it stands in, in the order of the source."""
    waiting: list[tuple[ast.AST, Scope]] = [(tree, top)]
    while waiting:
        node, scope = waiting.pop()
        yield node, scope
        if isinstance(node, Function):
            scope = Scope(scope.piece, scope.owner, node, scope)
        elif isinstance(node, ast.ClassDef):
            scope = Scope(scope.piece, node.name, scope.function, scope.outer)
        waiting += [(child, scope) for child in reversed(list(ast.iter_child_nodes(node)))]


def _own(scope: Scope) -> tuple[str, str]:
    return scope.piece.file, scope.owner


def _parameters(scope: Scope) -> list[str]:
    """Names of a function's parameters in their order; without `self` of a method."""
    function = scope.function
    if function is None:
        return []
    arguments = function.args
    names = [one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return names[1:] if scope.owner and names[:1] in (["self"], ["cls"]) else names


def _default(scope: Scope, name: str) -> ast.expr | None:
    if scope.function is None:
        return None
    arguments = scope.function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    given = dict(zip([one.arg for one in positional[::-1]], arguments.defaults[::-1], strict=False))
    named = dict(zip([one.arg for one in arguments.kwonlyargs], arguments.kw_defaults, strict=True))
    return given.get(name) or named.get(name)


def _peeled(node: ast.expr) -> tuple[ast.expr, Steps] | None:
    """An expression without its last step, and that step; None where it is none that can be followed."""
    if isinstance(node, ast.Attribute):
        return node.value, () if node.attr == "_modules" else (node.attr,)
    if isinstance(node, ast.Subscript):
        steps = _index(node.slice)
        return (node.value, steps) if steps else None
    if isinstance(node, ast.List) and len(node.elts) == 1 and isinstance(node.elts[0], ast.Starred):
        return node.elts[0].value, ()
    return _peeled_call(node) if isinstance(node, ast.Call) else None


def _peeled_call(node: ast.Call) -> tuple[ast.expr, Steps] | None:
    """`list(x.children())`, `dict(x.named_modules())`, `getattr(x, "a")`, `x.get_submodule("a.b")`, `x.to(...)`."""
    if isinstance(node.func, ast.Name):
        if node.func.id in ("list", "dict", "tuple") and len(node.args) == 1:
            return node.args[0], ()
        if node.func.id == "getattr" and len(node.args) >= 2 and isinstance(node.args[1], ast.Constant):
            steps = _of_text(node.args[1].value)
            return (node.args[0], steps) if steps else None
        return None
    if not isinstance(node.func, ast.Attribute):
        return None
    if node.func.attr == "get_submodule" and node.args and isinstance(node.args[0], ast.Constant):
        steps = _of_text(node.args[0].value)
        return (node.func.value, steps) if steps else None
    return (node.func.value, ()) if node.func.attr in _SAME else None


def _index(node: ast.expr) -> Steps:
    """A constant index: a whole number, also a negative one, or a text; () for anything else."""
    sign = ""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        sign, node = "-", node.operand
    if not isinstance(node, ast.Constant) or isinstance(node.value, bool):
        return ()
    if isinstance(node.value, int) and abs(node.value) < 10_000:
        return (f"{sign}{node.value}",)
    return () if sign else _of_text(node.value)


def _of_text(value: object) -> Steps:
    """`"layer4.1"` as steps; () for what is no name."""
    return tuple(value.split(".")) if isinstance(value, str) and _NAME.fullmatch(value) else ()

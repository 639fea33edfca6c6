"""Where classes build and apply their layers, and the comment at each place; parsed, never run.

A layer's comment stands on its line or directly above it. Where a layer inside of an `nn.Sequential` has none, the one
of the whole statement is taken, and said to be shared.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from grader.reading.comments import Comment, comments
from grader.reading.pieces import Piece
from grader.reading.source import Function, dotted, parsed
from grader.records import LayerComment, LayerComments
from grader.text import clean, clean_path

LIMIT_LINES = 2_000
"""Places in the whole submission."""
LIMIT_OF_A_CLASS = 400
LIMIT_COMMENT = 400
LIMIT_ABOVE = 6
"""Lines of a comment above a layer that are read."""
LIMIT_SECONDS = 20.0

Kind = Literal["convolution", "max pool", "average pool", "linear", ""]
_KINDS: tuple[tuple[str, Kind], ...] = (
    ("conv", "convolution"),
    ("maxpool", "max pool"),
    ("avgpool", "average pool"),
    ("linear", "linear"),
)
_APPLIES = frozenset({"forward", "_forward", "forward_features", "_forward_impl", "features"})
_OF_A_TENSOR: dict[str, Kind] = {"mean": "average pool"}
_LISTS = frozenset({"Sequential", "ModuleList"})


def layer_comments(source: Iterable[Piece]) -> LayerComments:
    """The layers of all classes of all pieces, in their order."""
    found: list[LayerComment] = []
    begin = time.monotonic()
    for piece in source:
        if time.monotonic() - begin > LIMIT_SECONDS or len(found) >= LIMIT_LINES:
            cut = f"{clean_path(piece.file)} and all source after it was not looked at: there is too much."
            return LayerComments(tuple(found[:LIMIT_LINES]), cut)
        if "class" in piece.text:
            found += _of_piece(piece)
    return LayerComments(tuple(found[:LIMIT_LINES]))


def _of_piece(piece: Piece) -> list[LayerComment]:
    try:
        tree = parsed(piece.text)
    except ValueError:
        return []  # said already, among what is unreadable
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    if not classes:
        return []
    said = _Said(comments(piece.text).comments)
    return [line for node in classes for line in _of_class(node, piece, said)][:LIMIT_LINES]


class _Said:
    """The comments of a piece, by the line that they stand on."""

    def __init__(self, found: tuple[Comment, ...]) -> None:
        self._by_line: dict[int, Comment] = {one.line: one for one in found}

    def beside(self, first: int, last: int) -> str:
        """What is said on these lines."""
        return self._joined(range(first, min(last, first + LIMIT_OF_A_CLASS) + 1))

    def above(self, line: int) -> str:
        """What is said directly above this line, on lines of their own."""
        first = line
        while (one := self._by_line.get(first - 1)) and one.alone and line - first < LIMIT_ABOVE:
            first -= 1
        return self._joined(range(first, line))

    def _joined(self, lines: range) -> str:
        texts = [self._by_line[number].text.strip("# \t\r") for number in lines if number in self._by_line]
        return clean(" | ".join(text for text in texts if text), LIMIT_COMMENT)


@dataclass(frozen=True)
class _Place:
    """A layer in a statement, before its comment is known."""

    node: ast.expr
    path: str
    kind: Kind


def _of_class(node: ast.ClassDef, piece: Piece, said: _Said) -> Iterator[LayerComment]:
    methods = [inner for inner in node.body if isinstance(inner, Function)]
    file, name = clean_path(piece.file), clean(node.name, 80)
    count = 0
    for method in methods:
        applies = method.name in _APPLIES
        for statement in _statements(method.body):
            places = list(_applied(statement) if applies else _built(statement))
            for line in _of_statement(statement, places, said, applies):
                count += 1
                if count > LIMIT_OF_A_CLASS:
                    return
                yield replace(line, file=file, cell=piece.cell, class_name=name)


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """All statements of a method that hold no others, in the order of the source."""
    waiting = list(reversed(body))
    while waiting:
        node = waiting.pop()
        inner = [part for name in ("body", "orelse", "finalbody") for part in getattr(node, name, [])]
        if inner and not isinstance(node, ast.ClassDef | Function):
            waiting.extend(reversed([part for part in inner if isinstance(part, ast.stmt)]))
        elif not isinstance(node, ast.ClassDef | Function):
            yield node


def _of_statement(
    statement: ast.stmt, places: list[_Place], said: _Said, applies: bool
) -> Iterator[LayerComment]:
    """A layer's own comment, where it has lines of its own; else that of the whole statement."""
    named = sum(applies or bool(place.kind) for place in places)
    for place in places:
        first, last = place.node.lineno, place.node.end_lineno or place.node.lineno
        beside, above = said.beside(first, last), said.above(first)
        own = bool(beside or above) and (first > statement.lineno or len(places) == 1)
        near = [one for one in places if one.node.lineno <= last and (one.node.end_lineno or 0) >= first]
        shared = sum(applies or bool(one.kind) for one in near) if own else named
        if not own:
            beside, above = _around(statement, places, said), said.above(statement.lineno)
        yield LayerComment(
            "", 0, first, "", clean(place.path, 120), place.kind, beside, above, max(shared, 1), applies
        )


def _around(statement: ast.stmt, places: list[_Place], said: _Said) -> str:
    """What is said on the first line of a statement, and on its last one where no layer stands on it."""
    first, last = statement.lineno, statement.end_lineno or statement.lineno
    taken = {line for one in places for line in range(one.node.lineno, (one.node.end_lineno or 0) + 1)}
    texts = [said.beside(first, first)]
    if last > first and (last not in taken or len(places) == 1):
        texts.append(said.beside(last, last))
    return " | ".join(text for text in texts if text)


# --- where they are built ---------------------------------------------------------------------------------------


def _built(statement: ast.stmt) -> Iterator[_Place]:
    """`self.conv1 = nn.Conv2d(...)`, and the entries of a container that is written out."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target, value = statement.targets[0], statement.value
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        target, value = statement.target, statement.value
    else:
        return
    if isinstance(target, ast.Attribute) and dotted(target.value) == "self" and isinstance(value, ast.Call):
        yield from _entries(value, target.attr, 0)


def _entries(value: ast.expr, path: str, depth: int) -> Iterator[_Place]:
    inside = list(_contained(value)) if depth < 8 else []
    if not inside:
        yield _Place(value, path, _kind(value))
        return
    for name, entry in inside[:LIMIT_OF_A_CLASS]:
        yield from _entries(entry, f"{path}.{name}", depth + 1)


def _contained(value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """The named entries of `nn.Sequential(...)`, of one around a dict, and of a list of modules."""
    if not isinstance(value, ast.Call) or _last(value.func) not in _LISTS:
        return
    given = value.args
    if len(given) == 1 and isinstance(given[0], ast.List | ast.Tuple):
        given = given[0].elts
    elif len(given) == 1 and isinstance(given[0], ast.Call) and _last(given[0].func) == "OrderedDict":
        yield from _in_dict(given[0])
        return
    if not any(isinstance(one, ast.Starred) for one in given):
        yield from ((str(index), one) for index, one in enumerate(given))


def _in_dict(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    given = call.args[0] if len(call.args) == 1 else None
    if isinstance(given, ast.Dict):
        pairs: list[tuple[ast.expr | None, ast.expr]] = list(zip(given.keys, given.values, strict=True))
    else:
        listed = given.elts if isinstance(given, ast.List | ast.Tuple) else []
        pairs = [
            (one.elts[0], one.elts[1])
            for one in listed
            if isinstance(one, ast.Tuple | ast.List) and len(one.elts) == 2
        ]
    for name, value in pairs:
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            yield name.value, value


# --- where they are applied -------------------------------------------------------------------------------------


def _applied(statement: ast.stmt) -> Iterator[_Place]:
    """Calls of layers and of plain functions, in the order in which they run: what is inside runs first."""
    calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda one: (one.end_lineno or 0, one.end_col_offset or 0)):
        name = dotted(call.func)
        if name.startswith("self."):
            yield _Place(call, name.removeprefix("self."), "")
        elif isinstance(call.func, ast.Attribute) and call.func.attr in _OF_A_TENSOR:
            yield _Place(call, "", _OF_A_TENSOR[call.func.attr])
        elif kind := _kind(call):
            yield _Place(call, "", kind)


def _kind(value: ast.expr) -> Kind:
    """What the name of a class or a function says: `nn.Conv2d`, `F.max_pool2d`, `ConvBlock`."""
    name = _last(value.func).lower().replace("_", "") if isinstance(value, ast.Call) else ""
    return next((kind for part, kind in _KINDS if part in name), "")


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""

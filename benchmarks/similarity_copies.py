"""How somebody copies code who does not want it to be seen: new names, other numbers, another order, new comments."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator


def renamed(text: str, chance: random.Random) -> str:
    """The same code with new names, other constants, other comments, and its functions and methods in another order."""
    tree = ast.parse(text)
    _Renamer(_new_names(_own_names(tree), chance), _new_names(_own_attributes(tree), chance)).visit(tree)
    for body in [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]:
        movable = [node for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        shuffled = iter(sorted(movable, key=lambda _: chance.random()))
        body[:] = [next(shuffled) if node in movable else node for node in body]
    lines = ast.unparse(ast.fix_missing_locations(tree)).split("\n")
    return "\n".join(
        f"{line}  # step {index}" if line and index % 4 == 0 else line for index, line in enumerate(lines)
    )


class _Renamer(ast.NodeTransformer):
    def __init__(self, names: dict[str, str], attributes: dict[str, str]) -> None:
        self._names, self._attributes = names, attributes

    def generic_visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.Attribute):
            node.attr = self._attributes.get(node.attr, node.attr)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            node.name = self._attributes.get(node.name, self._names.get(node.name, node.name))
        elif isinstance(node, ast.arg | ast.keyword):
            node.arg = self._names.get(node.arg or "", node.arg or "") or None
        elif isinstance(node, ast.Name):
            node.id = self._names.get(node.id, node.id)
        elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
            node.value = float(str(node.value)) + 1
        return super().generic_visit(node)


def _new_names(names: Iterator[str], chance: random.Random) -> dict[str, str]:
    return {
        name: f"{chance.choice(('my', 'new', 'the'))}_{index}"
        for index, name in enumerate(sorted(set(names)))
    }


def _own_names(tree: ast.Module) -> Iterator[str]:
    """What a copier can rename: functions, classes, arguments, variables."""
    yield from (node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef))
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _own_attributes(tree: ast.Module) -> Iterator[str]:
    """And methods, and attributes that are set."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.ClassDef):
            methods = (one.name for one in node.body if isinstance(one, ast.FunctionDef))
            yield from (name for name in methods if name != "forward" and not name.startswith("__"))


def class_of(text: str, name: str) -> str:
    """The source of one class."""
    return next(ast.unparse(node) for node in ast.parse(text).body if _is_class(node, name))


def without_class(text: str, name: str) -> str:
    """The source without that class."""
    tree = ast.parse(text)
    tree.body = [node for node in tree.body if not _is_class(node, name)]
    return ast.unparse(tree)


def _is_class(node: ast.stmt, name: str) -> bool:
    return isinstance(node, ast.ClassDef) and node.name == name

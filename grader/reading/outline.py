"""Which classes and functions the source defines, and what it imports: by `ast` alone, nothing is run."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterable, Iterator
from typing import Literal

from grader.reading.pieces import Piece
from grader.reading.source import Function, parsed, top_level
from grader.records import Definition, Import, Outline
from grader.text import clean, clean_path

LIMIT_DEFINITIONS = 3_000
LIMIT_IMPORTS = 2_000
LIMIT_NAMES = 50
"""Names that are kept of one import statement."""
LIMIT_SECONDS = 30.0
LIMIT_NAME = 80


def outline(source: Iterable[Piece]) -> Outline:
    """Definitions and imports of all pieces, in their order; pieces that cannot be parsed have none."""
    definitions: list[Definition] = []
    imports: list[Import] = []
    begin = time.monotonic()
    cut = ""
    for piece in source:
        if time.monotonic() - begin > LIMIT_SECONDS:
            cut = f"{clean_path(piece.file)} and all source after it was not looked at: there is too much."
            break
        try:
            tree = parsed(piece.text)
        except ValueError:
            continue  # said already, among what is unreadable
        definitions += _definitions(tree, piece)
        imports += _imports(tree, piece)
        if len(definitions) > LIMIT_DEFINITIONS or len(imports) > LIMIT_IMPORTS:
            cut = f"Only the first {LIMIT_DEFINITIONS:,} definitions and {LIMIT_IMPORTS:,} imports are looked at."
            break
    return Outline(tuple(definitions[:LIMIT_DEFINITIONS]), tuple(imports[:LIMIT_IMPORTS]), cut)


def _definitions(tree: ast.Module, piece: Piece) -> list[Definition]:
    """All classes, also those that a function hides, with their methods; functions of the top level. By line."""
    found = [
        _definition("function", node.name, node, piece)
        for node in top_level(tree.body)
        if isinstance(node, Function)
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            found.append(_definition("class", node.name, node, piece))
            inside = (inner for inner in top_level(node.body) if isinstance(inner, Function))
            found += [_definition("method", f"{node.name}.{inner.name}", inner, piece) for inner in inside]
    return sorted(found, key=lambda one: one.line)


def _definition(
    kind: Literal["class", "function", "method"], name: str, node: ast.stmt, piece: Piece
) -> Definition:
    return Definition(kind, clean(name, LIMIT_NAME), clean_path(piece.file), piece.cell, node.lineno)


def _imports(tree: ast.Module, piece: Piece) -> Iterator[Import]:
    file, cell = clean_path(piece.file), piece.cell
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names[:LIMIT_NAMES]:
                yield Import(clean(alias.name, LIMIT_NAME), (), file, cell, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            names = tuple(clean(alias.name, LIMIT_NAME) for alias in node.names[:LIMIT_NAMES])
            module = "." * min(node.level, 9) + (node.module or "")
            yield Import(clean(module, LIMIT_NAME), names, file, cell, node.lineno)

"""What an import gives: a file of the submission, followed once, or the name of a library."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.reading.pieces import Piece
from grader.reading.tracing.library import WELL_KNOWN, words
from grader.reading.tracing.machine import Machine
from grader.reading.tracing.values import Library, Scope, Unknown, Value

LIMIT_MODULES = 200
NOWHERE = "elsewhere"
"""Stands for the unknown module of a name that is defined nowhere in the submission."""


def import_module(machine: Machine, name: str, scope: Scope) -> Value:
    """The namespace of a file of the submission, else the library of this name."""
    piece = machine.sources.module(name, scope.where.file)
    return loaded(machine, piece) if piece else Library(name)


def import_from(machine: Machine, node: ast.ImportFrom, scope: Scope) -> Iterator[tuple[str, Value]]:
    """The names that `from ... import ...` binds. A file that is not there is looked for by what it defines."""
    module, file = node.module or "", scope.where.file
    piece = machine.sources.module(module, file, node.level)
    for alias in node.names:
        if alias.name == "*":
            if piece:
                names = loaded(machine, piece).names
                yield from [(one, value) for one, value in names.items() if not one.startswith("_")]
            elif not is_library(module):
                machine.missing_modules.append(module)
        else:
            yield alias.asname or alias.name, _imported(machine, node, piece, alias.name, file)


def _imported(machine: Machine, node: ast.ImportFrom, piece: Piece | None, name: str, file: str) -> Value:
    if piece:
        names = loaded(machine, piece).names
        if name in names:
            return names[name]
    inner = machine.sources.module(f"{node.module}.{name}" if node.module else name, file, node.level)
    if inner and (piece or node.level or not node.module or inner.file.count("/")):
        return loaded(machine, inner)
    if is_library(node.module or ""):
        return Library(f"{node.module}.{name}")
    other = machine.sources.defining(name, file)
    if other:
        return loaded(machine, other).names.get(name, Unknown(f"{name} is not defined when it is imported"))
    return Library(f"{node.module or ''}.{name}".lstrip("."))


def is_library(module: str) -> bool:
    """Whether a dotted name is of a package that students install, and no file that was not handed in."""
    return module.partition(".")[0] in _LIBRARIES


_LIBRARIES = words(
    "torch torchvision torchsummary torchinfo albumentations numpy tqdm argparse os sys math random time copy functools "
    "typing dataclasses pathlib PIL matplotlib cv2 torch_lr_finder pytorch_lightning lightning timm torchmetrics sklearn "
    "collections tabulate transformers einops kornia fastai ignite monai accelerate torchtext "
    "torch_optimizer lion_pytorch segmentation_models_pytorch efficientnet_pytorch "
    "pandas seaborn json yaml types itertools builtins"
)


def loaded(machine: Machine, piece: Piece) -> Scope:
    """The names of a file, which is followed when it is first imported. A circle gives what is there so far."""
    key = f"{piece.file}\n{piece.cell}"
    if key in machine.modules or len(machine.modules) >= LIMIT_MODULES:
        return machine.modules.get(key) or Scope({}, piece)
    scope = Scope({"__name__": "imported", "__file__": piece.file}, piece)
    machine.modules[key] = scope
    loops, machine.loops = machine.loops, []
    machine.importing += 1
    try:
        machine.run(machine, machine.sources.tree(piece).body, scope)
    finally:
        machine.importing -= 1
        machine.loops = loops
    return scope


def bring(machine: Machine, name: str, scope: Scope) -> Value:
    """A name that nothing has bound yet: notebooks are not run from top to bottom, and cells get lost."""
    home = scope.outermost
    if home.where.cell:
        for piece in machine.sources.cells(home.where.file):
            for statement in machine.sources.tree(piece).body:
                if _defines(statement, name) and len(machine.frames) < 10:
                    home.names[name] = Unknown(f"{name} is defined by itself")
                    machine.run(machine, [statement], home)
                    return home.names[name]
    if name in WELL_KNOWN:
        return Library(WELL_KNOWN[name])
    other = machine.sources.defining(name, home.where.file)
    if other and name not in machine.modules:
        return loaded(machine, other).names.get(name, Unknown(f"{name} is not defined where it is used"))
    if machine.missing_modules or name[:1].isupper():
        return Library(f"{NOWHERE}.{name}")  # in a file that is not in the submission
    return Unknown(f"{name} is defined nowhere in the submission")


def _defines(statement: ast.stmt, name: str) -> bool:
    if isinstance(statement, ast.ClassDef | ast.FunctionDef):
        return statement.name == name
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return any((alias.asname or alias.name) == name for alias in statement.names)
    if isinstance(statement, ast.Assign):
        return any(isinstance(target, ast.Name) and target.id == name for target in statement.targets)
    return False

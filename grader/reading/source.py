"""What Python source says about its classes, by `ast` alone: nothing is imported, nothing is evaluated.

It needs the standard library alone, as the notebook reader does.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

LIMIT_CHARACTERS = 1_000_000

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class ClassFacts:
    """A class at the top level of a file or cell, also inside of `if`, `try` and `with`."""

    name: str
    line: int
    bases: tuple[str, ...]  # dotted, as written: "nn.Module"
    methods: frozenset[str]
    required_arguments: tuple[str, ...] | None  # of its own `__init__`; None where it has none
    mentions: frozenset[str]  # names and last parts of attributes that its body uses


@dataclass(frozen=True)
class Call:
    """A call that stands outside of every class."""

    name: str  # last part: "Net" for `models.Net()`
    line: int
    names_given: frozenset[str]  # names among its arguments: `ResNet(BasicBlock, 10)`


@dataclass(frozen=True)
class SourceFacts:
    classes: tuple[ClassFacts, ...] = ()
    calls: tuple[Call, ...] = ()
    imported: dict[str, str] = field(default_factory=dict)  # name here → full dotted name: "nn" → "torch.nn"
    star_imports: frozenset[str] = frozenset()
    trains: bool = False  # there is a backward pass


def parsed(text: str) -> ast.Module:
    """The syntax tree. Raises ValueError with the place, whatever the text does to the parser."""
    if len(text) > LIMIT_CHARACTERS:
        raise ValueError(f"larger than {LIMIT_CHARACTERS // 1_000_000} MB; source code is never that long")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        raise ValueError(f"line {error.lineno or 1}: {error.msg}") from None
    except (RecursionError, MemoryError):
        raise ValueError("nested too deeply to be read") from None
    except ValueError as error:
        raise ValueError(f"not Python source: {error}") from None


def facts(text: str) -> SourceFacts:
    """Classes, calls and imports of a piece of source. Raises ValueError as `parsed` does."""
    tree = parsed(text)
    classes = [node for node in top_level(tree.body) if isinstance(node, ast.ClassDef)]
    outside = list(_outside_of_classes(tree))
    imported, stars = _imports(tree)
    calls = [node for node in outside if isinstance(node, ast.Call)]
    return SourceFacts(
        classes=tuple(_class_facts(node) for node in classes),
        calls=tuple(
            sorted((_call(node) for node in calls if _last_part(node.func)), key=lambda call: call.line)
        ),
        imported=imported,
        star_imports=stars,
        trains=any(_trains(node) for node in ast.walk(tree)),
    )


def top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run at import, whichever branch is taken; not those inside of functions."""
    waiting = list(reversed(body))
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With | ast.For | ast.While):
            parts = [node.body, getattr(node, "orelse", []), getattr(node, "finalbody", [])]
            parts += [handler.body for handler in getattr(node, "handlers", [])]
            waiting.extend(reversed([statement for part in parts for statement in part]))


def _outside_of_classes(tree: ast.AST) -> Iterator[ast.AST]:
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.ClassDef))


def _class_facts(node: ast.ClassDef) -> ClassFacts:
    functions = {item.name: item for item in node.body if isinstance(item, Function)}
    assigned = {
        target.id
        for item in node.body
        if isinstance(item, ast.Assign)
        for target in item.targets
        if isinstance(target, ast.Name)
    }
    constructor = functions.get("__init__")
    return ClassFacts(
        name=node.name,
        line=node.lineno,
        bases=tuple(name for base in node.bases if (name := dotted(base))),
        methods=frozenset(functions) | assigned,
        required_arguments=_required(constructor) if constructor else None,
        mentions=frozenset(name for part in node.body for name in _names(part)),
    )


def _required(constructor: Function) -> tuple[str, ...]:
    arguments = constructor.args
    positional = [*arguments.posonlyargs, *arguments.args]
    without_default = positional[1 : len(positional) - len(arguments.defaults)]
    keywords = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return tuple(
        [argument.arg for argument in without_default]
        + [argument.arg for argument, default in keywords if default is None]
    )


def _names(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr


def _call(node: ast.Call) -> Call:
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    names = frozenset(name for argument in given if (name := _last_part(argument)))
    return Call(_last_part(node.func), node.lineno, names)


def _last_part(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def dotted(node: ast.AST) -> str:
    """`torch.nn.Module` as written; "" for anything but names joined by dots."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join(reversed([*parts, node.id])) if isinstance(node, ast.Name) else ""


def _imports(tree: ast.AST) -> tuple[dict[str, str], frozenset[str]]:
    imported: dict[str, str] = {}
    stars: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.split(".")[0]
                imported[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if alias.name == "*":
                    stars.add(node.module or "")
                else:
                    imported[alias.asname or alias.name] = f"{node.module or ''}.{alias.name}".lstrip(".")
    return imported, frozenset(stars)


def _trains(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "backward"

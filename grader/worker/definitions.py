"""Which statements of a student's module define something, and which do something.

Only definitions are executed: imports, classes, functions, and assignments of plain values. A training loop, a
download or a plot at module level never runs. An assignment that calls something is kept aside and executed
only when a definition turns out to need its name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

Statement = ast.stmt
_PLAIN = (
    ast.Constant, ast.Name, ast.Attribute, ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Tuple,
    ast.List, ast.Dict, ast.Set, ast.Subscript, ast.Slice, ast.Starred, ast.JoinedStr, ast.FormattedValue,
    ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context, ast.Lambda, ast.arguments, ast.arg,
)  # fmt: skip


def is_plain(value: ast.expr) -> bool:
    """Whether evaluating this calls nothing (a lambda's body is not evaluated)."""
    if isinstance(value, ast.Lambda):
        return True
    return isinstance(value, _PLAIN) and all(
        is_plain(child) if isinstance(child, ast.expr) else isinstance(child, _PLAIN)
        for child in ast.iter_child_nodes(value)
    )


def definitions(body: Iterable[Statement]) -> Iterator[Statement]:
    """The defining statements in order, those inside of `if`, `try` and `with` too.

    `try` statements around imports come whole, so that a student's own fall-back works. The body of
    `if __name__ == "__main__"` is left out.
    """
    for statement in body:
        if isinstance(
            statement, ast.Import | ast.ImportFrom | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        ):
            yield statement
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            if statement.value is not None and names_bound(statement):
                yield statement
        elif isinstance(statement, ast.Try):
            if _only_imports(statement):
                yield statement
            else:
                yield from definitions(statement.body)
        elif isinstance(statement, ast.If):
            if not _is_main_guard(statement.test):
                yield from definitions(statement.body)
                yield from definitions(statement.orelse)
        elif isinstance(statement, ast.With):
            yield from definitions(statement.body)


def names_bound(statement: Statement) -> tuple[str, ...]:
    """The plain names that an assignment binds; () where it binds anything else (`x.y = ...`, `x[0] = ...`)."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]  # type: ignore[attr-defined]
    names: list[str] = []
    for target in targets:
        parts = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
        if not all(isinstance(part, ast.Name) for part in parts):
            return ()
        names += [part.id for part in parts if isinstance(part, ast.Name)]
    return tuple(names)


def _only_imports(statement: ast.Try) -> bool:
    return all(isinstance(inner, ast.Import | ast.ImportFrom) for inner in statement.body)


def _is_main_guard(test: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(test))

"""Whether a comment is code that was commented out, told by parsing it; plain words parse as code, too.

`not used` and `train and test` are Python; what makes a text code is a call, an assignment, an attribute, or a
statement with its keyword.
"""

from __future__ import annotations

import ast
import re

from grader.reading.source import parsed

LIMIT_TEXT = 4_000
"""Characters of a comment that are parsed; what is longer counts as words."""

_OPEN_BLOCK = re.compile(r"(?:else|finally|try|elif\b.*|except\b.*)\s*:")
_MAGIC = re.compile(r"[!%]{1,2}\s?[A-Za-z]")
_PROSE_CALL = re.compile(r"\w \(")
_PROSE_IMPORT = re.compile(
    r"import (?:necessary|required|needed|all|the|libraries|packages|modules|dependencies|everything|data)\b",
    re.IGNORECASE,
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_SAYS_CODE = (
    ast.Call,
    ast.Attribute,
    ast.Subscript,
    ast.Assign,
    ast.AugAssign,
    ast.NamedExpr,
    ast.Import,
    ast.ImportFrom,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.For,
    ast.While,
    ast.With,
    ast.If,
    ast.Try,
    ast.Lambda,
    ast.ListComp,
    ast.Dict,
)


def code_lines(lines: list[str]) -> list[bool]:
    """For each line of a comment that goes on over lines, whether it is code that was commented out."""
    texts = [line.strip("# \t\r") for line in lines]
    if len(lines) > 1 and _is_code(_dedented(lines)):
        return [True] * len(lines)
    return [_line_is_code(text) for text in texts]


def _dedented(lines: list[str]) -> str:
    """The lines as they would stand without their comment signs, at the left margin."""
    plain = [line.lstrip("#").rstrip() for line in lines]
    margin = min((len(line) - len(line.lstrip()) for line in plain if line.strip()), default=0)
    return "\n".join(line[margin:] for line in plain)


def _line_is_code(text: str) -> bool:
    if not text or len(text) > LIMIT_TEXT or _PROSE_CALL.search(text) or _PROSE_IMPORT.match(text):
        return False
    if _OPEN_BLOCK.fullmatch(text) or _MAGIC.match(text):
        return True
    tail = text.rstrip(" ,\\")
    return any(_is_code(one) for one in (text, f"{tail}{_missing(tail)}", f"{text} pass") if one)


def _missing(text: str) -> str:
    """The brackets that would close those which a line leaves open."""
    waiting: list[str] = []
    for sign in text:
        if sign in _CLOSING:
            waiting.append(_CLOSING[sign])
        elif waiting and sign == waiting[-1]:
            waiting.pop()
    return "".join(reversed(waiting[-40:]))


def _is_code(text: str) -> bool:
    if len(text) > LIMIT_TEXT:
        return False
    try:
        tree = parsed(text)
    except ValueError:
        return False
    return any(isinstance(node, _SAYS_CODE) or _is_flow(node) for node in ast.walk(tree))


def _is_flow(node: ast.AST) -> bool:
    """`return loss`, `pass`, and a name that is given a value with its type."""
    return isinstance(node, ast.Return | ast.Pass | ast.Break | ast.Continue) or (
        isinstance(node, ast.AnnAssign) and node.value is not None
    )

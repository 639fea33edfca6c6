"""How each code cell of a notebook is commented: words in its comments and docstrings, and what needs none."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterable, Iterator

from grader.reading.commented_code import code_lines
from grader.reading.comments import LIMIT_CHARACTERS, Comment, Commented, blocks, comments
from grader.reading.notebook import Cell
from grader.reading.source import parsed
from grader.records import CellComments
from grader.text import clean

LIMIT_CELLS = 1_000
"""Code cells of one notebook that are looked at."""
LIMIT_NOTEBOOK = 400_000
"""Characters of code of one notebook that are looked at; nobody writes more by hand."""
LIMIT_BLOCK = 200
"""Lines of one comment that are looked at."""
LIMIT_SHOWN = 20
LIMIT_TEXT = 160
"""Lines and characters of a cell's comments that are kept for a person to read."""
MOST_WORDS = 9_999

_WORD = re.compile(r"(?<!\w)[^\W\d_]\w*")
_IDEOGRAPHS = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,}")
_DIRECTIVE = re.compile(
    r"\s*(?:!/|-\*-|(?:noqa|pylint|type|fmt|isort|pragma|ruff|mypy|flake8|yapf)\s*:|@param\b|%%)",
    re.IGNORECASE,
)
_OTHER_LANGUAGE = re.compile(r"\s*(?:#(?!!)|//|/\*|<!--)(.*)")
_BEHIND_MAGIC = re.compile(r"\s#(.*)")
_QUIET = re.compile(
    r"\s*(?:%(?:matplotlib|pylab|config|load_ext|reload_ext|autoreload)\b.*"
    r"|!\s*(?:nvidia-smi|ls|pwd|cat|head|python3?\s+--version)\b.*|\?.*|[\w.]+\?{1,2}\s*)"
)
_SHOWS = frozenset(
    {"print", "display", "show", "head", "tail", "info", "describe", "summary", "eval", "imshow"}
)
_TOO_MUCH = "not read, because the notebook has so much code"
_DISPLAY = "it only shows something"


def cell_comments(cells: Iterable[Cell], text_cells: Iterable[int]) -> tuple[CellComments, ...]:
    """The comments of the cells that are not empty. `text_cells`: the numbers of the text cells."""
    above = {number + 1 for number in text_cells}
    found: list[CellComments] = []
    left = LIMIT_NOTEBOOK
    for cell in [cell for cell in cells if cell.raw.strip()][:LIMIT_CELLS]:
        left -= min(len(cell.raw), LIMIT_CHARACTERS)
        text_above = cell.number in above
        found.append(
            _of_cell(cell, text_above)
            if left >= 0
            else CellComments(cell.number, 0, text_above=text_above, fault=_TOO_MUCH)
        )
    return tuple(found)


def _of_cell(cell: Cell, text_above: bool) -> CellComments:
    if not cell.source.strip():
        other = list(_in_other_language(cell.raw))
        return CellComments(cell.number, _count(other), _shown(other), text_above=text_above)
    found = comments(cell.source)
    listed = Commented((*found.comments, *_behind_magics(cell)), found.fault)
    said, commented_out = _said(listed)
    strings, exempt = _by_tree(cell)
    for text in strings:
        is_code = code_lines(text.split("\n")[:LIMIT_BLOCK])
        commented_out = commented_out or any(is_code)
        said += [line for line, code in zip(text.split("\n"), is_code, strict=False) if not code]
    return CellComments(
        cell.number, _count(said), _shown(said), commented_out, exempt, text_above, found.fault
    )


def _count(said: list[str]) -> int:
    return min(sum(_words(text) for text in said), MOST_WORDS)


def _shown(said: list[str]) -> str:
    """The first words of all lines, as one line."""
    texts = (" ".join(text[: 2 * LIMIT_TEXT].strip("# ").split()) for text in said[:LIMIT_SHOWN])
    return clean(" / ".join(text for text in texts if _words(text)), LIMIT_TEXT)


def _said(found: Commented) -> tuple[list[str], bool]:
    """(the lines of comments that say something, whether there is code among them)."""
    said: list[str] = []
    any_code = False
    for block in blocks(found.comments):
        texts = [one.text for one in block[:LIMIT_BLOCK] if not _DIRECTIVE.match(one.text)]
        is_code = code_lines(texts)
        any_code = any_code or any(is_code)
        said += [text for text, code in zip(texts, is_code, strict=True) if not code]
    return said, any_code


def _words(text: str) -> int:
    """Words of a text; two signs of a script without spaces are about one word."""
    signs = _IDEOGRAPHS.findall(text)
    return len(_WORD.findall(_IDEOGRAPHS.sub(" ", text))) + sum(math.ceil(len(run) / 2) for run in signs)


def _behind_magics(cell: Cell) -> Iterator[Comment]:
    """`!pip install x  # the summary of the model`: the line is no Python, and its comment is one all the same."""
    raw = cell.raw[:LIMIT_CHARACTERS].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, (plain, line) in enumerate(zip(cell.source.split("\n"), raw, strict=False), 1):
        if plain.strip() == "pass" and line.strip() != "pass" and (found := _BEHIND_MAGIC.search(line)):
            yield Comment(number, found[1], False)


def _in_other_language(raw: str) -> Iterator[str]:
    """The comments of a cell such as `%%bash` or `%%html`, by the signs that begin a line."""
    for line in raw[:LIMIT_CHARACTERS].split("\n"):
        if found := _OTHER_LANGUAGE.match(line):
            yield found[1]


def _by_tree(cell: Cell) -> tuple[list[str], str]:
    """(docstrings and other strings that stand by themselves, why the cell needs no comment)."""
    try:
        tree = parsed(cell.source[:LIMIT_CHARACTERS])
    except ValueError:
        return [], ""
    strings = [
        node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ]
    return [text[:LIMIT_CHARACTERS] for text in strings], _exempt(tree, cell)


def _exempt(tree: ast.Module, cell: Cell) -> str:
    """A cell that computes nothing and only shows what is there: a name, one `print`, the list of files."""
    if not tree.body:
        return "it has no code"
    source = cell.source.split("\n")
    magics = [
        line
        for line, plain in zip(cell.raw.replace("\r\n", "\n").split("\n"), source, strict=False)
        if plain.strip() == "pass" and line.strip() != "pass"
    ]
    if not all(_QUIET.fullmatch(line) for line in magics):
        return ""
    own = [node for node in tree.body if not isinstance(node, ast.Pass)]
    return _DISPLAY if not own or (len(own) == 1 and _only_shows(own[0])) else ""


def _only_shows(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Expr) or isinstance(node.value, ast.Constant):
        return False
    shown = node.value
    if isinstance(shown, ast.Call):
        name = shown.func
        called = (
            name.id if isinstance(name, ast.Name) else name.attr if isinstance(name, ast.Attribute) else ""
        )
        return called in _SHOWS and not any(
            isinstance(part, ast.Call) for given in shown.args for part in ast.walk(given)
        )
    return all(
        isinstance(
            part, ast.Name | ast.Attribute | ast.Subscript | ast.Constant | ast.expr_context | ast.Slice
        )
        for part in ast.walk(shown)
    )

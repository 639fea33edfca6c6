"""Python source as a row of tokens that stays the same when names, literals, comments and layout change.

What a copier can change without changing what the code does is taken away: names that the submission chose, numbers,
texts, comments, docstrings, imports, line breaks. What belongs to a library stays: `nn.Conv2d` cannot be renamed.

A scanner of our own, and not `tokenize`: that one stops at the first mistake in a file, differs between versions of
Python, and takes quadratic time for a line of `\\"` (20 kB: 3.3 s). This one is one pass of a pattern without going back.
"""

from __future__ import annotations

import keyword
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

_SCAN = re.compile(
    r'''
      (?P<comment>\#[^\n]*+)
    | (?P<string>[rbufRBUF]{0,2}(?:
          """(?:[^"\\]++|\\.|"(?!""))*+(?:""")?
        | \'\'\'(?:[^'\\]++|\\.|'(?!''))*+(?:\'\'\')?
        | "(?:[^"\\\n]++|\\.)*+"?
        | '(?:[^'\\\n]++|\\.)*+'?))
    | (?P<number>(?:\d|\.\d)(?:[eE][+-]\d|[\w.])*+)
    | (?P<name>[^\W\d]\w*+)
    | (?P<newline>\n)
    | (?P<operator>->|:=|\*\*=?|//=?|>>=?|<<=?|[-+*/%&|^@=<>!]=|[^\s\w\\])
    ''',
    re.VERBOSE | re.DOTALL,
)
_LIBRARY_NAMES = frozenset(
    {"super", "range", "len", "print", "enumerate", "zip", "isinstance", "int", "float", "str"}
    | {"list", "tuple", "dict", "set", "sum", "max", "min", "open"}
)
"""Built-in functions that stand alone and mean the same for everybody."""
_ASSIGNS = frozenset({"=", "+=", "-=", "*=", "/=", ":"})
_OPENS, _CLOSES = frozenset("([{"), frozenset(")]}")


@dataclass(frozen=True, slots=True)
class Raw:
    """One token as it was written."""

    kind: str
    text: str
    line: int  # from 0
    fresh: bool  # the first one on its line, outside of brackets
    indented: bool  # its line does not begin at its first column
    depth: int  # of brackets around it


@dataclass(frozen=True)
class Tokens:
    """The words that are compared, and the line of each, from 0."""

    words: list[str]
    lines: array[int]


def scanned(text: str, limit: int) -> list[Raw]:
    """At most `limit` tokens of a text, whatever is wrong with it."""
    found: list[Raw] = []
    line = depth = start = 0
    fresh, indented = True, False
    for match in _SCAN.finditer(text):
        kind, word = match.lastgroup or "", match[0]
        line += text.count("\n", start, match.start())
        start = match.start()
        if fresh:
            indented = text[max(0, start - 1) : start] in (" ", "\t")
        if kind == "newline":
            fresh = depth == 0
        elif kind != "comment":
            if word in _CLOSES:
                depth = max(0, depth - 1)
            found.append(Raw(kind, word if kind != "string" else "s", line, fresh, indented, depth))
            depth += word in _OPENS
            fresh = False
            if len(found) >= limit:
                break
    return found


def own_attributes(raw: list[Raw]) -> set[str]:
    """Names that the submission gave to attributes and methods: `conv1` of `self.conv1 = …` and `def conv1(self)`."""
    found = set()
    for before, here, after in zip(raw, raw[1:], [*raw[2:], Raw("", "", 0, False, False, 0)], strict=False):
        if here.kind != "name" or here.text.startswith("__"):
            continue
        is_set = before.text == "." and here.depth == 0 and after.text in _ASSIGNS
        if is_set or (before.text == "def" and before.fresh and before.indented):
            found.add(here.text)
    return found


def normalised(raw: list[Raw], own: set[str]) -> Tokens:
    """What is compared of these tokens; `own` are the submission's own attributes."""
    words: list[str] = []
    lines = array("l")
    for index, token in _kept(raw):
        before = raw[index - 1].text if index else ""
        words.append(_word(token, before, own))
        lines.append(token.line)
    return Tokens(words, lines)


def _kept(raw: list[Raw]) -> Iterator[tuple[int, Raw]]:
    """Without imports, docstrings, `pass`, semicolons and the comma before a closing bracket."""
    in_import = False
    for index, token in enumerate(raw):
        after = raw[index + 1] if index + 1 < len(raw) else None
        if token.fresh:
            in_import = token.text in ("import", "from")
        is_docstring = token.kind == "string" and token.fresh and (after is None or after.fresh)
        is_last_comma = token.text == "," and after is not None and after.text in _CLOSES
        if not (in_import or is_docstring or is_last_comma or token.text in ("pass", ";")):
            yield index, token


def _word(token: Raw, before: str, own: set[str]) -> str:
    if token.kind == "number":
        return "0"
    if token.kind != "name" or keyword.iskeyword(token.text):
        return token.text
    if before == ".":
        return "a" if token.text in own else token.text
    return token.text if token.text in _LIBRARY_NAMES else "n"

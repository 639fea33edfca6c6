"""The comments of Python source, by its tokens: a `#` in a string is none. Nothing is run.

Source that is broken somewhere is read up to there by its tokens, and from there on line by line: only what begins a
line can then be told to be a comment.
"""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

LIMIT_CHARACTERS = 100_000
"""Of one file or cell; what is longer was made by a program, and is read up to there."""
LIMIT_COMMENTS = 5_000


@dataclass(frozen=True)
class Comment:
    """One comment, as written behind its `#`; it is the student's own text, not yet cleaned for printing."""

    line: int  # counted from 1
    text: str
    alone: bool  # nothing else stands on its line


@dataclass(frozen=True)
class Commented:
    """All comments of a piece of source, by line."""

    comments: tuple[Comment, ...]
    fault: str = ""  # why some may be missing, as part of a sentence; "" where they are all there


def comments(source: str) -> Commented:
    """The comments of a file or a cell, whose magics are replaced already."""
    text = source[:LIMIT_CHARACTERS]
    fault = "only its first part is read, because it is very long" if len(source) > len(text) else ""
    lines = text.split("\n")
    found: list[Comment] = []
    try:
        for comment in _by_tokens(text, lines):
            found.append(comment)
            if len(found) == LIMIT_COMMENTS:
                return Commented(tuple(found), f"only its first {LIMIT_COMMENTS:,} comments are read")
    except _Broken as broken:
        found = [one for one in found if one.line < broken.line]
        found += _by_lines(lines, broken.line)
        fault = fault or "it is not valid Python"
    return Commented(tuple(found[:LIMIT_COMMENTS]), fault)


class _Broken(Exception):
    """The source is no Python from this line on."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line


def _by_tokens(text: str, lines: list[str]) -> Iterator[Comment]:
    last = 1
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline="\n").readline):
            last = token.start[0]
            if token.type == tokenize.COMMENT:
                before = lines[last - 1][: token.start[1]] if last <= len(lines) else ""
                yield Comment(last, token.string.removeprefix("#"), not before.strip())
    except tokenize.TokenError:
        return  # the end came within a bracket or a string: its own beginning was read before
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _Broken(last) from None


def _by_lines(lines: list[str], first: int) -> Iterator[Comment]:
    for number, line in enumerate(lines[first - 1 :], first):
        if line.lstrip().startswith("#"):
            yield Comment(number, line.lstrip().removeprefix("#"), True)


def blocks(found: tuple[Comment, ...]) -> Iterator[tuple[Comment, ...]]:
    """Comments that go on over several lines, each with nothing else on it, as one."""
    block: list[Comment] = []
    for one in found:
        goes_on = block and one.alone and block[-1].alone and one.line == block[-1].line + 1
        if block and not goes_on:
            yield tuple(block)
            block = []
        block.append(one)
    if block:
        yield tuple(block)

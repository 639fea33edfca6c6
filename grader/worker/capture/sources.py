"""The text of files and cells, with what only a notebook understands turned into calls."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.reading.notebook import code_cells, python_source

LIMIT_BYTES = 20_000_000
COMMAND = "__command__"
"""The name, in a cell's namespace, of the function that takes a shell line or a magic."""

_SHELLS = frozenset({"bash", "sh", "shell", "script", "!"})
_IGNORED_BODIES = frozenset(
    {"html", "javascript", "js", "latex", "markdown", "svg", "cmd", "R", "perl", "ruby"}
)


@dataclass(frozen=True)
class Piece:
    """A file or a cell as plain Python."""

    filename: str
    source: str
    cell: int = 0


def text_of(path: Path) -> str:
    """A source file's text; "" where it cannot be had, or is too large to be source."""
    try:
        if path.stat().st_size > LIMIT_BYTES:
            return ""
        return path.read_bytes().decode("utf-8-sig", "replace")
    except OSError:
        return ""


def pieces(path: Path, name: str) -> Iterator[Piece]:
    """The pieces of a file known as `name`: the cells of a notebook, or the file itself."""
    text = text_of(path)
    if not name.endswith(".ipynb"):
        yield Piece(name, text)
        return
    try:
        known = {cell.number: cell.source for cell in code_cells(text)}
    except ValueError:
        return
    raw = _raw_cells(text)
    for number, plain in known.items():
        source = _with_commands(raw[number]) if number in raw else plain
        yield Piece(f"{name}, cell {number}", source, number)


def _raw_cells(text: str) -> dict[int, str]:
    """Sources as they were typed, by the cell's number over all cells."""
    try:
        found: Any = json.loads(text.removeprefix("\ufeff"))
        cells = found["cells"] if "cells" in found else [c for s in found["worksheets"] for c in s["cells"]]
        return {
            number: source if isinstance(source, str) else "".join(source)
            for number, cell in enumerate(cells, 1)
            if cell.get("cell_type") == "code"
            for source in [cell.get("source", cell.get("input", ""))]
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _with_commands(raw: str) -> str:
    """The cell as Python in which every magic and shell line is a call of `COMMAND`."""
    first = next((line.strip() for line in raw.split("\n") if line.strip()), "")
    if first.startswith("%%"):
        words = first[2:].split()
        body = raw.split(first, 1)[1].lstrip("\n")
        if words and words[0] in ("writefile", "file"):
            return f"{COMMAND}({first!r}, {body!r})"
        if words and words[0] in _SHELLS:
            return "\n".join(
                f"{COMMAND}({'!' + line.strip()!r})" for line in body.split("\n") if line.strip()
            )
        if words and words[0] in _IGNORED_BODIES:
            return ""
    plain = python_source(raw).split("\n")
    typed = re.split(r"\r\n|\r|\n", raw)
    return "\n".join(_line(one, other) for one, other in zip(plain, typed, strict=False))


def _line(plain: str, typed: str) -> str:
    command = typed.strip()
    if plain.strip() != "pass" or command == "pass":
        return plain
    indentation = plain[: len(plain) - len(plain.lstrip())]
    target, equals, _ = command.partition("=")
    if equals and not command.startswith(("!", "%", "?")) and target.strip().isidentifier():
        return f"{indentation}{target.strip()} = []"
    return f"{indentation}{COMMAND}({command!r})"

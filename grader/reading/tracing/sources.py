"""The submission's source as syntax trees: by file, by cell, and by the name that an import gives a file."""

from __future__ import annotations

import ast
import posixpath
import re
from dataclasses import dataclass, field

from grader.reading.pieces import Piece
from grader.reading.source import parsed

_MENDING_TRIES = 8


@dataclass
class Sources:
    """All pieces of a submission. Trees are parsed when they are first asked for."""

    pieces: tuple[Piece, ...]
    _trees: dict[tuple[str, int], ast.Module] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)  # place → what of it could not be read
    _modules: dict[str, Piece] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for piece in self.pieces:
            if piece.written_file:
                folder = posixpath.dirname(piece.file)
                self._modules.setdefault(
                    posixpath.normpath(posixpath.join(folder, piece.written_file)), piece
                )
            elif not piece.cell:
                self._modules[piece.file] = piece

    def tree(self, piece: Piece) -> ast.Module:
        """The tree of a piece; where lines of it are no Python, the tree of the others."""
        key = (piece.file, piece.cell)
        if key not in self._trees:
            tree, fault = mended(piece.text)
            self._trees[key] = tree
            if fault:
                self.broken[piece.place(1)] = fault
        return self._trees[key]

    def cells(self, file: str) -> tuple[Piece, ...]:
        return tuple(piece for piece in self.pieces if piece.file == file)

    def module(self, name: str, file: str, level: int = 0) -> Piece | None:
        """The file that `import name` in `file` means: beside it, above it, else the only or nearest one."""
        folder = posixpath.dirname(file)
        for _ in range(level - 1):
            folder = posixpath.dirname(folder)
        ends = [part for part in (name.replace(".", "/"),) if part]
        wanted = [f"{end}.py" for end in ends] + [f"{end}/__init__.py" for end in ends] or ["__init__.py"]
        while True:
            for end in wanted:
                path = posixpath.join(folder, end)
                if path in self._modules and path != file:
                    return self._modules[path]
            if not folder or level:
                break
            folder = posixpath.dirname(folder)
        return None if level else self._anywhere(wanted, file)

    def _anywhere(self, wanted: list[str], file: str) -> Piece | None:
        found = [
            path for path in self._modules for end in wanted if path.endswith(f"/{end}") and path != file
        ]
        found.sort(key=lambda path: (-len(posixpath.commonprefix([path, file])), path))
        return self._modules[found[0]] if found else None

    def defining(self, name: str, file: str) -> Piece | None:
        """A Python file that defines a class or function of this name at its top level, the nearest first."""
        pattern = re.compile(rf"^(?:class|def) {re.escape(name)}\b", re.MULTILINE)
        fitting = [one for one in self._modules.values() if one.file != file and pattern.search(one.text)]
        fitting.sort(key=lambda piece: -len(posixpath.commonprefix([piece.file, file])))
        return fitting[0] if fitting else None


def mended(text: str) -> tuple[ast.Module, str]:
    """(tree, what could not be read). A line that is no Python is taken out, and the rest is read."""
    fault = ""
    lines = text.split("\n")
    for _ in range(_MENDING_TRIES):
        try:
            return parsed("\n".join(lines)), fault
        except ValueError as error:
            fault = fault or str(error)
            number = _line_of(str(error))
            if not 0 < number <= len(lines):
                break
            line = lines[number - 1]
            if line.strip() in ("", "pass"):
                break
            lines[number - 1] = line[: len(line) - len(line.lstrip())] + "pass"
    return ast.Module(body=[], type_ignores=[]), fault


def _line_of(fault: str) -> int:
    """The line in "line 12: invalid syntax"; 0 where the fault names none."""
    word, _, rest = fault.partition(" ")
    number = rest.partition(":")[0]
    return int(number) if word == "line" and number.isdigit() else 0

"""Our own notebook reader: code cells as plain Python, one by one, with their saved text outputs.

It needs the standard library alone, because the worker uses it inside of the sandbox too: what is read and
what is run must be the same text. Formats 3 (worksheets) and 4 are read, with or without cell ids. Every
pattern here takes linear time, whatever the text. Nothing is run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

LIMIT_CHARACTERS = 20_000_000
LIMIT_CELLS = 5_000
LIMIT_OUTPUT = 200_000
"""Characters of saved output that are kept of one cell: its first and its last part."""


@dataclass(frozen=True)
class Cell:
    """One code cell. Its strings are the student's own, not yet cleaned for printing."""

    number: int  # counted over all cells of the notebook, text cells too, from 1
    source: str  # plain Python: magics are replaced, line numbers kept; "" for a cell in another language
    written_file: str = ""  # path of the file that `%%writefile` would write; then `source` is its text
    outputs: tuple[str, ...] = ()  # saved text outputs, as a terminal would show them
    raw: str = ""  # the cell as the student wrote it, magics too


def code_cells(text: str) -> tuple[Cell, ...]:
    """The code cells of an .ipynb file's text; a file that is plain Python source is one cell.

    Raises ValueError, with the place, where the text is no notebook at all.
    """
    if len(text) > LIMIT_CHARACTERS:
        raise ValueError(f"the notebook is larger than {LIMIT_CHARACTERS // 1_000_000} MB")
    text = text.removeprefix("\ufeff")
    start = text.lstrip()
    if not start:
        raise ValueError("the file is empty")
    if start.startswith("version https://git-lfs"):
        raise ValueError("line 1: the file is a pointer to large-file storage, not the notebook itself")
    if start.startswith("<"):
        raise ValueError("line 1: the file is an HTML page, not a notebook")
    if not start.startswith(("{", "[")):
        return (Cell(1, python_source(text), raw=text),)
    return tuple(_code_cells(_cells(_parsed(text))))


def text_cells(text: str) -> tuple[Cell, ...]:
    """The text cells of an .ipynb file's text, as Markdown in `source`; () where the text is no notebook."""
    try:
        cells = _cells(_parsed(text.removeprefix("\ufeff"))) if len(text) <= LIMIT_CHARACTERS else []
    except ValueError:
        return ()
    return tuple(
        Cell(number, _text(cell.get("source", "")))
        for number, cell in enumerate(cells, 1)
        if isinstance(cell, dict) and cell.get("cell_type") in ("markdown", "heading", "raw")
    )


def saved_cells(text: str) -> tuple[dict[str, object], ...]:
    """The cells of an .ipynb file's text as the format has them; () where the text is no notebook in JSON."""
    try:
        cells = _cells(_parsed(text.removeprefix("\ufeff"))) if len(text) <= LIMIT_CHARACTERS else []
    except ValueError:
        return ()
    return tuple(cell for cell in cells if isinstance(cell, dict))


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}, column {error.colno}: not valid JSON: {error.msg}") from None
    except RecursionError:
        raise ValueError("line 1: not a notebook: the JSON is nested too deeply") from None


def _cells(notebook: object) -> list[object]:
    """All cells of a notebook of format 4, or of all worksheets of format 3."""
    if not isinstance(notebook, dict):
        raise ValueError("line 1: not a notebook: expected a JSON object")
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        sheets = notebook.get("worksheets")
        if not isinstance(sheets, list):
            raise ValueError('line 1: not a notebook: it has no list of "cells"')
        cells = [cell for sheet in sheets if isinstance(sheet, dict) for cell in _listed(sheet.get("cells"))]
    if len(cells) > LIMIT_CELLS:
        raise ValueError(f"the notebook has {len(cells):,} cells; at most {LIMIT_CELLS:,} are read")
    return cells


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _code_cells(cells: list[object]) -> Iterator[Cell]:
    for number, cell in enumerate(cells, 1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = _text(cell.get("source", cell.get("input", "")))
        written_file, plain = _plain(source)
        yield Cell(number, plain, written_file, _outputs(cell), source)


def _text(value: object) -> str:
    """A multi-line value of the format: one string, or a list of lines."""
    if isinstance(value, str):
        return value
    return "".join(part for part in _listed(value) if isinstance(part, str))


# --- magics -------------------------------------------------------------------------------------------------

_LINE_END = re.compile(r"\r\n|\r|\n")  # where Python ends a line; str.splitlines knows more
_CELL_MAGIC = re.compile(r"%%(\w*)[ \t]*(.*)")
_KEEPS_BODY = frozenset({"time", "timeit", "capture", "prun", "memit", "memory"})
_LINE_MAGIC = re.compile(
    r"""(?: [!%?]                                                # !pip install, %matplotlib inline, ?print
      | [\w.*]+ \?{1,2} \s* $                                   # Net?
      | (?:pip3?|conda)\ +(?:install|uninstall|list|show)\b      # magics that need no sign
      | (?:cd|ls|mkdir)\ +[\w./~-]+ \s* $
    )""",
    re.VERBOSE,
)
_TIMED = re.compile(r"(?:%time\s+)+")
_TARGET = re.compile(r"[\w., ()*\[\]'\"]+")
_TOKEN = re.compile(
    r"""'{3}|"{3}|'(?:\\.|[^'\\])*'?|"(?:\\.|[^"\\])*"?|\#.*|[()\[\]{}]""",
)


def _plain(source: str) -> tuple[str, str]:
    """(file that the cell writes, Python source) of one cell, with the line numbers of the cell."""
    lines = _LINE_END.split(source)
    for index, line in enumerate(lines):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        magic = _CELL_MAGIC.fullmatch(stripped)
        if not magic:
            break
        if magic[1] in ("writefile", "file"):
            path = _written_path(magic[2])
            body = "\n".join([*[""] * (index + 1), *lines[index + 1 :]])
            return path, body if path.endswith(".py") else ""
        if magic[1] not in _KEEPS_BODY:
            return "", ""
        lines[index] = "pass"
    return "", python_source("\n".join(lines))


def _written_path(arguments: str) -> str:
    """The path that `%%writefile` names, made relative and unable to climb."""
    names = [word for word in arguments.split() if not word.startswith("-")]
    path = names[0].strip("'\"").replace("\\", "/") if names else ""
    return "/".join(part for part in PurePosixPath(path).parts if part not in ("/", "..", ".", "~"))


def python_source(source: str) -> str:
    """Replace what only IPython understands by `pass`; indentation and line numbers stay.

    A line is looked at only where a statement can begin: a `%` that goes on an open bracket, a string or a
    backslash is Python's own. The statement behind `%time` is kept.
    """
    plain: list[str] = []
    inside = _Inside()
    in_magic = False
    for line in _LINE_END.split(source):
        if in_magic:
            plain.append("")
        else:
            python = _without_magic(line) if inside.statement_begins() else line
            plain.append(line[: len(line) - len(line.lstrip())] + "pass" if python is None else python)
            in_magic = python is None
            inside.read(plain[-1])
        in_magic = in_magic and line.rstrip().endswith("\\")
    return "\n".join(plain)


def _without_magic(line: str) -> str | None:
    """The line as plain Python, or None where nothing of it is."""
    indentation = line[: len(line) - len(line.lstrip())]
    target = _assigned_target(line)
    call = line[len(target) :].lstrip("= \t") if target else line.lstrip()
    timed = _TIMED.match(call)
    if timed:
        statement = call[timed.end() :]
        if not statement or _LINE_MAGIC.match(statement) or _assigned_target(statement):
            return None
        return f"{target}= {statement}" if target else indentation + statement
    return None if target or _LINE_MAGIC.match(call) else line


def _assigned_target(line: str) -> str:
    """What stands left of `= !command` or `= %magic`; "" where the line is no such assignment."""
    target, equals, value = line.partition("=")
    is_magic = bool(equals) and value.lstrip().startswith(("!", "%")) and bool(_TARGET.fullmatch(target))
    return target if is_magic else ""


class _Inside:
    """What a line of Python leaves open: brackets, a triple-quoted string, a backslash."""

    def __init__(self) -> None:
        self._depth = 0
        self._quote = ""
        self._continued = False

    def statement_begins(self) -> bool:
        return not (self._depth or self._quote or self._continued)

    def read(self, line: str) -> None:
        position = 0
        if self._quote:
            end = _closing(line, self._quote, 0)
            if end < 0:
                return
            position, self._quote = end, ""
        while token := _TOKEN.search(line, position):
            position = token.end()
            if token[0] in ("'''", '"""'):
                end = _closing(line, token[0], position)
                if end < 0:
                    self._quote = token[0]
                    return
                position = end
            elif token[0] in "([{":
                self._depth += 1
            elif token[0] in ")]}":
                self._depth = max(0, self._depth - 1)
        self._continued = line.endswith("\\")


_CLOSING = {quote: re.compile(r"(?:\\.|[^\\])*?" + quote) for quote in ("'''", '"""')}


def _closing(line: str, quote: str, start: int) -> int:
    """The index behind the next unescaped `quote`, -1 where the line has none."""
    found = _CLOSING[quote].match(line, start)
    return found.end() if found else -1


# --- saved outputs ------------------------------------------------------------------------------------------

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)")
_PROGRESS = re.compile(r"\d%\|")


def _outputs(cell: dict[str, object]) -> tuple[str, ...]:
    texts = [_output_text(output) for output in _listed(cell.get("outputs"))]
    kept: list[str] = []
    room = LIMIT_OUTPUT
    for text in texts:
        if text and room > 0:
            kept.append(_cut(_shown(text), room))
            room -= len(kept[-1])
    return tuple(kept)


def _output_text(output: object) -> str:
    """The plain text of one output of either format; "" for pictures, HTML and tracebacks."""
    if not isinstance(output, dict) or output.get("output_type") in ("error", "pyerr"):
        return ""
    data = output.get("data")
    if isinstance(data, dict):
        return _text(data.get("text/plain", ""))
    return _text(output.get("text", ""))


def _shown(text: str) -> str:
    """Without colours, and of each redrawn progress bar only what was drawn last."""
    lines = _ESCAPE.sub("", text).split("\n")
    return "\n".join(_redrawn(line) if "\r" in line else line for line in lines)


def _redrawn(line: str) -> str:
    drawn = [part for part in line.split("\r") if part.strip()]
    return "\n".join(part for part in drawn if part is drawn[-1] or not _PROGRESS.search(part))


def _cut(text: str, limit: int) -> str:
    """The first and the last part of a text that is too long: a log's last epochs stand at its end."""
    if len(text) <= limit:
        return text
    return f"{text[: limit // 2]}\n[...]\n{text[-(limit // 2) :]}"

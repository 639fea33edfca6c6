"""Execute statement by statement: what fails is noted, and the rest goes on.

Saved notebooks are seldom whole: the order of the cells is not the order in which they were run, and a name may
be defined further down, in another file or nowhere.
"""

from __future__ import annotations

import ast
import linecache
import warnings
from collections.abc import Callable
from typing import Any

from grader.worker.capture.names import WELL_KNOWN, Definitions
from grader.worker.capture.places import is_own

MAX_REPAIRS = 12
MAX_BAD_LINES = 12
MAX_DEPTH = 6


Note = Callable[[str], None]
Mark = Callable[[], Callable[[], None]]
"""Called before a statement; what it gives is called where the statement fails and is tried once more."""


class Runner:
    """Runs pieces of source in namespaces."""

    def __init__(self, definitions: Definitions, note: Note, mark: Mark = lambda: lambda: None) -> None:
        self._definitions = definitions
        self._note = note
        self._mark = mark
        self._depth = 0
        self.guarded = False
        """Whether a missing module has to raise: the student's own fall-back is to be tried first."""

    def run(self, source: str, space: dict[str, Any], filename: str) -> None:
        """All statements. Raises only what ends the unit: SystemExit and OutOfTime."""
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        for statement in self._parsed(source, filename):
            self.statement(statement, space, filename)

    def _parsed(self, source: str, filename: str) -> list[ast.stmt]:
        """The statements; a line that does not parse is left out, so that the others still count."""
        lines = source.split("\n")
        for _ in range(MAX_BAD_LINES):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    return ast.parse("\n".join(lines), filename).body
            except SyntaxError as error:
                number = min(max(error.lineno or 1, 1), len(lines)) - 1
                while number and not lines[number].strip():
                    number -= 1
                self._note(f"{filename}, line {number + 1} cannot be parsed and was left out: {error.msg}.")
                bad = lines[number]
                indentation = bad[: len(bad) - len(bad.lstrip())]
                lines[number] = "" if bad.strip() == "pass" or "indent" in error.msg else f"{indentation}pass"
            except (ValueError, RecursionError, MemoryError) as error:
                self._note(f"{filename} cannot be parsed: {type(error).__name__}.")
                return []
        self._note(f"{filename} cannot be parsed.")
        return []

    # --- one statement --------------------------------------------------------------------------------------

    def statement(self, statement: ast.stmt, space: dict[str, Any], filename: str) -> None:
        """Execute; repair and try again where a name or an import is missing; note what cannot be repaired."""
        self._define_ahead(statement, space)
        tried: set[tuple[str, int]] = set()
        forget = self._mark()
        for _ in range(MAX_REPAIRS):
            try:
                self._execute(statement, space, filename)
                return
            except NameError as error:
                name, wanting = error.name or "", _space_of(error, space)
                if not name or (name, id(wanting)) in tried or not self._define(name, wanting):
                    self._failed(error, filename)
                    return
                tried.add((name, id(wanting)))
                forget()
            except ImportError as error:
                self._one_by_one(statement, space, filename, error)
                return
            except Exception as error:
                self._failed(error, filename)
                return

    def _define_ahead(self, statement: ast.stmt, space: dict[str, Any]) -> None:
        """What a loop or a call names and no cell has defined yet: better before it runs than in its midst."""
        if not isinstance(statement, ast.For | ast.While | ast.With | ast.Expr | ast.Assign):
            return
        names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
        bound = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
        bound |= {node.arg for node in ast.walk(statement) if isinstance(node, ast.arg)}
        for name in dict.fromkeys(node.id for node in names):
            if name not in bound and name not in space and name not in space["__builtins__"]:
                self._define(name, space)

    def _execute(self, statement: ast.stmt, space: dict[str, Any], filename: str) -> None:
        code = compile(ast.Module([statement], []), filename, "exec", 0, dont_inherit=True)
        if not _catches_imports(statement):
            exec(code, space)
            return
        before, self.guarded = self.guarded, True
        try:
            exec(code, space)
        except ImportError:
            self.guarded = False
            exec(code, space)
        finally:
            self.guarded = before

    def _one_by_one(
        self, statement: ast.stmt, space: dict[str, Any], filename: str, error: ImportError
    ) -> None:
        """`from a import b, c`: each name by itself, the missing ones looked for in the whole submission."""
        if not isinstance(statement, ast.Import | ast.ImportFrom):
            self._failed(error, filename)
            return
        for alias in statement.names:
            single: ast.stmt = (
                ast.Import([alias])
                if isinstance(statement, ast.Import)
                else ast.ImportFrom(statement.module, [alias], statement.level)
            )
            self._import_one(ast.copy_location(single, statement), alias, space, filename)

    def _import_one(self, single: ast.stmt, alias: ast.alias, space: dict[str, Any], filename: str) -> None:
        try:
            self._execute(single, space, filename)
        except Exception as error:
            if isinstance(single, ast.ImportFrom) and single.level and single.module:
                # A script that is run by itself has no package: its relative imports mean its own folder.
                single.level = 0
                self._import_one(single, alias, space, filename)
            elif not self._define(alias.asname or alias.name, space, made_here=True):
                self._failed(error, filename)

    def _define(self, name: str, space: dict[str, Any], *, made_here: bool = False) -> bool:
        """Give the namespace a definition of this name, from anywhere in the submission or by what it always is."""
        if self._depth >= MAX_DEPTH:
            return False
        self._depth += 1
        try:
            for found in self._definitions.of(name, made_here=made_here):
                linecache.cache.setdefault(
                    found.filename,
                    (len(found.source), None, found.source.splitlines(keepends=True), found.filename),
                )
                self.statement(found.statement, space, found.filename)
                if name in space:
                    self._note(f"The name {name} is taken from {found.filename}.")
                    return True
            if name in WELL_KNOWN:
                exec(compile(WELL_KNOWN[name], "<well known>", "exec"), space)
                self._note(f"The name {name} is defined nowhere: it was given its usual meaning.")
                return True
            return False
        except Exception:
            return False
        finally:
            self._depth -= 1

    def find(self, name: str, space: dict[str, Any]) -> Any:
        """The value that a definition of this name in the submission gives, None where there is none."""
        if not self._definitions.of(name, made_here=True):
            return None
        return space.get(name) if self._define(name, space, made_here=True) else None

    def _failed(self, error: BaseException, filename: str) -> None:
        try:
            text = str(error)[:160]
        except Exception:
            text = ""
        self._note(f"{_place_of(error) or filename}: {type(error).__name__}: {text}")


def _catches_imports(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Try):
        return False
    imports = any(
        isinstance(node, ast.Import | ast.ImportFrom) for one in statement.body for node in ast.walk(one)
    )
    return imports and bool(statement.handlers)


def _frames(error: BaseException) -> list[Any]:
    found, trace = [], error.__traceback__
    while trace is not None:
        found.append(trace)
        trace = trace.tb_next
    return found


def _space_of(error: BaseException, fallback: dict[str, Any]) -> dict[str, Any]:
    """The namespace in which the name is missing: that of the function that asked for it."""
    frames = [one for one in _frames(error) if is_own(one.tb_frame.f_code.co_filename)]
    space: dict[str, Any] = frames[-1].tb_frame.f_globals if frames else fallback
    return space


def _place_of(error: BaseException) -> str:
    frames = [one for one in _frames(error) if is_own(one.tb_frame.f_code.co_filename)]
    return f"{frames[-1].tb_frame.f_code.co_filename}:{frames[-1].tb_lineno}" if frames else ""

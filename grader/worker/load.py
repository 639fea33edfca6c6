"""Load a student's model class without running the student's script.

Every module of the submission, and every notebook, is loaded by its definitions (`grader.worker.definitions`).
Modules are found by path below the submission, never through `sys.path`; one that is missing becomes a stub.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import importlib
import importlib.util
import linecache
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import FunctionType, ModuleType
from typing import Any

from grader.reading.notebook import code_cells
from grader.worker.definitions import definitions, is_plain, names_bound
from grader.worker.stubs import Stub, StubModule

MAX_SOURCE_BYTES = 20 * 1024 * 1024
MAX_REPAIRS = 50


class CannotLoad(Exception):
    """The file cannot be loaded at all; the message is a sentence for the student."""


@dataclass
class Namespace:
    """One loaded module: its globals, and the assignments that were kept aside."""

    module: ModuleType
    folder: PurePosixPath
    aside: dict[str, tuple[ast.stmt, str]] = field(default_factory=dict)
    failed: dict[str, BaseException] = field(default_factory=dict)


class Submission:
    """The submission's modules, loaded by their definitions and kept by path."""

    def __init__(self, root: str) -> None:
        self.root = Path(root)
        self.notes: list[str] = []
        self._loaded: dict[str, Namespace] = {}
        self._written: dict[str, str] = {}
        self._protected = frozenset(sys.modules) | sys.stdlib_module_names

    # --- the way in -------------------------------------------------------------------------------------------

    def model_class(self, file: str, cell: int, name: str) -> tuple[Namespace, Callable[..., Any]]:
        """The class `name` of a file, or of a notebook's cell (counted from 1); or the function that builds a model.

        Raises:
            CannotLoad: the file cannot be parsed, or defines no such class or function.
            BaseException: whatever the definition of the class itself raises.
        """
        space = self._notebook(file, cell) if cell else self._file(file)
        found = space.module.__dict__.get(name)
        if isinstance(found, type | FunctionType):
            return space, found
        if name in space.failed:
            raise space.failed[name]
        raise CannotLoad(
            f"{file} defines no class or function {name} that can be loaded by its definitions alone."
        )

    def repair(self, space: Namespace, action: Callable[[], Any]) -> Any:
        """Do `action`; where a name is missing that an assignment kept aside defines, run that and try again."""
        for _ in range(MAX_REPAIRS):
            try:
                return action()
            except NameError as error:
                owner = self._owner_of(error.name or "", space)
                if owner is None:
                    raise
                self._run_aside(owner, error.name or "")
        return action()

    def _owner_of(self, name: str, space: Namespace) -> Namespace | None:
        """The loaded module that kept this name aside: the asking one first."""
        for candidate in (space, *self._loaded.values()):
            if name in candidate.aside and name not in candidate.module.__dict__:
                return candidate
        return None

    def _run_aside(self, space: Namespace, name: str) -> None:
        statement, filename = space.aside.pop(name)
        self.repair(space, lambda: self._execute(statement, space, filename))

    # --- files and cells --------------------------------------------------------------------------------------

    def _source(self, file: str) -> str:
        if file in self._written:
            return self._written[file]
        path = self.root / file
        if not path.is_file() or path.stat().st_size > MAX_SOURCE_BYTES:
            raise CannotLoad(f"{file} is not there, or is too large to be source code.")
        return path.read_bytes().decode("utf-8-sig", "replace")  # Windows editors begin a file with a mark

    def _file(self, file: str, name: str = "") -> Namespace:
        if file in self._loaded:
            return self._loaded[file]
        space = self._namespace(file, name or _module_name(file))
        source = self._source(file)
        try:
            tree = ast.parse(source, file)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise CannotLoad(f"{file} cannot be parsed: {_short(error)}.") from error
        _remember_lines(file, source)
        self._define(tree.body, space, file)
        return space

    def _notebook(self, file: str, wanted: int) -> Namespace:
        """All cells' definitions: up to the wanted cell in order, later ones only for names not yet there."""
        key = f"{file}#{wanted}"
        if key in self._loaded:
            return self._loaded[key]
        space = self._namespace(key, "notebook")
        try:
            cells = code_cells(self._source(file))
        except ValueError as error:
            raise CannotLoad(f"{file} cannot be read as a notebook: {_short(error)}.") from error
        for cell in cells:
            if cell.written_file:
                self._written.setdefault(cell.written_file, cell.source)
        for cell in cells:
            filename = f"{file}, cell {cell.number}"
            try:
                tree = ast.parse(cell.source, filename)
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                if cell.number == wanted:
                    raise CannotLoad(f"{filename} cannot be parsed: {_short(error)}.") from error
                continue
            _remember_lines(filename, cell.source)
            self._define(tree.body, space, filename, only_new=cell.number > wanted)
        return space

    def _namespace(self, key: str, name: str) -> Namespace:
        module = ModuleType(name)
        folder = PurePosixPath(key.partition("#")[0]).parent
        module.__file__ = str(self.root / key.partition("#")[0])
        module.__dict__["__builtins__"] = builtins
        space = Namespace(module, folder)
        self._loaded[key] = space
        sys.modules.setdefault(name, module)
        return space

    # --- statements -------------------------------------------------------------------------------------------

    def _define(
        self, body: list[ast.stmt], space: Namespace, filename: str, *, only_new: bool = False
    ) -> None:
        for statement in definitions(body):
            names = _names_of(statement)
            if only_new and names and all(name in space.module.__dict__ for name in names):
                continue
            if isinstance(statement, ast.Assign | ast.AnnAssign) and not _runs_at_once(statement):
                space.aside.update(dict.fromkeys(names_bound(statement), (statement, filename)))
                continue
            self._define_one(statement, space, filename)

    def _define_one(self, statement: ast.stmt, space: Namespace, filename: str) -> None:
        """One definition. What it raises is kept: it matters only if the model turns out to need it."""
        try:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                self._import(statement, space)
            else:
                self.repair(space, lambda: self._execute(statement, space, filename))
        except CannotLoad:
            raise
        except (Exception, SystemExit) as error:
            space.failed.update(dict.fromkeys(_names_of(statement), error))

    def _execute(self, statement: ast.stmt, space: Namespace, filename: str) -> None:
        if isinstance(statement, ast.Try):
            self._try_imports(statement, space, filename)
            return
        # Annotations stay text, as with `from __future__ import annotations`: they need no name to exist.
        flags = __future__.annotations.compiler_flag
        code = compile(ast.Module([statement], []), filename, "exec", flags, dont_inherit=True)
        exec(code, space.module.__dict__)

    def _try_imports(self, statement: ast.Try, space: Namespace, filename: str) -> None:
        """`try: import a / except ImportError: import b`: a stub must not hide the student's own fall-back."""
        try:
            for inner in statement.body:
                self._import(inner, space, stub=False)  # type: ignore[arg-type]
        except ImportError:
            for handler in statement.handlers:
                self._define(handler.body, space, filename)
                return

    # --- imports ----------------------------------------------------------------------------------------------

    def _import(self, statement: ast.Import | ast.ImportFrom, space: Namespace, *, stub: bool = True) -> None:
        names = space.module.__dict__
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                module = self._module(alias.name, space, stub=stub)
                top = alias.name.partition(".")[0]
                names[alias.asname or top] = module if alias.asname else sys.modules.get(top, module)
            return
        module = self._from(statement, space, stub=stub)
        for alias in statement.names:
            if alias.name == "*":
                public = [name for name in vars(module) if not name.startswith("_")]
                names.update(
                    {
                        name: vars(module)[name]
                        for name in getattr(module, "__all__", public)
                        if name in vars(module)
                    }
                )
            else:
                names[alias.asname or alias.name] = self._attribute(module, alias.name, space)

    def _from(self, statement: ast.ImportFrom, space: Namespace, *, stub: bool) -> ModuleType:
        dotted = statement.module or ""
        if not statement.level:
            return self._module(dotted, space, stub=stub)
        folder = space.folder
        for _ in range(statement.level - 1):
            folder = folder.parent
        found = self._local(dotted, (folder,)) if dotted else self._package(folder)
        if found is None and stub:
            return self._stub("." * statement.level + dotted)
        if found is None:
            raise ImportError(dotted)
        return found

    def _attribute(self, module: ModuleType, name: str, space: Namespace) -> Any:
        try:
            return self.repair(space, lambda: _get(module, name))
        except AttributeError:
            owner = next((s for s in self._loaded.values() if s.module is module), None)
            if owner and name in owner.failed:
                raise owner.failed[name] from None
            if owner and name in owner.aside:
                self._run_aside(owner, name)
                return getattr(module, name)
            inner = (
                self._module(f"{module.__name__}.{name}", space, stub=False)
                if hasattr(module, "__path__")
                else None
            )
            if inner is not None:
                return inner
            self.notes.append(f"{module.__name__} has no {name} here: a stand-in took its place.")
            return Stub(f"{module.__name__}.{name}")

    def _module(self, dotted: str, space: Namespace, *, stub: bool) -> ModuleType:
        """The module of this name: a library that is already in use, the submission's own, another library."""
        top = dotted.partition(".")[0]
        if top not in self._protected:
            local = self._local(dotted, tuple(_upwards(space.folder)))
            if local is not None:
                return local
        try:
            return importlib.import_module(dotted)
        except ImportError:
            if not stub:
                raise
            return self._stub(dotted)

    def _local(self, dotted: str, folders: tuple[PurePosixPath, ...]) -> ModuleType | None:
        parts = dotted.split(".")
        for folder in folders:
            for depth in range(1, len(parts) + 1):
                place = folder.joinpath(*parts[:depth])
                found = self._at(place, ".".join(parts[:depth]))
                if found is None:
                    break
                sys.modules.setdefault(".".join(parts[:depth]), found)
                if depth == len(parts):
                    return found
        return None

    def _at(self, place: PurePosixPath, name: str) -> ModuleType | None:
        file = str(place.with_suffix(".py")) if place.suffix == "" else f"{place}.py"
        if file in self._written or (self.root / file).is_file():
            return self._file(file, name).module
        if (self.root / place / "__init__.py").is_file():
            module = self._file(str(place / "__init__.py"), name).module
            self._loaded[str(place / "__init__.py")].folder = place
            module.__path__ = [str(self.root / place)]
            return module
        return self._package(place) if (self.root / place).is_dir() else None

    def _package(self, folder: PurePosixPath) -> ModuleType:
        module = ModuleType(folder.name or "submission")
        module.__path__ = [str(self.root / folder)]
        return module

    def _stub(self, dotted: str) -> ModuleType:
        note = (
            f"The module {dotted} is not installed here and not in the submission: a stand-in took its place."
        )
        if note not in self.notes:
            self.notes.append(note)
        return StubModule(dotted)


def member(space: Namespace, dotted: str) -> Any:
    """What `Norm.BATCH` stands for in a loaded module. Raises NameError or AttributeError where it is not there."""
    first, *rest = dotted.split(".")
    if first not in space.module.__dict__:
        raise NameError(f"name {first!r} is not defined", name=first)
    found = space.module.__dict__[first]
    for name in rest:
        found = getattr(found, name)
    return found


def _get(module: ModuleType, name: str) -> Any:
    return getattr(module, name)


def _upwards(folder: PurePosixPath) -> Iterator[PurePosixPath]:
    yield folder
    yield from folder.parents


def _module_name(file: str) -> str:
    return PurePosixPath(file).with_suffix("").as_posix().replace("/", ".")


def _runs_at_once(statement: ast.Assign | ast.AnnAssign) -> bool:
    return statement.value is not None and is_plain(statement.value)


def _names_of(statement: ast.stmt) -> tuple[str, ...]:
    if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return (statement.name,)
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        return names_bound(statement)
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return tuple(alias.asname or alias.name for alias in statement.names)
    return ()


def _remember_lines(filename: str, source: str) -> None:
    """Lets tracebacks quote the student's own line."""
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)


def _short(error: BaseException) -> str:
    line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{text or type(error).__name__}{line}"

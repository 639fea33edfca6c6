"""Imports of the student's code: their own files by path, stand-ins for what is not installed.

Own modules run statement by statement too, and a notebook can be imported as a module. Nothing in the submission
takes the place of a module that is already in use, nor of one that a library asks for.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from grader.worker.capture import albumen, hub_data, loops
from grader.worker.capture.files import WorkingCopy
from grader.worker.capture.places import asked_by_student
from grader.worker.capture.quiet import QuietModule
from grader.worker.capture.sources import pieces
from grader.worker.capture.statements import Runner

_QUIET = frozenset(
    {
        *("matplotlib", "seaborn", "plotly", "torchsummary", "torchinfo", "torchviz", "wandb", "tensorboard"),
        *(
            "IPython",
            "google",
            "gradio",
            "visdom",
            "mlflow",
            "neptune",
            "pytorch_grad_cam",
            "netron",
            "graphviz",
        ),
        *(
            "streamlit",
            "kaggle",
            "gdown",
            "opendatasets",
            "ipywidgets",
            "import_ipynb",
            "nbimporter",
            "requests",
        ),
    }
)
"""Packages that a training does not need, replaced even where they are installed."""

Prepare = Callable[[dict[str, Any]], None]


class Modules:
    """Finds modules for the import system: the student's own first, stand-ins, and at the end quiet ones."""

    def __init__(
        self,
        copy: WorkingCopy,
        runner: Runner,
        prepare: Prepare,
        *,
        libraries: dict[str, Callable[[str], ModuleType]],
        imported: Callable[[str], None],
        importing: Callable[[int], None],
        note: Callable[[str], None],
    ) -> None:
        self._copy, self._runner, self._prepare = copy, runner, prepare
        self._imported, self._importing, self._note = imported, importing, note
        self._libraries = {
            "albumentations": albumen.module,
            "datasets": hub_data.module,
            "tqdm": _bars(prepare),
            "fastprogress": _bars(prepare),
            **libraries,
        }
        self._protected = {name.partition(".")[0] for name in sys.modules}
        self._protected -= {*_QUIET, *self._libraries}
        self._anywhere: dict[str, Path] | None = None

    def install(self) -> None:
        for name in [key for key in sys.modules if key.partition(".")[0] in _QUIET | set(self._libraries)]:
            del sys.modules[name]
        sys.meta_path.insert(0, _First(self))
        sys.meta_path.append(_Last(self))

    # --- what the two finders ask ---------------------------------------------------------------------------

    def first(self, name: str, path: Sequence[str] | None) -> Any:
        top = name.partition(".")[0]
        if name == "torch.utils.tensorboard":
            return self._spec(name, lambda: QuietModule(name))
        if top in self._protected:
            return self._watched(name, path)
        found = self._local(name, path) if asked_by_student() else None
        if found is not None:
            return found
        if top in self._libraries and not self._is_own(top):
            return self._spec(name, lambda: self._libraries[top](name))
        if top in _QUIET and not self._is_own(top):
            return self._spec(name, lambda: QuietModule(name))
        return None

    def last(self, name: str) -> Any:
        """Nobody has it: a module of that name anywhere in the submission, else a quiet one."""
        if self._runner.guarded or not asked_by_student():
            return None
        place = self._by_name(name)
        if place is not None:
            self._note(
                f"The module {name} is not where it is imported from: {self._copy.relative(place)} was taken."
            )
            return self._own_spec(name, place)
        self._note(
            f"The module {name} is not installed here and not in the submission: a stand-in took its place."
        )
        return self._spec(
            name, lambda: QuietModule(name, lambda wanted: self._runner.find(wanted, self._fresh()))
        )

    # --- the student's own ----------------------------------------------------------------------------------

    def _local(self, name: str, path: Sequence[str] | None) -> Any:
        last = name.rpartition(".")[2]
        for folder in self._folders() if path is None else [Path(one) for one in path]:
            place = self._at(folder, last)
            if place is not None:
                return self._own_spec(name, place)
        return None

    def _folders(self) -> list[Path]:
        """Where a plain import looks: here, what `sys.path` names, the unit's folder and all above it."""
        named = [Path(self._copy.path(entry) or ".") for entry in sys.path if isinstance(entry, str)]
        named = [Path(os.path.normpath(place.absolute())) for place in named]
        inside = [place for place in named if place.is_relative_to(self._copy.root)]
        start = self._copy.start
        above = [start, *[place for place in start.parents if place.is_relative_to(self._copy.root)]]
        here = Path.cwd()
        return list(
            dict.fromkeys([*([here] if here.is_relative_to(self._copy.root) else []), *inside, *above])
        )

    def _at(self, folder: Path, name: str) -> Path | None:
        for place in (folder / f"{name}.py", folder / name / "__init__.py"):
            if place.is_file():
                return place
        if (folder / name).is_dir() and folder.is_relative_to(self._copy.root) and _holds_code(folder / name):
            return folder / name
        notebook = folder / f"{name}.ipynb"
        return notebook if notebook.is_file() else None

    def _is_own(self, top: str) -> bool:
        known = sys.modules.get(top)
        return isinstance(getattr(known, "__loader__", None), _Loader)

    def _by_name(self, name: str) -> Path | None:
        if self._anywhere is None:
            self._anywhere = {}
            for file in self._copy.python_files():
                place = self._copy.root / file
                dotted = Path(file).with_suffix("").as_posix().replace("/", ".")
                for key in {dotted, place.stem, f"{place.parent.name}.{place.stem}"}:
                    self._anywhere.setdefault(key, place)
                if place.parent != self._copy.root:
                    self._anywhere.setdefault(place.parent.name, place.parent)
        return self._anywhere.get(name)

    def _own_spec(self, name: str, place: Path) -> Any:
        package = place.is_dir() or place.name == "__init__.py"
        loader: Any = _Loader(self, place)
        spec = importlib.machinery.ModuleSpec(name, loader, origin=str(place), is_package=package)
        if package:
            spec.submodule_search_locations = [str(place if place.is_dir() else place.parent)]
        spec.has_location = place.is_file()
        return spec

    def execute(self, module: ModuleType, place: Path) -> None:
        if place.is_dir():
            return
        self._prepare(module.__dict__)
        self._importing(1)
        try:
            for piece in pieces(place, self._copy.relative(place)):
                self._runner.run(piece.source, module.__dict__, piece.filename)
        except SystemExit:
            self._note(f"{self._copy.relative(place)} ends the program while it is imported.")
        finally:
            self._importing(-1)

    def _fresh(self) -> dict[str, Any]:
        space: dict[str, Any] = {"__name__": "found"}
        self._prepare(space)
        return space

    # --- libraries ------------------------------------------------------------------------------------------

    def _watched(self, name: str, path: Sequence[str] | None) -> Any:
        """A part of a library in use: found as ever, and looked at once it is there."""
        if not name.startswith("torchvision.transforms.v2"):
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            original, imported = spec.loader.exec_module, self._imported

            def execute(module: ModuleType) -> None:
                original(module)
                imported(name)

            spec.loader.exec_module = execute  # type: ignore[method-assign]
        return spec

    @staticmethod
    def _spec(name: str, make: Callable[[], ModuleType]) -> Any:
        loader: Any = _Made(make)
        return importlib.util.spec_from_loader(name, loader, is_package=True)


def _holds_code(folder: Path) -> bool:
    return any(True for _ in folder.glob("*.py")) or any(True for _ in folder.glob("*/*.py"))


def _bars(prepare: Prepare) -> Callable[[str], ModuleType]:
    def module(name: str) -> ModuleType:
        made = ModuleType(name)
        space: dict[str, Any] = {}
        prepare(space)
        counted = space["__builtins__"]["range"]
        made.__dict__.update(
            __path__=[], tqdm=loops.Bar, tqdm_notebook=loops.Bar, master_bar=loops.Bar,
            trange=lambda *bounds, **_: loops.Bar(counted(*bounds)),
            progress_bar=loops.Bar,
        )  # fmt: skip
        return made

    return module


class _First:
    def __init__(self, modules: Modules) -> None:
        self._modules = modules

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> Any:
        del target
        return self._modules.first(name, path)


class _Last:
    def __init__(self, modules: Modules) -> None:
        self._modules = modules

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> Any:
        del path, target
        return self._modules.last(name)


class _Loader:
    def __init__(self, modules: Modules, place: Path) -> None:
        self._modules, self._place = modules, place

    def create_module(self, spec: Any) -> None:
        del spec

    def exec_module(self, module: ModuleType) -> None:
        self._modules.execute(module, self._place)


class _Made:
    """Gives a module that is made at once."""

    def __init__(self, make: Callable[[], ModuleType]) -> None:
        self._make = make

    def create_module(self, spec: Any) -> ModuleType:
        del spec
        return self._make()

    def exec_module(self, module: ModuleType) -> None:
        del module

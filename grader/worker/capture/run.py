"""Run one unit, a notebook or a script, with all stand-ins in place, and say what was seen."""

from __future__ import annotations

import builtins
import contextlib
import gc
import importlib
import os
import re
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any

from grader.isolation.frames import Message
from grader.worker.capture import (
    accelerator,
    data_sets,
    effects,
    loaders,
    models,
    optimizers,
    transforms,
    yaml_files,
)  # fmt: skip
from grader.worker.capture.account import Account
from grader.worker.capture.alarm import OutOfTime, alarm, end_now
from grader.worker.capture.commands import Commands
from grader.worker.capture.files import WorkingCopy, redirect
from grader.worker.capture.finder import FinderLibrary
from grader.worker.capture.modules import Modules
from grader.worker.capture.names import Definitions
from grader.worker.capture.quiet import Quiet
from grader.worker.capture.recorder import Recorder
from grader.worker.capture.sources import COMMAND, Piece, pieces, text_of
from grader.worker.capture.statements import Runner

_NEEDS_COMPILER = re.compile(r"\bv2\b|\btorch\.compiler\b|\b_dynamo\b|\butils\.checkpoint\b")
"""What student code uses that needs the compiler's package: the second version of torchvision's transforms, ..."""


def capture(submission: Path, request: Message) -> dict[str, Any]:
    """What the supervisor asked for: `unit`, `arguments`, `names` of the repository, `rate`, `cpu_seconds`."""
    arguments, names = request.header.get("arguments"), request.header.get("names")
    assert isinstance(arguments, list)
    assert isinstance(names, list)
    unit, rate = request.text("unit", 1000), request.number("rate", 1e-9, 1.0)
    running = Capture(submission, unit, [str(word) for word in arguments], tuple(map(str, names)), rate)
    return running.answer(request.number("cpu_seconds", 0.1, 600))


class Capture:
    """One unit in this process. The process is of no use for anything else afterwards."""

    def __init__(
        self, submission: Path, unit: str, arguments: list[str], names: tuple[str, ...], rate: float
    ) -> None:
        self._unit, self._arguments = unit, arguments
        self._recorder = Recorder()
        self._tail = effects.Tail(self._flooded)
        self._copy = WorkingCopy(
            submission, Path(tempfile.mkdtemp(prefix="work-")), str(PurePosixPath(unit).parent)
        )
        self._runner = Runner(Definitions(self._all_pieces()), self._note, self._mark)
        self._commands = Commands(self._copy, names, self._run_script, self._note)
        self._transforms = transforms.Transforms()
        self._builtins: dict[str, Any] = {}
        self._rate = rate
        self._finder = FinderLibrary(rate, self._note)

    def answer(self, cpu_seconds: float) -> dict[str, Any]:
        """Run the unit and account for it, in this much CPU time at the most."""
        start, cpu_start = time.monotonic(), time.process_time()
        self._install()
        ended = "finished"
        try:
            with alarm(cpu_seconds):
                try:
                    self._run_unit()
                except SystemExit as end:
                    ended = "it ended itself"
                    if isinstance(end.code, str):
                        self._note(f"{self._unit} ends itself: {end.code[:200]}")
        except OutOfTime:
            ended = "out of time"
        sessions: list[dict[str, Any]] = []
        unused: list[dict[str, Any]] = []
        try:
            with alarm(max(5.0, cpu_seconds / 6)):
                gc.collect()  # iterators that were left half-way end their passes now
                account = Account(self._recorder, self._transforms)
                sessions = account.sessions()
                unused = account.unused()
        except OutOfTime:
            ended = "out of time"
        os.chdir("/")
        shutil.rmtree(self._copy.root, ignore_errors=True)
        return {
            "sessions": sessions,
            "unused": unused,
            "steps": self._recorder.steps,
            "ended": ended,
            "notes": list(self._recorder.notes),
            "tail": self._without_root(self._tail.text()),
            "seconds": time.monotonic() - start,
            "cpu_seconds": time.process_time() - cpu_start,
        }

    def _note(self, text: str) -> None:
        self._recorder.note(self._without_root(text))

    def _flooded(self) -> None:
        self._note(f"{self._unit} printed more than {effects.LIMIT_PRINTED >> 20} MiB and was ended.")
        end_now()

    def _without_root(self, text: str) -> str:
        """Paths as the student knows them."""
        return text.replace(f"{self._copy.root}/", "")

    def _mark(self) -> Callable[[], None]:
        mark = self._recorder.mark()
        return lambda: self._recorder.rewind(mark)

    # --- stand-ins ------------------------------------------------------------------------------------------

    def _install(self) -> None:
        warnings.simplefilter("ignore")
        if any(_NEEDS_COMPILER.search(one.source) for one in self._all_pieces()):
            # A worker leaves torch's compiler out, and it cannot be brought in any more among stand-ins.
            importlib.import_module("torchvision.tv_tensors")
        effects.install(self._tail, self._commands)
        effects.tell_usage_errors(self._note)
        accelerator.install()
        imported = self._watch()
        redirect(self._copy)
        self._builtins.update(self._own_builtins())
        Modules(
            self._copy,
            self._runner,
            self._prepare,
            libraries=self._libraries(),
            imported=imported,
            importing=self._count_import,
            note=self._note,
        ).install()
        os.chdir(self._copy.start)

    def _watch(self) -> Callable[[str], None]:
        """Data, loaders, models and optimizers. Gives what is to be told of each module that is imported later."""
        from grader.worker.capture import albumen

        self._transforms.install()
        data_sets.install(self._note)
        loaders.install(self._recorder)
        models.watch(self._recorder, self._transforms.called)
        optimizers.watch(self._recorder)
        albumen.Transform.heard = staticmethod(self._transforms.called)
        return transforms.watch_second_version(self._transforms)

    def _libraries(self) -> dict[str, Callable[[str], ModuleType]]:
        """Stand-ins by the name under which they are imported."""
        finder = self._finder.module
        return {"torch_lr_finder": finder, "lr_finder": finder, **yaml_files.libraries()}

    def _count_import(self, change: int) -> None:
        self._recorder.importing += change

    def _own_builtins(self) -> dict[str, Any]:
        """Builtins for the student's namespaces alone: replacing them for all would break libraries."""

        def leave(code: Any = 0) -> None:
            raise SystemExit(code)

        shell = Quiet("IPython")
        return {
            **vars(builtins),
            "range": self._recorder.loops.range_type(),
            "input": lambda *_: "",
            "exit": leave,
            "quit": leave,
            "display": lambda *_, **__: None,
            "get_ipython": lambda: _Shell(shell, self._commands),
            COMMAND: self._commands,
        }

    def _prepare(self, space: dict[str, Any]) -> None:
        space["__builtins__"] = self._builtins

    # --- the unit -------------------------------------------------------------------------------------------

    def _run_unit(self) -> None:
        place = self._copy.root / self._unit
        if not text_of(place):
            self._note(f"{self._unit} is empty, too large, or cannot be read.")
        if not self._unit.endswith(".ipynb"):
            self._run_script(place, self._arguments)
            return
        space = self._main_space()
        sys.argv[:] = ["notebook"]
        for piece in pieces(place, self._unit):
            self._recorder.cell = piece.filename
            with contextlib.suppress(SystemExit):
                self._runner.run(piece.source, space, piece.filename)
        self._recorder.cell = ""

    def _run_script(self, place: Path, arguments: list[str]) -> None:
        """A file as `python file.py` runs it, also when a notebook does that."""
        space = self._main_space()
        space["__file__"] = str(place)
        folder = PurePosixPath(self._copy.relative(place)).parent
        space["__package__"] = ".".join(folder.parts) or None
        before = list(sys.argv)
        sys.argv[:] = [str(place), *arguments]
        try:
            for piece in pieces(place, self._copy.relative(place)):
                self._runner.run(piece.source, space, piece.filename)
        finally:
            sys.argv[:] = before

    def _main_space(self) -> dict[str, Any]:
        module = ModuleType("__main__")
        sys.modules["__main__"] = module
        self._prepare(module.__dict__)
        return module.__dict__

    def _all_pieces(self) -> Iterator[Piece]:
        """The unit's own pieces first, then the nearest files."""
        yield from pieces(self._copy.root / self._unit, self._unit)
        folder = PurePosixPath(self._unit).parent
        files = [file for file in self._copy.python_files() if file != self._unit]
        files.sort(key=lambda file: (PurePosixPath(file).parent != folder, file.endswith(".ipynb")))
        for file in files:
            yield from pieces(self._copy.root / file, file)


class _Shell:
    """What `get_ipython()` gives."""

    def __init__(self, quiet: Quiet, commands: Commands) -> None:
        self._quiet = quiet
        self.system = self.getoutput = lambda line="", *_: commands(str(line))
        self.run_line_magic = self.magic = lambda name="", line="", *_: commands(f"{name} {line}")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._quiet, name)

"""Which notebooks and scripts may hold the training, in the order in which to run them."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from grader.reading.notebook import LIMIT_CHARACTERS, code_cells
from grader.reading.pieces import is_skipped
from grader.reading.staged import staged_text
from grader.records import Absent, ModelFacts, Reading, Submission

MAX_FILES = 400
MAX_TOTAL_CHARACTERS = 40_000_000
LIMIT_SCRIPT_BYTES = 1_000_000

_OPTIMIZER = re.compile(
    r"\boptim\b|\b(?:SGD|Adam|AdamW|RMSprop|Adagrad|Adadelta|NAdam|RAdam)\s*\(|optimizer", re.IGNORECASE
)
_TRAINS = re.compile(r"\.backward\(|\.fit\(|\btrain\w*\(|[Tt]rainer\(")
_EPOCH_LOG = re.compile(r"\bepoch\b\D{0,12}\d|\bLoss\s*=|\d%\|", re.IGNORECASE)
_MAIN = re.compile(r"^if\s+__name__\s*==", re.MULTILINE)
_IMPORTED = re.compile(r"^\s{0,8}(?:from|import)\s+\.?([\w.]{1,200})", re.MULTILINE)
_COMMAND = re.compile(r"(?:python3?|%run|!python3?)\s+(?:-u\s+)?([\w./-]+\.py)([^\n`|&;<>]{0,300})")
_LIKELY_SCRIPT = ("train", "main", "run")


@dataclass(frozen=True)
class TrainingUnit:
    """A notebook or a script, and the arguments of its command line."""

    path: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Facts:
    path: str
    holds_model: bool
    optimizer: bool
    trains: bool
    logs: bool
    imports: frozenset[str] = (
        frozenset()
    )  # last names of the modules that a script imports which is run by itself

    @property
    def is_notebook(self) -> bool:
        return self.path.lower().endswith(".ipynb")


def training_units(
    root: Path, submission: Submission, reading: Reading, model: ModelFacts | Absent
) -> list[TrainingUnit]:
    """Notebooks that hold the model, an optimizer and logs first; then the others; then scripts.

    A script of which the README shows a command line is run with it before it is run without. Scripts that import
    their loop from another one go last, the latest by its name first: of several steps it is the final one.
    """
    found = _facts(root, submission, model)
    notebooks = [one for one in found if one.is_notebook and (one.optimizer or one.trains)]
    scripts = [one for one in found if not one.is_notebook and one.optimizer and one.trains]
    notebooks.sort(key=lambda one: _notebook_rank(one, model))
    scripts.sort(key=_script_rank)
    scripts += _with_the_loop_of(scripts, found)
    shown = _commands(reading)
    listed = [TrainingUnit(one.path) for one in notebooks]
    for one in scripts:
        name = PurePosixPath(one.path).name
        listed += [
            TrainingUnit(one.path, arguments) for file, arguments in shown if PurePosixPath(file).name == name
        ]
        listed.append(TrainingUnit(one.path))
    return list(dict.fromkeys(listed))


def _facts(root: Path, submission: Submission, model: ModelFacts | Absent) -> list[_Facts]:
    wanted = None if isinstance(model, Absent) else model.entrypoint
    name = re.compile(rf"\b{re.escape(wanted.class_name)}\b") if wanted else re.compile(r"(?!)")
    found: list[_Facts] = []
    room = MAX_TOTAL_CHARACTERS
    paths = [one.path for one in submission.files if not is_skipped(one.path)]
    for path in [path for path in paths if path.lower().endswith((".py", ".ipynb"))][:MAX_FILES]:
        source, outputs = _text(root, path)
        room -= len(source) + len(outputs)
        if room < 0:
            break
        found.append(
            _Facts(
                path,
                holds_model=bool(wanted and (wanted.file == path or name.search(source))),
                optimizer=bool(_OPTIMIZER.search(source)),
                trains=bool(_TRAINS.search(source)),
                logs=bool(_EPOCH_LOG.search(outputs)),
                imports=_imported(source),
            )
        )
    return found


def _imported(source: str) -> frozenset[str]:
    if not _MAIN.search(source):
        return frozenset()
    return frozenset(name.rpartition(".")[2] for name in _IMPORTED.findall(source)[:200])


def _with_the_loop_of(scripts: list[_Facts], found: list[_Facts]) -> list[_Facts]:
    """Scripts with the model that import their loop from one of `scripts`."""
    loops = {PurePosixPath(one.path).stem for one in scripts}
    fitting = [
        one
        for one in found
        if one not in scripts and not one.is_notebook and one.holds_model and one.imports & loops
    ]
    return sorted(fitting, key=lambda one: one.path, reverse=True)


def _text(root: Path, path: str) -> tuple[str, str]:
    """Source and saved outputs; both "" where the file cannot be read."""
    try:
        if not path.lower().endswith(".ipynb"):
            return staged_text(root, path, LIMIT_SCRIPT_BYTES), ""
        cells = code_cells(staged_text(root, path, LIMIT_CHARACTERS))
    except ValueError:
        return "", ""
    return "\n".join(cell.source for cell in cells), "\n".join(
        text for cell in cells for text in cell.outputs
    )


def _notebook_rank(one: _Facts, model: ModelFacts | Absent) -> tuple[bool, bool, bool, bool, str]:
    defines = not isinstance(model, Absent) and model.entrypoint.file == one.path
    return (
        not (one.holds_model and one.optimizer and one.logs),
        not defines,
        not one.holds_model,
        not one.logs,
        one.path,
    )


def _script_rank(one: _Facts) -> tuple[int, bool, int, str]:
    stem = PurePosixPath(one.path).stem.lower()
    likely = next((index for index, word in enumerate(_LIKELY_SCRIPT) if word in stem), len(_LIKELY_SCRIPT))
    return (likely, not one.holds_model, one.path.count("/"), one.path)


def _commands(reading: Reading) -> list[tuple[str, tuple[str, ...]]]:
    """Scripts and their arguments as the README shows them."""
    if isinstance(reading.readme, Absent):
        return []
    texts = [text for section in reading.readme.sections for text in (*section.code, *section.prose)]
    found: list[tuple[str, tuple[str, ...]]] = []
    for text in texts[:2000]:
        for match in _COMMAND.finditer(text[:20_000]):
            try:
                words = tuple(shlex.split(match[2], comments=True))[:40]
            except ValueError:
                continue
            if words:
                found.append((match[1], words))
    return found[:20]

"""Which files are the steps of the work: those with a Target / Result / Analysis block, and their siblings by name."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from grader.reading.pieces import is_skipped
from grader.records import Experiment, Reading, Submission
from grader.text import clean_path


@dataclass(frozen=True)
class StepFile:
    """A notebook or a script that is one step. A text that is missing is ""; `place` is where its block begins."""

    file: str
    place: str = ""
    target: str = ""
    result: str = ""
    analysis: str = ""
    models: tuple[str, ...] = ()  # classes that it defines or trains

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(name for name in ("target", "result", "analysis") if not getattr(self, name))


def step_files(reading: Reading, submission: Submission) -> tuple[StepFile, ...]:
    """The steps in the order of their names, `2_x` before `10_x`; () where no file has a block.

    A file whose name differs from a step's in digits alone is a step without its block.
    """
    own = [clean_path(file.path) for file in submission.files if _is_source(file.path)]
    texts = _by_file(reading.experiments)
    described = [path for path in own if path in texts]
    families = {_family(path) for path in described if re.search(r"\d", posixpath.basename(path))}
    found = [path for path in own if path in texts or _family(path) in families]
    return tuple(_step(path, texts.get(path, []), reading) for path in sorted(found, key=_natural))


def steps_in_readme(reading: Reading) -> tuple[Experiment, ...]:
    """The steps that the README describes."""
    return tuple(one for one in reading.experiments if not _is_source(file_of(one.place)))


def file_of(place: str) -> str:
    """The file of a place: `a.ipynb` of `a.ipynb, cell 3`."""
    return re.sub(r"(?:, cell \d+|:\d+)$", "", place)


def _is_source(path: str) -> bool:
    return path.lower().endswith((".ipynb", ".py")) and not is_skipped(path)


def _by_file(experiments: Iterable[Experiment]) -> dict[str, list[Experiment]]:
    found: dict[str, list[Experiment]] = defaultdict(list)
    for one in experiments:
        found[file_of(one.place)].append(one)
    return found


def _family(path: str) -> tuple[str, str]:
    folder, name = posixpath.split(path.lower())
    return folder, re.sub(r"\d+", "#", name)


def _natural(path: str) -> tuple[list[tuple[int, str]], str]:
    digits = re.findall(r"\d{1,18}|\D+", path.lower())
    return [(int(part), "") if part.isdigit() and part.isascii() else (-1, part) for part in digits], path


def _step(path: str, parts: list[Experiment], reading: Reading) -> StepFile:
    """The blocks of one file as one: a student who tries several things in a step writes several."""

    def joined(name: str) -> str:
        return "\n".join(text for one in parts if (text := getattr(one, name)))

    own = [one.class_name for one in reading.candidates if one.file == path and not one.used_by]
    trained = [one.model.name for one in reading.sessions if one.unit == path and one.model.name]
    return StepFile(
        path,
        parts[0].place if parts else "",
        joined("target"),
        joined("result"),
        joined("analysis"),
        tuple(dict.fromkeys([*own, *trained])),
    )

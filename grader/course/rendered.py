"""Stored runs in another format, written where they are wanted: one file, or one for each run of a folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grader.course.runs import RESULT, StoredRun, Unreadable, read_run, stored_runs
from grader.course.store import folder_name, locked, rewrite
from grader.errors import StoreError, UsageError
from grader.records import RunRecord
from grader.report.interface import Report
from grader.text import clean

TEMPORARY = ".grader-new"


@dataclass(frozen=True)
class Written:
    """What came of an export. `left_out` and `not_grades` name each run with the reason."""

    text: str = ""  # where there was one run and no place to write it to
    files: tuple[Path, ...] = ()
    left_out: tuple[str, ...] = ()
    not_grades: tuple[str, ...] = ()


def write_runs(
    place: Path,
    render: Callable[[RunRecord], str],
    file_name: str,
    to: Path | None,
    *,
    grades: bool = False,
) -> Written:
    """Render the latest runs at `place`.

    Args:
        file_name: of one run in a folder of its own; behind `<spec>-<submission>.` where there are several.
        to: a file for one run, a folder for one or several. None: one run, as text.
        grades: the format has points and no word for a fault: a run that ended in one is left out.

    Raises:
        UsageError: there is no run, or `to` does not fit what is there.
        StoreError: a file cannot be written.
    """
    runs, left_out = sorted_out(place, grades=grades)
    said = Written(
        left_out=left_out, not_grades=tuple(_not_a_grade(run) for run in runs if run.record.not_a_grade)
    )
    if not runs:
        return said
    many = len(runs) + len(left_out) > 1
    if to is None:
        if many:
            raise UsageError(
                f"{clean(str(place))} holds {len(runs) + len(left_out)} runs.",
                "Give --to FOLDER for a file each, or the folder of one run.",
            )
        return replace(said, text=render(runs[0].record))
    targets = _targets(runs, file_name, to, many=many)
    for run, target in zip(runs, targets, strict=True):
        put(target, render(run.record).encode("utf-8"))
    return replace(said, files=targets)


def render_again(place: Path, reports: Sequence[Report]) -> Written:
    """Write these reports of the latest runs at `place` anew, in each run's own folder.

    The record is read under the lock: a decision that is taken meanwhile is in the report.

    Raises:
        UsageError: there is no run, or the record itself is asked for.
        StoreError: a folder cannot be written.
    """
    if any(report.file_name == RESULT for report in reports):
        raise UsageError(f"{RESULT} is the run itself and stays as it is.", "To have a copy, give --to FILE.")
    runs, left_out = sorted_out(place, grades=False)
    written: list[Path] = []
    for run in runs:
        with locked(run.folder):
            record = read_run(run.folder)
            rewrite(run.folder, {report.file_name: report.render(record) for report in reports})
        written += [run.folder / report.file_name for report in reports]
    return Written(files=tuple(written), left_out=left_out)


def sorted_out(place: Path, *, grades: bool) -> tuple[tuple[StoredRun, ...], tuple[str, ...]]:
    """The latest runs at `place` that can be exported, and a sentence for each that cannot.

    Raises:
        UsageError: there is no run.
    """
    runs: list[StoredRun] = []
    left_out: list[str] = []
    for found in stored_runs(place):
        if isinstance(found, Unreadable):
            left_out.append(clean(f"{found.folder}: {found.reason}", 400))
        elif grades and found.record.grade.status == "infrastructure":
            name = clean(found.record.evidence.submission.name, 80)
            left_out.append(
                f"{name}: the grader or its machine failed, so there is no grade yet. Run it again."
            )
        else:
            runs.append(found)
    return tuple(runs), tuple(left_out)


def only_run(place: Path) -> StoredRun:
    """The one run at `place`.

    Raises:
        UsageError: there is none, or several.
        StoreError: it cannot be read.
    """
    found = list(stored_runs(place))
    if len(found) > 1:
        raise UsageError(f"{clean(str(place))} holds {len(found)} runs.", "Give the folder of one run.")
    if isinstance(found[0], Unreadable):
        raise StoreError(clean(found[0].reason, 400), "Grade it again, or take it from a backup.")
    return found[0]


def names(runs: Sequence[StoredRun]) -> tuple[str, ...]:
    """A name for each run, `<spec>-<submission>`, that is safe as a file's and that no two of them share."""
    made: list[str] = []
    for run in runs:
        record = run.record
        wanted = f"{folder_name(record.provenance.spec_id)}-{folder_name(record.evidence.submission.name)}"
        taken = {one.casefold() for one in made}
        made.append(next(one for one in _numbered(wanted) if one.casefold() not in taken))
    return tuple(made)


def put(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; folders on its way are made.

    Raises:
        StoreError: it cannot be written.
    """
    temporary = path.with_name(f".{path.name}{TEMPORARY}-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.write_bytes(content)
            temporary.replace(path)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"{clean(str(path), 400)} cannot be written: {error.strerror or error}.",
            "Give another place: --to.",
        ) from error


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}-{number}"
        number += 1


def _targets(runs: Sequence[StoredRun], file_name: str, to: Path, *, many: bool) -> tuple[Path, ...]:
    """Where each run's file goes."""
    if many and to.exists() and not to.is_dir():
        raise UsageError(
            f"{clean(str(to))} is a file, and there are several runs.", "Give a folder for a file each: --to."
        )
    if many or to.is_dir():
        return tuple(to / f"{name}.{file_name}" for name in names(runs))
    if to.resolve() == (runs[0].folder / RESULT).resolve():
        raise UsageError(f"{clean(str(to))} is the stored run itself.", "Give another name: --to.")
    return (to,)


def _not_a_grade(run: StoredRun) -> str:
    name = clean(run.record.evidence.submission.name, 80)
    return f"{name}: {' '.join(clean(reason, 200) for reason in run.record.not_a_grade)}"

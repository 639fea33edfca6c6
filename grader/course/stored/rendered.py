"""Stored runs in another format, written where they are wanted: one file, or one for each run of a folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

from grader.course.stored.folder import folder_name, locked, rewrite
from grader.course.stored.results import RESULT, read_run
from grader.course.stored.runs import StoredRun, Unreadable, stored_runs
from grader.errors import StoreError, UsageError
from grader.records import RunRecord
from grader.report.interface import Report
from grader.text import clean

TEMPORARY = ".grader-new"
_Format = tuple[Callable[[RunRecord], str], str]
"""How a run is written, and the name of its file."""


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
    """Render the latest runs at `place` in one format.

    Args:
        file_name: of one run in a folder of its own; behind `<spec>-<submission>.` where there are several.
        to: a file for one run, a folder for one or several. None: one run, as text.
        grades: the format has points and no word for a fault: a run that ended in one is left out.

    Raises:
        UsageError: there is no run, or `to` does not fit what is there.
        StoreError: a file cannot be written.
    """
    if to is not None:
        return _written(place, ((render, file_name),), to, grades=grades)
    found = exportable(place, grades=grades)
    first, *more = islice(found, 2)
    if more:
        raise UsageError(
            f"{clean(str(place))} holds several runs.",
            "Give --to FOLDER for a file each, or the folder of one run.",
        )
    if isinstance(first, str):
        return Written(left_out=(first,))
    return Written(text=render(first.record), not_grades=tuple(_not_a_grade(first.record)))


def write_formats(place: Path, wanted: Sequence[Report], to: Path) -> Written:
    """Write the latest runs at `place` in each of these formats; every run is read once.

    Args:
        to: a file for one run in one format, else a folder.

    Raises:
        UsageError: there is no run, or `to` does not fit what is there.
        StoreError: a file cannot be written.
    """
    return _written(place, [(one.render, one.file_name) for one in wanted], to)


def render_again(place: Path, reports: Sequence[Report]) -> Written:
    """Write these reports of the latest runs at `place` anew, in each run's own folder.

    The record is read under the lock: a decision that is taken meanwhile is in the report.

    Raises:
        UsageError: there is no run, or the record itself is asked for.
        StoreError: a folder cannot be written.
    """
    if any(report.file_name == RESULT for report in reports):
        raise UsageError(f"{RESULT} is the run itself and stays as it is.", "To have a copy, give --to FILE.")
    written: list[Path] = []
    left_out: list[str] = []
    for found in exportable(place):
        if isinstance(found, str):
            left_out.append(found)
            continue
        with locked(found.folder):
            record = read_run(found.folder)
            rewrite(found.folder, {report.file_name: report.render(record) for report in reports})
        written += [found.folder / report.file_name for report in reports]
    return Written(files=tuple(written), left_out=tuple(left_out))


def exportable(place: Path, *, grades: bool = False) -> Iterator[StoredRun | str]:
    """The latest runs at `place`, and in place of one that cannot be exported a sentence that says why.

    Args:
        grades: a run that ended in a fault of the grader's cannot.

    Raises:
        UsageError: there is no run.
    """
    for found in stored_runs(place):
        if isinstance(found, Unreadable):
            yield clean(f"{found.folder}: {found.reason}", 400)
        elif grades and found.record.grade.status == "infrastructure":
            name = clean(found.record.evidence.submission.name, 80)
            yield f"{name}: the grader or its machine failed, so there is no grade yet. Run it again."
        else:
            yield found


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


def name_of(record: RunRecord, taken: set[str]) -> str:
    """`<spec>-<submission>`, safe as a file's name and not among `taken`, which it is added to."""
    wanted = f"{folder_name(record.provenance.spec_id)}-{folder_name(record.evidence.submission.name)}"
    name = next(one for one in _numbered(wanted) if one.casefold() not in taken)
    taken.add(name.casefold())
    return name


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


def _written(place: Path, wanted: Sequence[_Format], to: Path, *, grades: bool = False) -> Written:
    found = exportable(place, grades=grades)
    first = list(islice(found, 2))
    several = len(first) > 1 or len(wanted) > 1
    if several and to.exists() and not to.is_dir():
        what = "runs" if len(first) > 1 else "formats"
        raise UsageError(
            f"{clean(str(to))} is a file, and there are several {what}.",
            "Give a folder for a file each: --to.",
        )
    in_folder, done, taken = several or to.is_dir(), Written(), set[str]()
    for one in chain(first, found):
        if isinstance(one, str):
            done = replace(done, left_out=(*done.left_out, one))
            continue
        targets = [to]
        if in_folder:
            name = name_of(one.record, taken)
            targets = [to / f"{name}.{file_name}" for _, file_name in wanted]
        for target, (render, _) in zip(targets, wanted, strict=True):
            _put_beside(one, target, render(one.record))
        not_grades = (*done.not_grades, *_not_a_grade(one.record))
        done = replace(done, files=(*done.files, *targets), not_grades=not_grades)
    return done


def _put_beside(run: StoredRun, target: Path, text: str) -> None:
    if target.resolve() == (run.folder / RESULT).resolve():
        raise UsageError(f"{clean(str(target))} is the stored run itself.", "Give another name: --to.")
    put(target, text.encode("utf-8"))


def _not_a_grade(record: RunRecord) -> Iterator[str]:
    if record.not_a_grade:
        name = clean(record.evidence.submission.name, 80)
        yield f"{name}: {' '.join(clean(reason, 200) for reason in record.not_a_grade)}"

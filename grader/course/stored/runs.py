"""The runs that are stored in a folder: which there are, and which one of a submission counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.course.stored.folder import PARTIAL
from grader.errors import StoreError, UsageError
from grader.records import RunRecord

RESULT = "result.json"
DEPTH = 3
"""Folders between the folder of all runs and a run: spec, submission, run."""
MAX_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class StoredRun:
    folder: Path
    record: RunRecord


@dataclass(frozen=True)
class Unreadable:
    folder: Path
    reason: str


def stored_runs(place: Path, *, every: bool = False) -> Iterator[StoredRun | Unreadable]:
    """The runs at `place`: a run's folder, its result.json, or a folder that holds runs.

    Args:
        every: also the earlier runs of a submission; without it, of each submission only the latest.

    Raises:
        UsageError: there is no run.
    """
    folders = folders_of(place, every=every)
    if not folders:
        raise UsageError(
            f"{place} holds no run of the grader.",
            "Give a run's folder, or the folder that was given as --out (reports without it).",
        )
    for folder in folders:
        try:
            yield StoredRun(folder, read_run(folder))
        except StoreError as error:
            yield Unreadable(folder, error.message)


def folders_of(place: Path, *, every: bool = False) -> tuple[Path, ...]:
    """The folders of the runs that `stored_runs` reads; none where there is none."""
    _settle(place)
    return tuple(_folders(place, every))


def read_run(folder: Path) -> RunRecord:
    """The stored record of a run.

    Raises:
        StoreError: it cannot be read, or is no such record.
    """
    return read_result(folder / RESULT)


def read_result(place: Path) -> RunRecord:
    """The record in a result's file, whatever its name.

    Raises:
        StoreError: it cannot be read, or is no such record.
    """
    from grader.report.json import from_json

    try:
        if place.stat().st_size > MAX_BYTES:
            raise StoreError(f"{place} is larger than {MAX_BYTES // 1024**2} MiB.", "Grade it again.")
        return from_json(place.read_text("utf-8"))
    except OSError as error:
        raise StoreError(f"{place} cannot be read: {error.strerror}.", "Look at its permissions.") from error
    except UnicodeDecodeError:
        raise StoreError(f"{place} is no text.", "Take it from a backup, or grade it again.") from None


def run_folders(base: Path) -> tuple[Path, ...]:
    """The folders of all whole runs below the folder of all runs."""
    _settle(base)
    return tuple(_below(base, DEPTH)) if base.is_dir() else ()


def _settle(place: Path) -> None:
    """A regrade that was killed in the middle is finished, or undone, before anybody looks."""
    from grader.course.stored.restoring import settle

    settle(place)


def _folders(place: Path, every: bool) -> Iterator[Path]:
    if place.name == RESULT and place.is_file():
        yield place.parent
    elif (place / RESULT).is_file():
        yield place
    elif place.is_dir():
        found = sorted(_below(place, DEPTH))
        latest = {folder.parent: folder for folder in found}
        yield from found if every else sorted(latest.values())


def _below(folder: Path, depth: int) -> Iterator[Path]:
    for child in sorted(folder.iterdir()):
        hidden = child.name.startswith(".") or child.name.endswith(PARTIAL)
        if hidden or child.is_symlink() or not child.is_dir():
            continue
        if (child / RESULT).is_file():
            yield child
        elif depth > 1:
            yield from _below(child, depth - 1)

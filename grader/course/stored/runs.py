"""The runs that are stored in a folder: which there are, and which one of a submission counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.course.stored.restoring import settle
from grader.course.stored.results import RESULT, read_run, whole_runs
from grader.errors import StoreError, UsageError
from grader.records import RunRecord


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
    settle(place)
    return tuple(_folders(place, every))


def run_folders(base: Path) -> tuple[Path, ...]:
    """The folders of all whole runs below the folder of all runs."""
    settle(base)
    return whole_runs(base)


def _folders(place: Path, every: bool) -> Iterator[Path]:
    if place.name == RESULT and place.is_file():
        yield place.parent
    elif (place / RESULT).is_file():
        yield place
    elif place.is_dir():
        found = whole_runs(place)
        latest = {folder.parent: folder for folder in found}
        yield from found if every else sorted(latest.values())

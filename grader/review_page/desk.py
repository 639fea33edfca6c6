"""The stored runs at a place, and what can be decided in them: read anew where somebody has written since."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from grader.course.stored.results import RESULT, read_run
from grader.course.stored.runs import folders_of
from grader.decisions import OpenItem, decidable
from grader.errors import StoreError
from grader.records import RunRecord
from grader.report.deciding import span, standing
from grader.report.inert import inert
from grader.text import clean

State = Literal["open", "decided", "graded"]


@dataclass(frozen=True)
class Entry:
    """One thing that a person can decide, as a line of the queue."""

    run: str  # the run's key
    id: str
    submission: str
    spec_id: str
    requirement: str
    span: str
    standing: str
    state: State
    order: int  # among the checks of the assignment; what is no check comes after them


@dataclass(frozen=True)
class _Known:
    folder: Path
    stamp: tuple[int, int]
    entries: tuple[Entry, ...]
    fault: str = ""


class Desk:
    """The runs that are reviewed. A run is named by a key that is made here: no request names a file.

    Args:
        place, every: as for `grader.course.stored.runs.stored_runs`.
        spec_id: only runs of this assignment; "" for all.
    """

    def __init__(self, place: Path, *, spec_id: str = "", every: bool = False) -> None:
        self._place, self._spec_id, self._every = place, spec_id, every
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}

    def entries(self) -> tuple[Entry, ...]:
        """All that can be decided now: the same question of all submissions, one after the other."""
        found = (entry for known in self._refreshed() for entry in known.entries)
        return tuple(sorted(found, key=lambda one: (one.spec_id, one.order, one.id, one.submission, one.run)))

    def faults(self) -> tuple[str, ...]:
        """Why some runs cannot be read."""
        return tuple(known.fault for known in self._refreshed() if known.fault)

    def folder(self, key: str) -> Path | None:
        """The folder of the run with this key; None where there is none."""
        with self._lock:
            known = self._known.get(key)
        return None if known is None else known.folder

    def _refreshed(self) -> tuple[_Known, ...]:
        with self._lock:
            fresh: dict[str, _Known] = {}
            for folder in folders_of(self._place, every=self._every):
                key, stamp = run_key(folder), _stamp(folder)
                before = self._known.get(key)
                fresh[key] = before if before and before.stamp == stamp else self._read(key, folder, stamp)
            self._known = fresh
            return tuple(fresh.values())

    def _read(self, key: str, folder: Path, stamp: tuple[int, int]) -> _Known:
        try:
            shown = inert(read_run(folder))
        except StoreError as error:
            return _Known(folder, stamp, (), clean(error.message, 400))
        if self._spec_id and shown.provenance.spec_id != self._spec_id:
            return _Known(folder, stamp, ())
        return _Known(folder, stamp, tuple(_entries(key, shown)))


def run_key(folder: Path) -> str:
    """A run's name in an address."""
    return hashlib.sha256(str(folder.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:20]


def _entries(key: str, shown: RunRecord) -> Iterator[Entry]:
    places = {one.id: place for place, one in enumerate(shown.outcomes)}
    for item in decidable(shown):
        yield Entry(
            run=key,
            id=item.id,
            submission=shown.evidence.submission.name,
            spec_id=shown.provenance.spec_id,
            requirement=item.outcome.requirement,
            span=span(item),
            standing=standing(item),
            state=_state(item),
            order=places[item.id] if item.takes_points else len(places),
        )


def _state(item: OpenItem) -> State:
    if item.decided:
        return "decided"
    return "graded" if item.overrides else "open"


def _stamp(folder: Path) -> tuple[int, int]:
    """Changes whenever the run is written anew."""
    try:
        found = (folder / RESULT).stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_ino)

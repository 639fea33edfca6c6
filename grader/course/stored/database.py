"""`grader.db`: an index of the stored runs, and what a batch still has to do.

Every run is in its own `result.json` first; the index can be made anew from those at any time (`refresh`). One file of
SQLite, opened by any number of processes at once; a write-ahead log where the disk is a local one.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from grader.course.stored.disk import faults
from grader.course.stored.results import RESULT, read_run, whole_runs
from grader.errors import StoreError
from grader.records import Absent, RunRecord


@dataclass(frozen=True)
class EvidenceKey:
    """What evidence hangs on: with all of it equal, a stored run is judged again in place of a new one."""

    tree_digest: str
    plan_digest: str
    measuring_version: int
    data_digest: str  # "" where the assignment needs no data
    device_class: str  # "cpu", or the name of the GPU


def evidence_key(record: RunRecord) -> EvidenceKey:
    """The key of a run's own evidence."""
    made, data = record.provenance, record.evidence.data
    return EvidenceKey(
        tree_digest=record.evidence.submission.tree_digest,
        plan_digest=made.evidence_plan_digest,
        measuring_version=made.measuring_version,
        data_digest="" if isinstance(data, Absent) else data.digest,
        device_class=device_class(made.device),
    )


def device_class(device: str) -> str:
    """`cpu` for any CPU: results agree there up to the last digits; a GPU by its name, whichever of several it was."""
    return "cpu" if device.lower().startswith("cpu") else device


@dataclass(frozen=True)
class IndexedRun:
    """What the index knows of a run, without its `result.json`."""

    run_id: str
    folder: Path
    submission: str
    source: str
    commit: str
    committed_at: str
    tree_digest: str
    spec_digest: str
    status: str
    points: float
    highest: float
    max_points: float  # of what was judged in it
    spec_points: float
    is_grade: bool


@dataclass(frozen=True)
class Standing:
    """How a row of a batch stands. `run_id` of its run where it is graded; `reason` where it is not."""

    state: str
    attempts: int = 0
    run_id: str = ""
    reason: str = ""
    tree_digest: str = ""  # of its files as they were fetched


class Database:
    """An open store. Use `opened`."""

    def __init__(self, connection: sqlite3.Connection, base: Path) -> None:
        self._connection = connection
        self._lock = threading.RLock()  # one transaction at a time; threads share the connection
        self.base = base

    # --- runs ---------------------------------------------------------------------------------------------

    def add(self, folder: Path, record: RunRecord) -> None:
        """Index a run that is stored at `folder`, below the base; one that is known is renewed."""
        values = _values(self.base, folder, record)
        names = ", ".join(values)
        marks = ", ".join("?" for _ in values)
        with faults(self.base), self._lock, self._connection:
            self._connection.execute(
                f"INSERT OR REPLACE INTO runs ({names}) VALUES ({marks})", tuple(values.values())
            )

    def with_evidence(self, key: EvidenceKey) -> tuple[Path, ...]:
        """Folders of the runs whose evidence has this key and can be used again, the latest first."""
        query = (
            "SELECT folder FROM runs WHERE tree_digest = ? AND plan_digest = ? AND measuring_version = ? "
            "AND data_digest = ? AND device_class = ? AND status != 'infrastructure' ORDER BY run_id DESC"
        )
        given = (key.tree_digest, key.plan_digest, key.measuring_version, key.data_digest, key.device_class)
        return tuple(self.base / row[0] for row in self._rows(query, given))

    def with_run_id(self, run_id: str, key: EvidenceKey) -> tuple[Path, ...]:
        """The run of this name, where all but its files is as in `key`."""
        query = (
            "SELECT folder FROM runs WHERE run_id = ? AND plan_digest = ? AND measuring_version = ? "
            "AND data_digest = ? AND device_class = ? AND status != 'infrastructure'"
        )
        given = (run_id, key.plan_digest, key.measuring_version, key.data_digest, key.device_class)
        return tuple(self.base / row[0] for row in self._rows(query, given))

    # --- forgetting -----------------------------------------------------------------------------------------

    def runs_of(self, submission: str) -> tuple[Path, ...]:
        """Folders of all runs of this submission, whatever its assignment."""
        query = "SELECT folder FROM runs WHERE submission = ? ORDER BY folder"
        return tuple(self.base / row[0] for row in self._rows(query, (submission,)))

    def rows_of(self, submission: str, key: str) -> tuple[tuple[str, str], ...]:
        """(batch, key) of the rows whose run is of this submission, or whose key is this one."""
        query = (
            "SELECT batch, key FROM rows WHERE key = ? OR (run_id != '' AND run_id IN "
            "(SELECT run_id FROM runs WHERE submission = ?)) ORDER BY batch, key"
        )
        return tuple((row[0], row[1]) for row in self._rows(query, (key, submission)))

    def forgotten(self, code: str, runs: int, rows: Sequence[tuple[str, str]], who: str) -> None:
        """Drop these rows, and what is no longer there; keep a line that says so."""
        with faults(self.base), self._lock, self._connection:
            self._connection.executemany("DELETE FROM rows WHERE batch = ? AND key = ?", rows)
            self._connection.execute(
                "INSERT INTO forgotten (code, runs, at, by) VALUES (?, ?, ?, ?)", (code, runs, now(), who)
            )
        self.refresh()
        with faults(self.base), self._lock:  # what was deleted is in no page and no log any more
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def usual_seconds(self, spec_id: str, device: str) -> float | None:
        """What a run under this spec takes on such a device, on average; None where there was none yet."""
        query = (
            "SELECT avg(wall_seconds), count(*) FROM runs WHERE spec_id = ? AND device_class = ? "
            "AND status NOT IN ('infrastructure', 'ungradable')"
        )
        ((mean, count),) = self._rows(query, (spec_id, device))
        return float(mean) if int(count) else None

    def runs_under(self, spec_id: str) -> tuple[IndexedRun, ...]:
        """All runs under a spec, in the order in which they were judged."""
        query = (
            "SELECT run_id, folder, submission, source, commit_id, committed_at, tree_digest, spec_digest, status, "
            "points, highest, max_points, spec_points, is_grade FROM runs WHERE spec_id = ? ORDER BY run_id"
        )
        return tuple(_indexed(self.base, row) for row in self._rows(query, (spec_id,)))

    def assignments(self) -> tuple[str, ...]:
        """Ids of the specs under which a run is stored."""
        return tuple(row[0] for row in self._rows("SELECT DISTINCT spec_id FROM runs ORDER BY spec_id"))

    def unread(self) -> tuple[Path, ...]:
        """Folders of runs that the index does not have as they are now: after `refresh`, those that cannot be read."""
        known = {row[0]: row[1] for row in self._rows("SELECT folder, stamp FROM runs")}
        here = {folder.relative_to(self.base).as_posix(): folder for folder in whole_runs(self.base)}
        return tuple(folder for name, folder in here.items() if known.get(name) != _stamp(folder))

    def batches(self) -> tuple[str, ...]:
        """Names of the batches of which a row is kept."""
        return tuple(row[0] for row in self._rows("SELECT DISTINCT batch FROM rows ORDER BY batch"))

    # --- what a batch still has to do -----------------------------------------------------------------------

    def standing(self, batch: str) -> dict[str, Standing]:
        """How each row of a batch stands, by its key."""
        query = "SELECT key, state, attempts, run_id, reason, tree_digest FROM rows WHERE batch = ?"
        return {row[0]: Standing(row[1], int(row[2]), *row[3:6]) for row in self._rows(query, (batch,))}

    def stand(self, batch: str, key: str, standing: Standing) -> None:
        """Keep how a row stands."""
        was = standing
        given = (batch, key, was.state, was.attempts, was.run_id, was.reason, was.tree_digest, now())
        with faults(self.base), self._lock, self._connection:
            self._connection.execute(
                "INSERT OR REPLACE INTO rows (batch, key, state, attempts, run_id, reason, tree_digest, changed_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                given,
            )

    def judged_anew(self, runs: Sequence[tuple[str, str]]) -> None:
        """A batch goes on from the new run of a row: (old, new) names of runs."""
        with faults(self.base), self._lock, self._connection:
            self._connection.executemany(
                "UPDATE rows SET run_id = ? WHERE run_id = ?", [(b, a) for a, b in runs]
            )

    def refresh(self) -> None:
        """Index the runs that were stored or decided since, by whichever command; drop those whose folder is gone."""
        known = {row[0]: row[1] for row in self._rows("SELECT folder, stamp FROM runs")}
        here = {folder.relative_to(self.base).as_posix(): folder for folder in whole_runs(self.base)}
        for name in set(known) - set(here):
            with faults(self.base), self._lock, self._connection:
                self._connection.execute("DELETE FROM runs WHERE folder = ?", (name,))
        for name in sorted(here):
            try:
                if known.get(name) != _stamp(here[name]):
                    self.add(here[name], read_run(here[name]))
            except StoreError:
                continue  # what cannot be read counts for nothing; `grader review` names it

    def _rows(self, query: str, given: Sequence[object] = ()) -> list[tuple[str, ...]]:
        with faults(self.base), self._lock:
            return self._connection.execute(query, tuple(given)).fetchall()


def _indexed(base: Path, row: Sequence[str]) -> IndexedRun:
    run_id, folder, submission, source, commit, committed_at, tree, spec_digest, status, *numbers = row
    points, highest, max_points, spec_points, is_grade = map(float, numbers)
    return IndexedRun(
        run_id=run_id,
        folder=base / folder,
        submission=submission,
        source=source,
        commit=commit,
        committed_at=committed_at,
        tree_digest=tree,
        spec_digest=spec_digest,
        status=status,
        points=points,
        highest=highest,
        max_points=max_points,
        spec_points=spec_points,
        is_grade=bool(is_grade),
    )


def _values(base: Path, folder: Path, record: RunRecord) -> dict[str, object]:
    key, made, grade = evidence_key(record), record.provenance, record.grade
    submission = record.evidence.submission
    return {
        "run_id": record.run_id,
        "folder": folder.resolve().relative_to(base.resolve()).as_posix(),
        "spec_id": made.spec_id,
        "spec_edition": made.spec_edition,
        "spec_digest": made.spec_digest,
        "submission": submission.name,
        "source": submission.source,
        "commit_id": submission.commit,
        "committed_at": submission.committed_at,
        "tree_digest": key.tree_digest,
        "plan_digest": key.plan_digest,
        "measuring_version": key.measuring_version,
        "data_digest": key.data_digest,
        "device_class": key.device_class,
        "started_at": made.started_at,
        "wall_seconds": float(made.wall_seconds),
        "train_seconds": float(made.train_seconds),
        "status": grade.status,
        "points": float(grade.points),
        "highest": float(grade.highest),
        "max_points": float(grade.max_points),
        "spec_points": float(grade.spec_points),
        "passed": int(grade.passed),
        "is_grade": int(not record.not_a_grade),
        "stamp": _stamp(folder),
    }


def _stamp(folder: Path) -> str:
    """Tells a result that was written anew, after a decision of a person, from the one that is indexed."""
    with faults(folder):
        found = (folder / RESULT).stat()
    return f"{found.st_mtime_ns}:{found.st_size}"


def now() -> str:
    """The moment as it is stored."""
    return datetime.now(UTC).isoformat(timespec="seconds")

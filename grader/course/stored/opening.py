"""Opening `grader.db`: made where there is none, brought up to date where it is old, never without a backup."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from grader.course.stored.database import Database
from grader.course.stored.disk import FILE_NAME, faults, on_network_disk
from grader.course.stored.migrations import MIGRATIONS
from grader.errors import StoreError

BUSY_SECONDS = 30.0
"""How long a write waits for another process."""


@contextmanager
def connected(base: Path) -> Iterator[Database]:
    """The index of the runs below `base`; it is made where there is none, and brought up to date where it is old.

    Raises:
        StoreError: it cannot be opened or written, is no such file, or was made by a newer grader.
    """
    place = base / FILE_NAME
    with faults(place):
        base.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(place, timeout=BUSY_SECONDS, check_same_thread=False)
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute(f"PRAGMA journal_mode = {'DELETE' if on_network_disk(base) else 'WAL'}")
            connection.execute("PRAGMA synchronous = FULL")
            _migrate(connection, place)
            yield Database(connection, base)
        finally:
            connection.close()


def _migrate(connection: sqlite3.Connection, place: Path) -> None:
    """Run the steps that are missing, all or none, after a backup where there is something to lose.

    Under the lock of a transaction: of two processes that open a new store at once, one makes the tables.
    """
    if _version(connection, place) == len(MIGRATIONS):
        return
    connection.isolation_level = None  # what begins and ends a transaction is said here
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection, place)
        if 0 < version < len(MIGRATIONS):
            _back_up(place, place.with_name(f"{place.name}.before-{version + 1}"))
        for statement in _statements(MIGRATIONS[version:]):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    finally:
        connection.isolation_level = "DEFERRED"


def _version(connection: sqlite3.Connection, place: Path) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(MIGRATIONS):
        raise StoreError(
            f"{place} was made by a newer grader (tables of version {version}, known are {len(MIGRATIONS)}).",
            "Use that grader, or move the file away: it is made anew from the runs.",
        )
    return version


def _statements(steps: Sequence[str]) -> Iterator[str]:
    """The statements of these steps, one by one."""
    pending = ""
    for line in "\n".join(steps).splitlines():
        pending += f"{line}\n"
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def _back_up(place: Path, copy: Path) -> None:
    """A copy of the store as it was before. Read through a connection of its own: ours is writing."""
    old, new = sqlite3.connect(place), sqlite3.connect(copy)
    try:
        old.backup(new)
    finally:
        old.close()
        new.close()

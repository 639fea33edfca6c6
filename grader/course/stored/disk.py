"""Where `grader.db` lies: its name, whether other machines see it, and what SQLite and the disk say of it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.errors import StoreError

FILE_NAME = "grader.db"

_REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "lustre", "gpfs", "ceph", "beegfs"})
"""File systems on which several machines see one file: a write-ahead log is not safe there, because its index is shared
memory (SQLite, "Write-Ahead Logging")."""


def on_network_disk(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Whether the folder lies on a file system that other machines may see; False where that cannot be told."""
    try:
        lines = mounts.read_text("utf-8", "surrogateescape").splitlines()
        place = os.path.realpath(folder)
    except OSError:
        return False
    best, kind = "", ""
    for fields in (line.split(" ") for line in lines):
        point = fields[1].replace("\\040", " ") if len(fields) > 2 else ""
        inside = point == "/" or place == point or place.startswith(f"{point}/")
        if point and inside and len(point) >= len(best):
            best, kind = point, fields[2]
    return kind in _REMOTE or kind.startswith("fuse.")


@contextmanager
def faults(place: Path) -> Iterator[None]:
    """What SQLite and the disk say, as a fault of the store with its place and a next step."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        text = str(error)
        if "locked" in text or "busy" in text:
            hint = "Another grader writes to it. Try again."
        elif "full" in text:
            hint = "Free some space."
        else:
            hint = f"Move {FILE_NAME} away: it is made anew from the runs beside it."
        raise StoreError(f"{place}: {text}.", hint) from error
    except OSError as error:
        raise StoreError(
            f"{place}: {error.strerror or error}.", "Give a folder that can be written."
        ) from error

"""Files of the user cache: whole under their own names, or not there at all.

A file is written under a temporary name, brought to the disk, made readable for everybody and renamed. Two
processes that do it at once write a temporary file each, and the last replaces the first with the same bytes.
"""

from __future__ import annotations

import errno
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from grader.errors import GraderFault

SUFFIX = ".part"
"""Of temporary files."""

KEPT_SUFFIX = f".kept{SUFFIX}"
"""Of those that a later command may go on with."""

_ABANDONED_SECONDS = 3600.0
_KEPT_SECONDS = 7 * 86_400.0


@contextmanager
def placed(path: Path) -> Iterator[BinaryIO]:
    """A new file to write; it gets its name `path` at the end of the block, and none where the block raises."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.", suffix=SUFFIX)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            settle(file)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def settle(file: BinaryIO) -> None:
    """Bring a file to the disk, readable for everybody: mkstemp's own mode would shut out those who share it."""
    file.flush()
    os.fchmod(file.fileno(), 0o644)
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Bring a folder's names to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_abandoned(folder: Path) -> None:
    """Remove temporary files of processes that were killed; younger ones may still be written to, and those that
    are kept may still be gone on with."""
    for path in folder.glob(f"*{SUFFIX}"):
        limit = _KEPT_SECONDS if path.name.endswith(KEPT_SUFFIX) else _ABANDONED_SECONDS
        try:
            if time.time() - path.stat().st_mtime > limit:
                path.unlink()
        except FileNotFoundError:
            continue  # the other process was quicker


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """What goes wrong with the folder itself, as a fault that names it."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        reason = "the disk is full" if full else (error.strerror or str(error))
        step = "Free some space there" if full else "Make it writable"
        raise GraderFault(
            f"{folder}: cannot be written: {reason}.", f"{step}, or set XDG_CACHE_HOME to another folder."
        ) from error

"""A file while it arrives: what is there of it, and going on where it broke off.

A small file lives under a name of its own and is removed when the attempt is over. A large one keeps its name from
one command to the next, so that an hour's download is not lost; a lock keeps two processes from writing to it at
once, and the second one then begins a file of its own.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from grader.data.placing import KEPT_SUFFIX, SUFFIX, settle, sync_folder

KEPT_FROM_BYTES = 32 << 20
"""From this size on, a file that broke off is kept for the next command."""

_CHUNK_BYTES = 1 << 20


class Partial:
    """The bytes of a file so far, with their MD5."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self._file = file
        self.done = 0
        self._digest = hashlib.md5(usedforsecurity=False)

    def clear_to(self, size: int) -> None:
        """Keep the first `size` bytes of the file on the disk, and take their MD5 anew."""
        self._digest = hashlib.md5(usedforsecurity=False)
        self.done = 0
        self._file.seek(0)
        while self.done < size and (chunk := self._file.read(min(_CHUNK_BYTES, size - self.done))):
            self._digest.update(chunk)
            self.done += len(chunk)
        self._file.seek(self.done)
        self._file.truncate()

    def write(self, chunk: bytes) -> None:
        self._digest.update(chunk)
        self._file.write(chunk)
        self.done += len(chunk)

    def md5(self) -> str:
        return self._digest.hexdigest()

    def publish(self, path: Path) -> None:
        """Give it its name: it is whole and right."""
        settle(self._file)
        self.path.replace(path)
        sync_folder(path.parent)


@contextmanager
def opened(folder: Path, name: str, size_bytes: int, md5: str) -> Iterator[Partial]:
    """The partial file of a download. At the end of the block it is gone, unless it is large and incomplete.

    Args:
        md5: of the whole file; parts of different files do not meet.
    """
    large = size_bytes >= KEPT_FROM_BYTES
    path = folder / f"{name}.{md5[:8]}{KEPT_SUFFIX}"
    file = _locked(path) if large else None
    kept = file is not None
    if file is None:
        handle, own = tempfile.mkstemp(dir=folder, prefix=f"{name}.", suffix=SUFFIX)
        path, file = Path(own), os.fdopen(handle, "w+b")
    with file:
        partial = Partial(path, file)
        if kept:
            partial.clear_to(min(path.stat().st_size, size_bytes - 1))
        try:
            yield partial
        finally:
            if not kept or partial.done == 0:
                path.unlink(missing_ok=True)


def _locked(path: Path) -> BinaryIO | None:
    """The file, for this process alone; None where another one has it, or where nothing can be locked."""
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644), "r+b")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    try:
        same = path.stat().st_ino == os.fstat(file.fileno()).st_ino
    except FileNotFoundError:
        same = False
    if not same:  # the other process has just finished with it
        file.close()
        return None
    return file

"""Download published files into a folder: checked, atomic, and never waiting for ever.

A file appears under its own name only when it is whole and its MD5 is the published one. Two processes that
fetch at once write a temporary file each, and the last replaces the first with the same bytes. A broken
download begins anew: the files are small.
"""

from __future__ import annotations

import errno
import hashlib
import http.client
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from grader.data import connection
from grader.data.connection import NoConnection, Refused
from grader.errors import GraderFault

_CHUNK_BYTES = 1 << 16
_ROUNDS = 2
"""How often a mirror is asked whose answer broke off."""
_ABANDONED_SECONDS = 3600.0
_SUFFIX = ".part"
_COPY = "Connect this machine to the network, or copy the files from one that is and pass --data-dir."


class Unreachable(GraderFault):
    """No mirror could be connected to: this machine has no network, or it does not let us out."""


@dataclass(frozen=True)
class Remote:
    """A published file: its name below each mirror, its size and its MD5."""

    name: str
    size_bytes: int
    md5: str


@dataclass(frozen=True)
class Patience:
    """How long is waited, in seconds."""

    connect_seconds: float = 10.0  # for all attempts that fail, together
    stall_seconds: float = 10.0  # for the next bytes of a file that has begun
    file_seconds: float = 900.0  # for one file, however slowly it drips


@dataclass
class _Mirrors:
    """Base URLs in the order to ask them. One that does not answer is not asked again."""

    bases: list[str]
    connect_seconds: float  # left
    reached: bool = False

    def open(self, base: str, name: str, stall_seconds: float) -> http.client.HTTPResponse:
        """Each attempt may use an equal share of the time that is left, so that one dead host leaves the next
        its turn."""
        began = time.monotonic()
        share = max(self.connect_seconds / len(self.bases), 0.01)
        try:
            response = connection.open_url(base + name, share, stall_seconds)
        except NoConnection:
            self.bases.remove(base)
            self.connect_seconds -= time.monotonic() - began
            raise
        except Refused:
            self.reached = True
            raise
        self.reached = True
        return response


class _BrokenOff(Exception):
    """The transfer ended before the file did: asking again may help."""


def fetch(
    remotes: tuple[Remote, ...],
    mirrors: tuple[str, ...],
    folder: Path,
    progress: Callable[[str, int, int], None] | None = None,
    patience: Patience = Patience(),
) -> tuple[Path, ...]:
    """Bring every file into `folder`; those that are there and right are left alone.

    Args:
        mirrors: base URLs that end in a slash, the preferred one first.
        progress: called with name, bytes done and bytes in all, for each file that is downloaded.

    Raises:
        Unreachable: no mirror could be connected to.
        GraderFault: the mirrors answer, but not with the published file; or the folder cannot be written.
    """
    show = progress or _silent
    ask = _Mirrors(list(mirrors), patience.connect_seconds)
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(folder)
        for remote in remotes:
            if not _is_right(folder / remote.name, remote):
                _fetch_one(remote, ask, folder, show, patience)
    return tuple(folder / remote.name for remote in remotes)


def _fetch_one(
    remote: Remote, ask: _Mirrors, folder: Path, show: Callable[[str, int, int], None], patience: Patience
) -> None:
    faults: list[str] = []
    bases = tuple(ask.bases)
    for _ in range(_ROUNDS):
        broken: list[str] = []
        for base in bases:
            try:
                with ask.open(base, remote.name, patience.stall_seconds) as response:
                    _store(response, remote, folder, show, patience)
                return
            except (NoConnection, Refused) as fault:
                faults.append(f"{connection.host_of(base)}: {fault}")
            except _BrokenOff as fault:
                faults.append(f"{connection.host_of(base)}: {fault}")
                broken.append(base)
        bases = tuple(broken)
    reasons = "; ".join(faults) or "no mirror is left"
    if not ask.reached:
        raise Unreachable(f"no mirror could be reached ({reasons})", _COPY)
    raise GraderFault(f"{remote.name} could not be downloaded ({reasons}).", "Try again later.")


def _store(
    response: http.client.HTTPResponse,
    remote: Remote,
    folder: Path,
    show: Callable[[str, int, int], None],
    patience: Patience,
) -> None:
    """Write to a temporary file; give it its name when it is whole, right and on the disk."""
    handle, name = tempfile.mkstemp(dir=folder, prefix=f"{remote.name}.", suffix=_SUFFIX)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            _receive(response, remote, file, show, time.monotonic() + patience.file_seconds)
            file.flush()
            os.fchmod(file.fileno(), 0o644)  # mkstemp's own mode would shut out a group that shares the cache
            os.fsync(file.fileno())
        temporary.replace(folder / remote.name)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(folder)


def _receive(
    response: http.client.HTTPResponse,
    remote: Remote,
    file: BinaryIO,
    show: Callable[[str, int, int], None],
    deadline: float,
) -> None:
    digest = hashlib.md5(usedforsecurity=False)
    done = 0
    while chunk := _next_bytes(response, done, remote):
        done += len(chunk)
        if done > remote.size_bytes:
            raise Refused(f"expected {remote.size_bytes:,} bytes, it sends more")
        if time.monotonic() > deadline:
            raise Refused(f"too slow: {done:,} of {remote.size_bytes:,} bytes when the time was over")
        digest.update(chunk)
        file.write(chunk)
        show(remote.name, done, remote.size_bytes)
    if done < remote.size_bytes:
        raise _BrokenOff(f"broke off after {done:,} of {remote.size_bytes:,} bytes")
    if digest.hexdigest() != remote.md5:
        raise Refused(f"expected MD5 {remote.md5}, found {digest.hexdigest()}")


def _next_bytes(response: http.client.HTTPResponse, done: int, remote: Remote) -> bytes:
    """What has arrived, b"" at the end. It never waits for a whole chunk: a dripping server must meet the
    deadline."""
    try:
        return response.read1(_CHUNK_BYTES)
    except TimeoutError as error:
        raise _BrokenOff(f"fell silent after {done:,} of {remote.size_bytes:,} bytes") from error
    except (OSError, http.client.HTTPException) as error:
        raise _BrokenOff(f"broke off after {done:,} of {remote.size_bytes:,} bytes ({error})") from error


def _is_right(path: Path, remote: Remote) -> bool:
    if not path.is_file() or path.stat().st_size != remote.size_bytes:
        return False
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() == remote.md5


def _remove_abandoned(folder: Path) -> None:
    """Temporary files of processes that were killed; younger ones may still be written to."""
    for path in folder.glob(f"*{_SUFFIX}"):
        try:
            if time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
                path.unlink()
        except FileNotFoundError:
            continue  # the other process was quicker


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
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


def _silent(name: str, done: int, size: int) -> None:
    """Progress that nobody watches."""

"""Download published files into a folder: checked, atomic, and never waiting for ever.

A file appears under its own name only when it is whole and its MD5 is the published one. Two processes that
fetch at once write a temporary file each, and the last replaces the first with the same bytes. A broken
download goes on where it broke off if the server can do that, and begins anew if not; a large file is kept for
the next command (`grader.data.partial`).
"""

from __future__ import annotations

import hashlib
import http.client
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from grader.data import connection, faults, partial
from grader.data.connection import NoConnection, Refused
from grader.data.partial import Partial
from grader.data.placing import remove_abandoned, writing
from grader.errors import GraderFault

_CHUNK_BYTES = 1 << 16
_ROUNDS = 2
"""How often a mirror is asked whose answer broke off."""
_SLOWEST = 50_000
"""Bytes in a second: a large file may take as long as this."""
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

    def open(self, base: str, name: str, stall_seconds: float, first_byte: int) -> http.client.HTTPResponse:
        """Each attempt may use an equal share of the time that is left, so that one dead host leaves the next
        its turn."""
        began = time.monotonic()
        share = max(self.connect_seconds / len(self.bases), 0.01)
        try:
            response = connection.open_url(base + name, share, stall_seconds, first_byte)
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
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        remove_abandoned(folder)
        for remote in remotes:
            if not _is_right(folder / remote.name, remote):
                with partial.opened(folder, remote.name, remote.size_bytes, remote.md5) as part:
                    _fetch_one(remote, ask, part, show, patience)
                    part.publish(folder / remote.name)
    return tuple(folder / remote.name for remote in remotes)


def _fetch_one(
    remote: Remote, ask: _Mirrors, part: Partial, show: Callable[[str, int, int], None], patience: Patience
) -> None:
    """Fill `part` until it is whole and right; GraderFault where no mirror gives the file."""
    said: list[str] = []
    bases = tuple(ask.bases)
    for _ in range(_ROUNDS):
        broken: list[str] = []
        for base in bases:
            try:
                with ask.open(base, remote.name, patience.stall_seconds, part.done) as response:
                    _receive(response, remote, part, show, patience)
                return
            except (NoConnection, Refused) as fault:
                said.append(f"{connection.host_of(base)}: {fault}")
            except _BrokenOff as fault:
                said.append(f"{connection.host_of(base)}: {fault}")
                broken.append(base)
        bases = tuple(broken)
    reasons = "; ".join(said) or "no mirror is left"
    if not ask.reached:
        raise Unreachable(f"no mirror could be reached ({reasons})", _COPY)
    raise GraderFault(f"{remote.name} could not be downloaded ({reasons}).", "Try again later.")


def _receive(
    response: http.client.HTTPResponse,
    remote: Remote,
    part: Partial,
    show: Callable[[str, int, int], None],
    patience: Patience,
) -> None:
    continued = _continues(response, part.done)
    if not continued:
        part.clear_to(0)
    deadline = time.monotonic() + max(patience.file_seconds, remote.size_bytes / _SLOWEST)
    while chunk := _next_bytes(response, part.done, remote):
        if part.done == 0 and (seen := faults.what_it_is(chunk)):
            raise Refused(f"sends {seen} in place of the file")
        if part.done + len(chunk) > remote.size_bytes:
            part.clear_to(0)
            raise Refused(f"expected {remote.size_bytes:,} bytes, it sends more")
        part.write(chunk)
        show(remote.name, part.done, remote.size_bytes)
        if time.monotonic() > deadline:
            raise Refused(f"too slow: {part.done:,} of {remote.size_bytes:,} bytes when the time was over")
    if part.done < remote.size_bytes:
        raise _BrokenOff(f"broke off after {part.done:,} of {remote.size_bytes:,} bytes")
    if (found := part.md5()) != remote.md5:
        part.clear_to(0)
        if continued:  # perhaps what was there before did not belong to it
            raise _BrokenOff(f"expected MD5 {remote.md5}, found {found} after going on")
        raise Refused(f"expected MD5 {remote.md5}, found {found}")


def _continues(response: http.client.HTTPResponse, done: int) -> bool:
    """Whether the answer begins where the file broke off; a server may send all of it again."""
    if done == 0 or response.status != http.HTTPStatus.PARTIAL_CONTENT:
        return False
    return (response.headers.get("Content-Range") or "").startswith(f"bytes {done}-")


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


def _silent(name: str, done: int, size: int) -> None:
    """Progress that nobody watches."""

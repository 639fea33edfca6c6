"""Download published files into a folder: checked, atomic, and never waiting for ever.

A file appears under its own name only when it is whole and its MD5 is the published one; two processes that
fetch at once each write their own temporary file, and the last replaces the first with the same bytes.
"""

from __future__ import annotations

import errno
import hashlib
import http.client
import os
import tempfile
import time
import urllib.error
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from grader.data import connection
from grader.errors import GraderFault

_CHUNK_BYTES = 1 << 16
_ABANDONED_SECONDS = 3600.0
_SUFFIX = ".part"


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

    connect_seconds: float = 10.0  # for all attempts to connect together
    stall_seconds: float = 15.0  # for the next bytes of a file that has begun
    file_seconds: float = 900.0  # for one file, however slowly it drips


@dataclass
class _Mirrors:
    """Mirrors in the order to ask them, and what each did wrong."""

    urls: list[str]
    faults: list[str] = field(default_factory=list)
    reached: bool = False

    def drop(self, url: str, fault: str) -> None:
        self.urls.remove(url)
        self.note(url, fault)

    def note(self, url: str, fault: str) -> None:
        self.faults.append(f"{connection.host_of(url)}: {fault}")


def fetch(
    remotes: tuple[Remote, ...],
    mirrors: tuple[str, ...],
    folder: Path,
    progress: Callable[[str, int, int], None] | None = None,
    patience: Patience = Patience(),  # noqa: B008 - frozen
) -> tuple[Path, ...]:
    """Bring every file into `folder`; those that are there and right are left alone.

    Args:
        mirrors: base URLs that end in a slash, the preferred one first.
        progress: called with name, bytes done and bytes in all.

    Raises:
        Unreachable: no mirror could be connected to.
        GraderFault: the mirrors answer, but not with the published file; or the folder cannot be written.
    """
    wanted = [remote for remote in remotes if not _is_right(folder / remote.name, remote)]
    ask = _Mirrors(list(mirrors))
    if wanted:
        with _writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            _remove_abandoned(folder)
        _reach(ask, wanted[0], patience)
    for remote in remotes:
        if remote in wanted:
            _fetch_one(remote, ask, folder, progress, patience)
        elif progress:
            progress(remote.name, remote.size_bytes, remote.size_bytes)
    return tuple(folder / remote.name for remote in remotes)

"""Reading below a folder that somebody else fills: no link is followed at any step, nothing but a regular file
is read, and opening never waits."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class NotTaken(Exception):
    """A file that is not read. The text is the reason, for people."""


def kind_of(mode: int) -> str:
    """What a thing is that is no regular file and no folder."""
    names = (
        (stat.S_ISLNK, "a symbolic link"),
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISBLK, "a device"),
        (stat.S_ISCHR, "a device"),
    )
    return next((name for test, name in names if test(mode)), "not a regular file")


@contextmanager
def folder_below(root: int, path: bytes) -> Iterator[int]:
    """A descriptor of the folder at `path` below the folder `root`; `b""` is `root` itself.

    Raises:
        OSError: a part of the path is a link, is no folder, or may not be entered.
    """
    descriptor = os.dup(root)
    try:
        for part in filter(None, path.split(b"/")):
            deeper = os.open(part, _FOLDER, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = deeper
        yield descriptor
    finally:
        os.close(descriptor)


def read_below(root: int, path: bytes, limit_bytes: int) -> bytes:
    """The content of the regular file at `path` below the folder `root`.

    Raises:
        NotTaken: it is no regular file, longer than the limit, or may not be read.
    """
    folder, _, name = path.rpartition(b"/")
    try:
        with folder_below(root, folder) as place:
            descriptor = os.open(name, _FILE, dir_fd=place)
    except OSError as error:
        raise NotTaken(f"cannot be read: {error.strerror}") from None
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise NotTaken(kind_of(mode))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(limit_bytes + 1)
    except OSError as error:
        raise NotTaken(f"cannot be read: {error.strerror}") from None
    finally:
        os.close(descriptor)
    if len(content) > limit_bytes:
        raise NotTaken("it grew while it was read")
    return content

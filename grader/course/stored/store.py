"""The store of a folder of runs, opened as everybody but a regrade opens it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.course.stored.database import Database
from grader.course.stored.opening import connected
from grader.course.stored.restoring import settle


@contextmanager
def opened(base: Path) -> Iterator[Database]:
    """The index of the runs below `base`, after a regrade that was killed in the middle was finished, or undone.

    Raises:
        StoreError: it cannot be opened or written, is no such file, or was made by a newer grader.
    """
    settle(base)
    with connected(base) as database:
        yield database

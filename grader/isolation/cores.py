"""One core budget for all graders of a user on this machine: each takes cores that no other has.

Two trainings with more threads than cores wait for each other at every operation, and are slower by far than one after
the other. So a core is a file, and who has a lock on it has the core. The kernel drops a lock with the process that
held it, in whatever way it ended: there is no daemon, and nothing is left to clear up. The locks say how many threads
to start, not where these run. Where the files cannot be had every grader acts as if it were alone.
Decision: docs/decisions, "One core budget".
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from grader.isolation.quota import usable_cores

MOST_CORES = 8
"""Small networks gain nothing from more."""
FOLDER_VARIABLE = "GRADER_CORES_DIR"
"""Names another folder for the locks: graders with different ones know nothing of each other."""

_LOOK_SECONDS = 0.5
_PID_BYTES = 20


@dataclass(frozen=True)
class Cores:
    """What was given. `held` are the numbers of the cores, fewer than `threads` where others have them."""

    threads: int
    held: tuple[int, ...]
    waited_seconds: float = 0.0


@contextmanager
def free_cores(
    on_wait: Callable[[str], None] | None = None,
    *,
    most: int = MOST_CORES,
    cores: Sequence[int] | None = None,
) -> Iterator[Cores]:
    """All cores that are free, at the most `most`, and one thread for each, for as long as the context lasts.

    Args:
        on_wait: where none is free: it is told so, again and again, until one is. Without it one thread is
            given that has no core of its own: for what is done soon.
        cores: what there is; None: what this process may use.
    """
    with _Locks(usable_cores() if cores is None else cores) as locks:
        start = time.monotonic()
        while not locks.take(most) and locks.work and on_wait is not None:
            on_wait(locks.in_words())
            time.sleep(_LOOK_SECONDS)
        held = locks.held
        threads = max(1, len(held)) if locks.work else min(most, len(locks.cores))
        yield Cores(threads, held, time.monotonic() - start)


@contextmanager
def these_threads(threads: int, *, cores: Sequence[int] | None = None) -> Iterator[Cores]:
    """So many threads as somebody asked for, at once: of the free cores as many are taken, so that others know."""
    with _Locks(usable_cores() if cores is None else cores) as locks:
        locks.take(threads)
        yield Cores(threads, locks.held)


class _Locks:
    """The lock files of some cores."""

    def __init__(self, cores: Sequence[int]) -> None:
        self.cores = cores
        self._folder = _folder()
        self._open: dict[int, int] = {}

    def __enter__(self) -> _Locks:
        return self

    def __exit__(self, *_: object) -> None:
        for fd in self._open.values():
            os.close(fd)

    @property
    def held(self) -> tuple[int, ...]:
        return tuple(self._open)

    @property
    def work(self) -> bool:
        return self._folder is not None

    def take(self, most: int) -> int:
        """Lock up to `most` that are free; returns how many are held now."""
        try:
            for core in self.cores if self.work else ():
                if len(self._open) >= most:
                    break
                if core not in self._open and (fd := _locked(self._file(core))) is not None:
                    self._open[core] = fd
        except OSError:  # no room, no descriptors: that is no other grader, and nothing to wait for
            self._folder = None
        return len(self._open)

    def in_words(self) -> str:
        """Who has them, as far as they told."""
        holders = sorted({pid for core in self.cores if (pid := self._holder(core))})
        count = "The core is" if len(self.cores) == 1 else f"All {len(self.cores)} cores are"
        by = "another run of the grader" if len(holders) < 2 else "other runs of the grader"
        named = f" (process {', '.join(map(str, holders))})" if holders else ""
        return f"{count} in use by {by}{named}"

    def _file(self, core: int) -> Path:
        assert self._folder is not None
        return self._folder / f"core-{core}"

    def _holder(self, core: int) -> int:
        with contextlib.suppress(OSError, ValueError):
            return int(self._file(core).read_bytes()[:_PID_BYTES])
        return 0


def _locked(file: Path) -> int | None:
    """A descriptor with a lock on the file; None where another has it. Our workers do not inherit it.

    Raises:
        OSError: it cannot be opened.
    """
    import fcntl

    fd = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(fd, 0)
        os.pwrite(fd, str(os.getpid()).encode(), 0)
    except BlockingIOError:
        os.close(fd)
        return None
    except BaseException:
        os.close(fd)
        raise
    return fd


def _folder() -> Path | None:
    """The user's own folder for the locks; None where there is none that no other user can write to.

    Not in XDG_RUNTIME_DIR: it goes when a user logs out, and what they left running would lose its locks.
    """
    named = os.environ.get(FOLDER_VARIABLE, "")
    folder = Path(named) if named else Path(tempfile.gettempdir()) / f"grader-{os.geteuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        seen = folder.lstat()
    except OSError:
        return None
    ours = stat.S_ISDIR(seen.st_mode) and seen.st_uid == os.geteuid() and not seen.st_mode & 0o022
    return folder if ours else None

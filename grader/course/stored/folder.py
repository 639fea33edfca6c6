"""One folder per run, written whole or not at all.

While a run is going on, its folder ends in `.partial` and holds `events.jsonl`; when it is done, everything
is written there, flushed, and the folder renamed. A partial folder that is left over says where it stopped.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO

from grader.errors import StoreError
from grader.events import Event

DEFAULT_FOLDER = Path("reports")
PARTIAL = ".partial"
LOCK_SECONDS = 20.0
"""How long is waited for another process that writes the same run."""
RUNS_MARK = ".grader-runs"
"""`grader.fetch.walk` passes a folder over that holds a file of this name."""


def new_run_id(now: datetime | None = None) -> str:
    """Sorts by time, and two runs of the same second differ: `20261121-093000-3fa9`."""
    return f"{(now or datetime.now(UTC)):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def folder_name(name: str) -> str:
    """A submission's name as one path component: letters, digits, dot, dash and underscore, at most 80."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")
    return plain[:80] or "submission"


class RunFolder:
    """The folder of one run, a context manager: left without `publish`, it stays partial and says why."""

    def __init__(self, base: Path, spec_id: str, submission: str, run_id: str) -> None:
        self.final = base / folder_name(spec_id) / folder_name(submission) / run_id
        self.partial = self.final.with_name(run_id + PARTIAL)
        self._log: IO[str] | None = None

    def __enter__(self) -> RunFolder:
        try:
            prepare(self.final.parent.parent)
            self.partial.mkdir(parents=True)
            self._log = (self.partial / "events.jsonl").open("w", encoding="utf-8")
        except OSError as error:
            raise _fault(error, self.partial) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if self._log:
            with contextlib.suppress(OSError):  # a full disk was said already
                self._log.close()
        if error is not None and self.partial.is_dir():
            self._mark(kind, error)

    def listen(self, event: Event) -> None:
        """Append an event to the run's log; progress is left out."""
        if event.kind == "progress" or self._log is None or self._log.closed:
            return
        try:
            self._log.write(json.dumps(asdict(event)) + "\n")
            self._log.flush()
        except OSError as error:
            raise _fault(error, self.partial) from error

    def publish(self, files: Mapping[str, str]) -> Path:
        """Write the run's files and give the folder its final name.

        Raises:
            StoreError: the disk is full or the folder cannot be written; nothing half-written has the final name.
        """
        try:
            for name, content in files.items():
                _write(self.partial / name, content)
            if self._log:
                self._log.close()
            self.partial.rename(self.final)
            _sync_folder(self.final.parent)
        except OSError as error:
            raise _fault(error, self.partial) from error
        return self.final

    def _mark(self, kind: type[BaseException] | None, error: BaseException) -> None:
        status = "interrupted" if kind is KeyboardInterrupt else "failed"
        mark = {
            "status": status,
            "reason": str(error)[:2000] or (kind.__name__ if kind else ""),
            "grade": None,
        }
        try:
            _write(self.partial / "partial.json", json.dumps(mark, indent=1) + "\n")
        except OSError:
            pass  # the disk is full: the folder's name says it is partial


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """This run's folder for one process alone: two people who decide at once wait for each other.

    Raises:
        StoreError: it cannot be opened, or somebody has held it for too long.
    """
    import fcntl

    try:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise _fault(error, folder) from error
    try:
        end = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() > end:
                    raise StoreError(
                        f"{folder} is being written by another process.", "Try again in a moment."
                    ) from None
                time.sleep(0.05)
        yield
    finally:
        os.close(fd)  # and the lock with it


def rewrite(folder: Path, files: Mapping[str, str]) -> None:
    """Replace files of a stored run, each whole or not at all; the last one of `files` is replaced last.

    Raises:
        StoreError: the disk is full or the folder cannot be written.
    """
    try:
        for name, content in files.items():
            _write(folder / f"{name}.new", content)
        for name in files:
            (folder / f"{name}.new").replace(folder / name)
        _sync_folder(folder)
    except OSError as error:
        raise _fault(error, folder) from error


def prepare(folder: Path) -> None:
    """A new folder of runs is marked as one, and ignores itself: made inside of a submission, it must not become
    part of what is handed in."""
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)  # two runs may be the first ones at the same moment
        _write(folder / ".gitignore", "*\n")
        _write(folder / RUNS_MARK, "Runs of the grader. Not part of a submission.\n")


def _write(path: Path, content: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _fault(error: OSError, place: Path) -> StoreError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreError(
            f"The disk is full: the run could not be written to {place}.", "Free some space, or give --out."
        )
    reason = error.strerror or str(error)
    return StoreError(
        f"The run could not be written to {place}: {reason}.", "Give a folder that can be written: --out."
    )


def move(source: Path, target: Path) -> None:
    """Give a folder that is written its place, for good.

    Raises:
        StoreError: it cannot be moved; it is still where it was then.
    """
    with on_disk(target):
        try:
            source.rename(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            copied = target.with_name(f"{target.name}{PARTIAL}")
            shutil.rmtree(copied, ignore_errors=True)  # of a process that was killed here
            shutil.copytree(source, copied)
            copied.rename(target)
            shutil.rmtree(source, ignore_errors=True)
        _sync_folder(target.parent)


@contextmanager
def on_disk(place: Path) -> Iterator[None]:
    """What the disk says while something is written to `place`, as a fault with its place and a next step."""
    try:
        yield
    except OSError as error:
        raise _fault(error, place) from error

"""`fetch`: from the link that was handed in to a private folder of plain files, and the record of what it was."""

from __future__ import annotations

import errno
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from grader.errors import GraderFault
from grader.fetch.local import is_bare, local_path
from grader.fetch.url import parse
from grader.records import Submission
from grader.text import clean

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Caps:
    """What a submission may cost. A file over `file_bytes` is left out; over any other cap nothing is graded."""

    clone_bytes: int = 1 << 30
    total_bytes: int = 512 << 20
    file_bytes: int = 64 << 20
    files: int = 10_000
    depth: int = 64
    seconds: float = 300.0


DEFAULT_CAPS = Caps()


@dataclass(frozen=True)
class Fetched:
    """A staged submission. `root` holds regular files only (0644, folders 0755) and is gone after the `with`.

    It is the whole repository, because imports may reach outside of `submission.subfolder`.
    """

    submission: Submission
    root: Path


@dataclass(frozen=True)
class Errand:
    """One fetch under way: what every step needs to know."""

    holder: Path  # private folder; everything of this fetch lies below it
    caps: Caps
    deadline: float  # of `time.monotonic`
    progress: Progress

    @property
    def root(self) -> Path:
        """The name is the same for everyone: a path must not tell whose work it is."""
        return self.holder / "submission"

    def tidy(self) -> None:
        """Take away everything but the submission: a clone may be large, and is not needed any more."""
        for place in self.holder.iterdir():
            if place != self.root:
                shutil.rmtree(place, ignore_errors=True)


@contextmanager
def fetch(
    source: str, *, ref: str = "", caps: Caps = DEFAULT_CAPS, progress: Progress | None = None
) -> Iterator[Fetched]:
    """Bring the submission at `source` (a link as people paste it, or a folder) to a private folder.

    `ref` is a branch, a tag or a commit of 40 hex digits, and wins over the one that the link names.

    Raises:
        FetchError: the link is wrong, private or empty, or the work is over a cap.
        UsageError: a path that is not there, or is a file.
        GraderFault: no network, no git, no disk, no time.
    """
    with _private_folder() as holder:
        with _machine_faults():
            deadline = time.monotonic() + caps.seconds
            errand = Errand(holder, caps, deadline, progress or _silent)
            fetched = _bring(source, ref.strip(), errand)
            errand.tidy()
        yield fetched


def _bring(source: str, ref: str, errand: Errand) -> Fetched:
    """The git side is imported here: it is not needed before, and starting it takes time."""
    from grader.fetch import folder, repository

    path = local_path(source)
    if path is None:
        return repository.bring(parse(source), ref, errand)
    if is_bare(path):
        return repository.bring(folder.bare_link(path), ref, errand)
    if ref:
        return repository.bring(folder.committed_link(path), ref, errand)
    fetched = folder.bring(path, errand)
    return replace(fetched, submission=replace(fetched.submission, source=clean(source.strip(), 300)))


def _silent(text: str) -> None:
    """Nobody listens."""
    del text


@contextmanager
def _private_folder() -> Iterator[Path]:
    try:
        holder = tempfile.TemporaryDirectory(prefix="grader-", ignore_cleanup_errors=True)
    except OSError as error:
        raise _fault(error) from error
    with holder as name:
        yield Path(name).resolve()


@contextmanager
def _machine_faults() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _fault(error) from error


def _fault(error: OSError) -> GraderFault:
    temporary = tempfile.gettempdir() if tempfile.tempdir else "the folder for temporary files"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return GraderFault(
            f"The disk is full while fetching, in {temporary}.",
            "Make room there, or set TMPDIR to a folder with room.",
        )
    return GraderFault(
        f"Fetching failed on this machine: {error.strerror or error} ({temporary}).",
        "Look at the permissions of that folder, or set TMPDIR to another one.",
    )

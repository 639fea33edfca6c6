"""What every step of a fetch needs to know: what is asked, what it may cost, where it works, what it gives."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from grader.errors import GraderFault
from grader.fetch.access import NO_ACCESS, Access
from grader.fetch.deadline import Moment
from grader.records import Submission

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
    `also_sources` are the second repositories as they were asked for: `grader.fetch.also.earlier` needs them.
    """

    submission: Submission
    root: Path
    also_sources: tuple[str, ...] = ()
    access: Access = NO_ACCESS  # for `earlier`; it opens nothing but repositories


@dataclass(frozen=True)
class Asked:
    """What is wanted of one source."""

    ref: str = ""  # a branch, a tag or a commit; wins over the one in the link
    moment: Moment | None = None
    whole: bool = False  # the record lists all files, also those outside of the folder that the link names
    wants_change: bool = False  # `Brought.changed_at` is needed


@dataclass(frozen=True)
class Brought:
    """One source, staged."""

    submission: Submission
    root: Path
    earlier_commits: int = 0  # before the one that was chosen by a date
    changed_at: str = (
        ""  # when the handed-in folder of a repository was last changed; "" where it is not known
    )


@dataclass(frozen=True)
class Errand:
    """One fetch under way: what every step needs to know."""

    holder: Path  # private folder; everything of this fetch lies below it
    caps: Caps
    deadline: float  # of `time.monotonic`
    progress: Progress
    access: Access = NO_ACCESS

    @property
    def root(self) -> Path:
        """The name is the same for everyone: a path must not tell whose work it is."""
        return self.holder / "submission"

    def tidy(self) -> None:
        """Take away everything but the submission: a clone may be large, and is not needed any more."""
        for place in self.holder.iterdir():
            if place != self.root:
                shutil.rmtree(place, ignore_errors=True)


def silent(text: str) -> None:
    """Nobody listens."""
    del text


@contextmanager
def machine_faults() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise fault(error) from error


def fault(error: OSError) -> GraderFault:
    """What to say of this machine where a file operation of a fetch failed."""
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

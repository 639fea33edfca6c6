"""`fetch`: from the link that was handed in to a private folder of plain files, and the record of what it was."""

from __future__ import annotations

import errno
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from grader.errors import GraderFault
from grader.fetch.deadline import Moment, parse_deadline
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
    source: str,
    *,
    ref: str = "",
    before: str = "",
    also: tuple[str, ...] = (),
    also_steps_back: int = 0,
    caps: Caps = DEFAULT_CAPS,
    progress: Progress | None = None,
) -> Iterator[Fetched]:
    """Bring the submission at `source` (a link as people paste it, a folder or an archive) to a private folder.

    `ref` is a branch, a tag or a commit of 40 hex digits, and wins over the one that the link names.
    `before` is a deadline as ISO 8601 (UTC where it names no zone): the last commit up to that moment is taken.
    `also` are second repositories that the work imports: links, folders, archives, or `NAME=` and one of these.
    Each is staged in a folder of the root that has its name. Of a link without a branch, the last commit before
    the submission's own is taken, and `also_steps_back` commits before that one.

    Raises:
        FetchError: the link is wrong, private or empty, the archive is damaged, the work is over a cap, or there
            is no commit before the deadline.
        UsageError: a path that is not there, or is some other file; a deadline for what has no commits.
        GraderFault: no network, no git, no disk, no time.
    """
    deadline = parse_deadline(before) if before.strip() else None
    with _private_folder() as holder:
        with machine_faults():
            errand = Errand(holder, caps, time.monotonic() + caps.seconds, progress or silent)
            asked = Asked(ref.strip(), Moment(deadline) if deadline else None, wants_change=bool(also))
            fetched = _brought(source, asked, tuple(also), also_steps_back, errand)
            errand.tidy()
        yield fetched


def _brought(source: str, asked: Asked, also: tuple[str, ...], steps_back: int, errand: Errand) -> Fetched:
    """The git side is imported here: it is not needed before, and starting it takes time."""
    from grader.fetch.sources import bring

    first = bring(source, asked, errand)
    if not also:
        return Fetched(first.submission, first.root)
    from grader.fetch.also import add

    return add(first, also, asked.moment, steps_back, errand)


def silent(text: str) -> None:
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
def machine_faults() -> Iterator[None]:
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

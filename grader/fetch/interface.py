"""`fetch`: from the link that was handed in to a private folder of plain files, and the record of what it was."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from grader.fetch.access import NO_ACCESS, Access
from grader.fetch.deadline import Moment, parse_deadline
from grader.fetch.errand import (
    DEFAULT_CAPS,
    Asked,
    Caps,
    Errand,
    Fetched,
    Progress,
    fault,
    machine_faults,
    silent,
)
from grader.scratch import private_folder

__all__ = ["DEFAULT_CAPS", "NO_ACCESS", "Access", "Caps", "Fetched", "Progress", "fetch"]


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
    access: Access = NO_ACCESS,
) -> Iterator[Fetched]:
    """Bring the submission at `source` (a link as people paste it, a folder or an archive) to a private folder.

    `ref` is a branch, a tag or a commit of 40 hex digits, and wins over the one that the link names.
    `before` is a deadline as ISO 8601 (UTC where it names no zone): the last commit up to that moment is taken.
    `also` are second repositories that the work imports: links, folders, archives, or `NAME=` and one of these.
    Each is staged in a folder of the root that has its name. Of a link without a branch, the last commit before
    the submission's own is taken, and `also_steps_back` commits before that one.
    `access` opens private repositories; `grader.fetch.access` says which host gets what.

    Raises:
        FetchError: the link is wrong, private or empty, the archive is damaged, the work is over a cap, or there
            is no commit before the deadline.
        UsageError: a path that is not there, or is some other file; a deadline for what has no commits; a token that
            the host refuses; an ssh address without `access.ssh`.
        GraderFault: no network, no git, no disk, no time.
    """
    deadline = parse_deadline(before) if before.strip() else None
    with _private_folder() as holder:
        with machine_faults():
            opened = access.bound((source, *also))
            errand = Errand(holder, caps, time.monotonic() + caps.seconds, progress or silent, opened)
            asked = Asked(ref.strip(), Moment(deadline) if deadline else None, wants_change=bool(also))
            fetched = _brought(source, asked, tuple(also), also_steps_back, errand)
            errand.tidy()
        yield fetched


def _brought(source: str, asked: Asked, also: tuple[str, ...], steps_back: int, errand: Errand) -> Fetched:
    """The git side is imported here: it is not needed before, and starting it takes time."""
    from grader.fetch.sources import bring

    first = bring(source, asked, errand)
    if not also:
        return Fetched(first.submission, first.root, access=errand.access)
    from grader.fetch.also import add

    return add(first, also, asked.moment, steps_back, errand)


@contextmanager
def _private_folder() -> Iterator[Path]:
    with ExitStack() as leaving:
        try:
            folder = leaving.enter_context(private_folder())
        except OSError as error:
            raise fault(error) from error
        yield folder

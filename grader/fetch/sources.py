"""Which kind of source it is: a link, a repository, a folder or an archive on this machine."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

from grader.errors import UsageError
from grader.fetch import archive, folder, repository
from grader.fetch.errand import Asked, Brought, Errand
from grader.fetch.local import is_bare, local_path
from grader.fetch.url import parse
from grader.text import clean


def bring(source: str, asked: Asked, errand: Errand) -> Brought:
    """Stage what `source` names below `errand.root`.

    Raises:
        FetchError, UsageError, GraderFault: as `grader.fetch.interface.fetch`.
    """
    path = local_path(source)
    if path is None:
        return repository.bring(parse(source), asked, errand)
    if is_bare(path):
        return repository.bring(folder.bare_link(path), asked, errand)
    kind = _archive_kind(path)
    if kind:
        _refuse_commits(path, asked)
        return _as_given(source, archive.bring(path, kind, errand))
    wanted = _deadline_of(asked) or asked.ref
    if wanted:
        return repository.bring(folder.committed_link(path, _option(asked)), asked, errand)
    return _as_given(source, folder.bring(path, errand))


def _archive_kind(path: Path) -> str:
    """Only a regular file is opened: a pipe would keep its reader waiting."""
    return archive.kind_of_file(path) if stat.S_ISREG(path.stat().st_mode) else ""


def _refuse_commits(path: Path, asked: Asked) -> None:
    if asked.ref or _deadline_of(asked):
        raise UsageError(
            f"{clean(path.name, 80)} is an archive: it holds no commits to choose from.",
            f"Leave {_option(asked)} out, or give the repository.",
        )


def _deadline_of(asked: Asked) -> bool:
    """Whether a deadline has to be kept. A moment that yields takes a folder as it is."""
    return asked.moment is not None and not asked.moment.yields


def _option(asked: Asked) -> str:
    return "--before" if _deadline_of(asked) else "--ref"


def _as_given(source: str, brought: Brought) -> Brought:
    """Where a folder lies on this machine is nobody's business in a report."""
    return replace(brought, submission=replace(brought.submission, source=clean(source.strip(), 300)))

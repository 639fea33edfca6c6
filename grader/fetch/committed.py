"""The commit that a folder stands at, learnt from a private clone: git never runs inside of the folder itself,
whose own configuration could name commands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from grader.errors import GraderError
from grader.fetch.complaints import first_words
from grader.fetch.errand import Errand
from grader.fetch.git import Call, Git, GitFailed
from grader.fetch.listing import Entry
from grader.fetch.refs import Target
from grader.fetch.repository import Commit, entries_of, local_link, receive


@dataclass(frozen=True)
class Committed:
    """The commit and the part of its tree that lies in the folder; paths are relative to the folder."""

    git: Git
    commit: Commit
    prefix: str  # the folder, relative to the repository's top; "" where it is the top
    entries: dict[bytes, Entry]


@dataclass(frozen=True)
class NoCommit:
    """The folder stands at no commit that could be read. `note` says why; "" where nobody would ask."""

    note: str = ""


def repository_of(folder: Path) -> Path | None:
    """The nearest folder, from this one upwards, that holds a `.git`."""
    for place in (folder, *folder.parents):
        if (place / ".git").exists():
            return place
    return None


def committed(folder: Path, errand: Errand) -> Committed | NoCommit:
    """Clone the commit that HEAD names and list what it holds of `folder`.

    A failure is a note and no error: the folder's files are there all the same.
    """
    top = repository_of(folder)
    if top is None:
        return NoCommit()
    prefix = "" if folder == top else folder.relative_to(top).as_posix()
    try:
        git = Git(errand)
        commit = receive(git, local_link(str(top), top.name), Target("HEAD", "", ()), errand)
        return _of_folder(git, commit, prefix, errand)
    except GitFailed as failed:
        return NoCommit(f"Its commit could not be read. {first_words(failed)}")
    except GraderError as error:
        return NoCommit(f"Its commit could not be read: {error.message}")


def _of_folder(git: Git, commit: Commit, prefix: str, errand: Errand) -> Committed | NoCommit:
    if prefix and not _has(git, commit, prefix):
        return NoCommit()  # it only happens to lie there: another repository's rules say nothing about it
    treeish = f"{commit.commit}:{prefix}" if prefix else commit.commit
    entries = entries_of(git, commit, treeish, errand)
    return Committed(git, commit, prefix, {entry.raw: entry for entry in entries})


def _has(git: Git, commit: Commit, prefix: str) -> bool:
    kind = Call(("cat-file", "-e", f"{commit.commit}:{prefix}"), commit.git_dir)
    try:
        git.output(kind)
    except GitFailed:
        return False
    return True

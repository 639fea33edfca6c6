"""What was handed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class SubmittedFile:
    path: str  # relative to the submission's root, with forward slashes
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class LeftOut:
    """A file that was handed in but not taken or not understood, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class SecondRepository:
    """Another repository that the submission's code imports, staged as a folder inside of the submission's root."""

    source: str  # as it was given, without credentials
    kind: Literal["git", "folder", "archive"]
    name: str
    folder: str  # where it lies, relative to the submission's root: "pytorch-main-eva8"
    ref: str  # branch or tag that its link names; "" for the default branch
    commit: str  # 40 hex digits; "" where there is none
    committed_at: str  # ISO 8601; "" where there is no commit
    tree_digest: str  # of this repository alone, paths as in it
    files: tuple[SubmittedFile, ...]  # all of it; paths relative to the submission's root
    earlier_commits: int = 0  # how far it can be walked back; 0 where its commit is not the grader's choice
    steps_back: int = 0  # commits that were stepped over because the submission's code does not fit them
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Submission:
    """What was handed in, as it was found. The staged files themselves lie outside of this record."""

    source: str  # as it was given, without credentials
    kind: Literal["git", "folder", "archive"]
    name: str  # short name for people and for the run's folder: "ada/mnist-one-epoch"
    subfolder: str  # "" or a path inside of the repository that was handed in: "S4"
    ref: str  # branch or tag as asked for; "" for the default branch
    commit: str  # 40 hex digits; "" where there is none
    committed_at: str  # ISO 8601; "" where there is no commit
    dirty: bool  # a folder that differs from its own commit
    tree_digest: str  # "sha256:..." over the sorted paths and contents of `files`, and over `also`
    files: tuple[SubmittedFile, ...]  # below `subfolder` only
    left_out: tuple[LeftOut, ...] = ()
    readme_path: str = ""  # the README that the link itself named, relative to the root
    notes: tuple[str, ...] = ()
    also: tuple[SecondRepository, ...] = ()  # their files are not among `files`
    named_file: str = ""  # the notebook or Python file that the link itself named, relative to the root

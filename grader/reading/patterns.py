"""Paths of what was handed in, against the patterns of a spec: `models/resnet.py`, `S3/*.ipynb`, `data/`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from grader.records import Submission

Where = Literal["submission", "second repository", "anywhere"]
LIMIT_PARTS = 40
"""Folders of a path that are looked at: nobody nests deeper by hand."""


@dataclass(frozen=True)
class Paths:
    """What fits a pattern: at the place that it names, or with the same folders further down."""

    here: tuple[str, ...] = ()
    deeper: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return self.here + self.deeper


def relative(path: str, submission: Submission) -> tuple[str, bool]:
    """(path in its own repository, whether that is the submission and no second repository)."""
    for second in submission.also:
        if path.startswith(second.folder + "/"):
            return path[len(second.folder) + 1 :], False
    return path, True


def handed_in(submission: Submission, where: Where) -> tuple[str, ...]:
    """All paths, each relative to its own repository; what was too large to be taken was handed in, too."""
    own = [file.path for file in submission.files] + [left.path for left in submission.left_out]
    second = [
        relative(path, submission)[0]
        for other in submission.also
        for path in [*(f.path for f in other.files), *(left.path for left in other.left_out)]
    ]
    return tuple((own if where != "second repository" else []) + (second if where != "submission" else []))


def looked_at(path: str, submission: Submission, where: Where, pattern: str = "") -> bool:
    """Whether a rule is about this file, which is named relative to the submission's root."""
    inside, own = relative(path, submission)
    is_there = where == "anywhere" or own == (where == "submission")
    return is_there and (not pattern or fits(inside, pattern, submission.subfolder) != "")


def fitting(paths: Iterable[str], pattern: str, subfolder: str = "") -> Paths:
    """The paths that a pattern names. Upper and lower case are one; a pattern with `/` at its end is a folder."""
    here: list[str] = []
    deeper: list[str] = []
    for path in paths:
        how = fits(path, pattern, subfolder)
        if how:
            (here if how == "here" else deeper).append(path)
    return Paths(tuple(here), tuple(deeper))


def fits(path: str, pattern: str, subfolder: str = "") -> Literal["here", "deeper", ""]:
    """How a path fits: from the root or the submission's subfolder on, or only from a folder further down."""
    parts = path.lower().split("/")[-LIMIT_PARTS:]
    wanted = pattern.lower().rstrip("/").split("/")
    if pattern.endswith("/"):
        wanted.append("**")
    if _same(parts, wanted):
        return "here"
    inside = subfolder.strip("/").lower().split("/") if subfolder.strip("/") else []
    if inside and parts[: len(inside)] == inside and _same(parts[len(inside) :], wanted):
        return "here"
    return "deeper" if any(_same(parts[start:], wanted) for start in range(1, len(parts))) else ""


def _same(parts: list[str], wanted: list[str]) -> bool:
    if wanted[-1] == "**":  # a folder: something must lie in it
        wanted = wanted[:-1]
        parts = parts[: len(wanted)] if len(parts) > len(wanted) else []
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def named(name: str, pattern: str) -> bool:
    """Whether a class, function or module fits a pattern; upper and lower case are one."""
    return fnmatchcase(name.lower(), pattern.lower())

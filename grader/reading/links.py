"""Whether a picture or a relative link of a README leads somewhere inside of the submission.

Nothing is fetched: an absolute address is always taken as fine.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from grader.records import Submission

LIMIT_ENTRIES = 50_000
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
_ON_GITHUB = re.compile(
    r"https?://(?:www\.)?(?:github\.com|raw\.githubusercontent\.com|colab\.research\.google\.com/github"
    r"|nbviewer\.(?:jupyter\.)?org/github)/([^/]+/[^/]+)/(?:(?:blob|raw|tree)/)?[^/]+/([^?#]+)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Targets:
    """What a link can lead to. Paths are relative to the submission's root."""

    files: frozenset[str]
    folders: frozenset[str]
    by_lower_case: dict[str, str]
    subfolder: str
    knows_all: bool  # what lies outside of the subfolder is known too

    def path_of(self, target: str, folder: str) -> str:
        """The path that a relative link means; "" for the root, ".." in front where it climbs out."""
        path = unquote(re.split(r"[?#]", target, maxsplit=1)[0]).replace("\\", "/")
        joined = path.lstrip("/") if path.startswith("/") else posixpath.join(folder, path)
        normal = posixpath.normpath(joined)
        return "" if normal == "." else normal


def targets(root: Path, submission: Submission) -> Targets:
    """Everything that was handed in, also what was left out for its size, and what is staged beside it."""
    staged = list(_staged(root))
    handed_in = [file.path for file in submission.files] + [left.path for left in submission.left_out]
    files = frozenset([*staged, *handed_in])
    folders = frozenset(parent for file in files for parent in _parents(file))
    inside = submission.subfolder.rstrip("/") + "/" if submission.subfolder else ""
    return Targets(
        files=files,
        folders=folders,
        by_lower_case={path.lower(): path for path in sorted(files | folders)},
        subfolder=submission.subfolder,
        knows_all=not inside or any(not file.startswith(inside) for file in staged),
    )


def _staged(root: Path) -> Iterator[str]:
    """Files and links below the root, without following a link."""
    waiting = [root]
    count = 0
    while waiting and count < LIMIT_ENTRIES:
        folder = waiting.pop()
        try:
            entries = sorted(folder.iterdir())
        except OSError:
            continue
        for entry in entries:
            count += 1
            if entry.is_dir() and not entry.is_symlink():
                if entry.name != ".git":
                    waiting.append(entry)
            else:
                yield entry.relative_to(root).as_posix()


def _parents(path: str) -> Iterator[str]:
    while path:
        path = posixpath.dirname(path)
        yield path


def is_absolute(target: str) -> bool:
    return bool(_ABSOLUTE.match(target))


def fault(target: str, folder: str, known: Targets, anchors: frozenset[str]) -> str:
    """What is wrong with a link, as words behind its name; "" where nothing is or nothing can be known."""
    if not target.strip():
        return "has no target"
    if is_absolute(target):
        return ""
    if target.startswith("#"):
        slug = plain_anchor(target)
        return "" if not slug or slug in anchors else "leads to no heading of this page"
    path = known.path_of(target, folder)
    if path.startswith("..") or path in known.files or path in known.folders:
        return ""
    inside = not known.subfolder or path.startswith(known.subfolder.rstrip("/") + "/")
    if not inside and not known.knows_all:
        return ""
    other = known.by_lower_case.get(path.lower())
    if other:
        return f"is not in the submission; {other} differs only by case"
    return "is not in the submission"


def plain_anchor(text: str) -> str:
    """A heading or an anchor by its letters and digits alone: how emoji become slugs is written nowhere."""
    return "".join(letter for letter in unquote(text).lower() if letter.isalnum())


def own_path(target: str, source: str) -> str:
    """The path that an absolute address gives, where it leads into the submission's own GitHub repository."""
    found = _ON_GITHUB.match(target)
    own = re.search(r"github\.com[/:]([^/]+/[^/]+?)(?:\.git)?(?:/|$)", source, re.IGNORECASE)
    if not found or not own or found[1].lower() != own[1].lower():
        return ""
    return unquote(found[2])

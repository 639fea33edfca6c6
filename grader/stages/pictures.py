"""The submission's pictures, decoded by a worker that runs nothing else; only where a check asks for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from grader.isolation.pictures_answer import decode
from grader.isolation.supervisor import Ending
from grader.reading.pieces import is_skipped
from grader.records import Absent, Pictures, Submission
from grader.stages.workers import OpenWorker

if TYPE_CHECKING:
    from grader.spec.schema import Spec

SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp")
LIMIT_FILES = 400
LIMIT_BYTES = 64 * 1024 * 1024


def pictures(spec: Spec, submission: Submission, open_worker: OpenWorker) -> Pictures | Absent:
    """The pictures where a check of this spec looks at them; else absent, and no worker is started."""
    if not any("pictures" in rule.needs for rule in spec.rules):
        return Absent("skipped", "No check asks for pictures.")
    paths, left = _paths(submission)
    if not paths:
        return Pictures(())
    with open_worker() as worker:
        found = decode(worker, paths)
    if isinstance(found, Ending):
        return _ended(found)
    more = f"Only {LIMIT_FILES} of {LIMIT_FILES + left} files with pictures were looked at." if left else ""
    return Pictures(found.pictures, found.cut or more)


def _paths(submission: Submission) -> tuple[tuple[str, ...], int]:
    """(files that are or may hold pictures, how many more there are): the README's neighbours before deep folders."""
    found = sorted(_all(submission), key=lambda path: (path.count("/"), path))
    return tuple(found[:LIMIT_FILES]), max(0, len(found) - LIMIT_FILES)


def _all(submission: Submission) -> Iterable[str]:
    for file in submission.files:
        if is_skipped(file.path) or file.size_bytes > LIMIT_BYTES:
            continue
        if file.path.lower().endswith((*SUFFIXES, ".ipynb")):
            yield file.path


def _ended(ending: Ending) -> Absent:
    """A picture that breaks its decoder is the student's doing as little as the grader's: a person looks."""
    if ending.kind in ("machine", "killed"):
        return Absent("errored", ending.sentence, "Run it again.", stage="pictures")
    reason = f"The pictures could not be decoded. {ending.sentence}"
    return Absent("review", reason, "Open the pictures in the repository.", stage="pictures")

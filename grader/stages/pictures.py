"""The submission's pictures, decoded by a worker that runs nothing else; only where a check asks for them.

Of those that a person is to look at, the report gets copies.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from grader.evaluation.gallery import distinct, gallery, is_blank
from grader.evaluation.picture_file import palette_png
from grader.isolation.pictures_answer import Copied, copy, decode
from grader.isolation.supervisor import Ending, Worker
from grader.reading.pieces import is_skipped
from grader.records import Absent, Picture, PictureCopy, Pictures, Reading, Submission
from grader.stages.workers import OpenWorker
from grader.text import clean_path

if TYPE_CHECKING:
    from grader.spec.schema import Spec

SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp")
LIMIT_FILES = 400
LIMIT_BYTES = 64 * 1024 * 1024


MAX_COPIES = 6


def pictures(
    spec: Spec, submission: Submission, reading: Reading, open_worker: OpenWorker
) -> Pictures | Absent:
    """The pictures where a check of this spec, or a person, looks at them; else absent, and no worker is started."""
    shown = any("pictures" in getattr(rule, "look_at", ()) for rule in spec.rules)
    if not shown and not any("pictures" in rule.needs for rule in spec.rules):
        return Absent("skipped", "No check asks for pictures.")
    paths, left = _paths(submission)
    if not paths:
        return Pictures(())
    with open_worker() as worker:
        found = decode(worker, paths)
        if isinstance(found, Ending):
            return _ended(found)
        copies = _copies(worker, found, paths, reading) if shown else ()
    more = f"Only {LIMIT_FILES} of {LIMIT_FILES + left} files with pictures were looked at." if left else ""
    return Pictures(found.pictures, found.cut or more, copies)


def _copies(
    worker: Worker, found: Pictures, paths: tuple[str, ...], reading: Reading
) -> tuple[PictureCopy, ...]:
    """Those of the README first. A copy that cannot be had is left out: the picture is in the submission."""
    whole = [one for one in gallery(found, reading.readme, reading.notebooks) if not one.picture.fault]
    seen = [one for one in whole if not is_blank(one.picture)]
    first = [one.picture for one in sorted(seen, key=lambda one: not one.in_readme)]
    chosen = distinct(first)[:MAX_COPIES]
    addresses = _addresses(found, paths)
    copied = copy(worker, [addresses[id(one)] for one in chosen]) if chosen else []
    if isinstance(copied, Ending):
        return ()
    return tuple(_shown(one, made) for one, made in zip(chosen, copied, strict=True) if made is not None)


def _addresses(found: Pictures, paths: tuple[str, ...]) -> dict[int, tuple[str, int, int]]:
    """Of each picture, by its identity: its file, its cell (0 for a file), and which of that cell's it is."""
    named = {clean_path(path): path for path in paths}
    before: Counter[str] = Counter()
    places = {}
    for one in found.pictures:
        path, _, cell = one.place.rpartition(", cell ")
        place = (named[path], int(cell)) if path in named and cell.isdecimal() else (named[one.place], 0)
        places[id(one)] = (*place, before[one.place])
        before[one.place] += 1
    return places


def _shown(picture: Picture, made: Copied) -> PictureCopy:
    height, width = made.indices.shape
    return PictureCopy(
        picture.place,
        width,
        height,
        base64.b64encode(palette_png(made.indices, made.palette)).decode("ascii"),
    )


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

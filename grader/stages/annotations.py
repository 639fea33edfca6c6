"""The boxes that anchors were made for, read by a worker, and k-means on them; only where a check asks for anchors."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from grader.errors import DataMissing
from grader.fetch.interface import Fetched
from grader.isolation.annotations_answer import MAX_WRONG, FileOfBoxes, left_out, read_annotations
from grader.isolation.supervisor import Ending
from grader.reading.anchors import stated_anchors
from grader.reading.class_counts import stated_classes
from grader.reading.pages import Page, pages
from grader.reading.pieces import is_skipped, pieces
from grader.reading.read import readme_path
from grader.records import Absent, Annotations, ClassCount, StatedAnchors, Submission
from grader.stages.workers import OpenWorker
from grader.text import clean

if TYPE_CHECKING:
    from grader.data.interface import Request
    from grader.evaluation.anchors import Sizes
    from grader.spec.schema import Spec

LIMIT_FILES = 40
LIMIT_BYTES = 64 * 1024 * 1024
_NAMED = re.compile(r"instances_(?:train|val)2017(?:\.json)?")
_LIKELY = re.compile(r"anno|coco|instances|bbox|boxes", re.IGNORECASE)
_COMMIT = "Commit the annotation file that your anchors were made for."


def boxes_and_anchors(
    spec: Spec, fetched: Fetched, open_worker: OpenWorker, published: Request | None = None
) -> Annotations | Absent:
    """The boxes where a check of this spec looks at them; else absent, and no worker is started."""
    if not any("annotations" in rule.needs for rule in spec.rules):
        return Absent("skipped", "No check asks for anchors.")
    submission, root = fetched.submission, fetched.root
    file = _own(submission, open_worker)
    if isinstance(file, Ending):
        return _ended(file)
    stated_on, cut = pages(root, submission, readme_path(root, submission))
    official = False
    if not file.place and (name := _named(root, submission, stated_on)):
        try:
            file, official = _published(name, published)
        except DataMissing as missing:
            graded = published is not None and published.download  # a self-check downloads nothing
            return Absent("errored" if graded else "skipped", missing.message, missing.hint, "annotations")
    return _evidence(file, official, stated_on, cut)


# --- the file -----------------------------------------------------------------------------------------------


def _own(submission: Submission, open_worker: OpenWorker) -> FileOfBoxes | Ending:
    """The submission's own annotation file. No worker is started where nothing can be one."""
    paths = _paths(submission)
    if not paths:
        return _none()
    with open_worker() as worker:
        return read_annotations(worker, paths)


def _paths(submission: Submission) -> tuple[str, ...]:
    """JSON files that may hold boxes: by their names first, then the large ones."""
    found = [
        (not _LIKELY.search(file.path), -file.size_bytes, file.path)
        for file in submission.files
        if file.path.lower().endswith(".json")
        and not is_skipped(file.path)
        and file.size_bytes <= LIMIT_BYTES
    ]
    return tuple(path for *_, path in sorted(found)[:LIMIT_FILES])


def _none() -> FileOfBoxes:
    import numpy as np

    fault = "no file in the schema of COCO was handed in, and no published one is named"
    return FileOfBoxes("", fault, 0, (), (), np.zeros((0, 2)))


def _named(root: Path, submission: Submission, stated_on: tuple[Page, ...]) -> str:
    """The published file that the pages or the source name; "" where they name none."""
    texts: Iterable[str] = (piece.text for page in stated_on for piece in page.pieces)
    found = next((one for text in texts if (one := _NAMED.search(text))), None)
    if found is None:
        source = (piece.raw or piece.text for piece in pieces(root, submission, []))
        found = next((one for text in source if (one := _NAMED.search(text))), None)
    return f"{found[0].removesuffix('.json')}.json" if found else ""


def _published(name: str, request: Request | None) -> tuple[FileOfBoxes, bool]:
    """A published file that a submission names, and whether it is the official copy.

    Raises:
        DataMissing: it is not on this machine, and cannot be had.
    """
    import numpy as np

    from grader.data import coco
    from grader.data.interface import Request

    found = coco.load(request or Request(download=False), name)
    boxes = found.boxes
    place = f"COCO 2017, {name}"
    wrong = boxes.wrong[:MAX_WRONG]
    file = FileOfBoxes(
        place=place,
        fault="",
        images=boxes.images,
        classes=tuple(ClassCount(clean(label, 100), *counts) for label, *counts in boxes.categories),
        left_out=tuple(left_out(place, one.reason, one.boxes, one.first) for one in wrong),
        sizes=np.frombuffer(boxes.sizes, np.float64).reshape(-1, 2),
    )
    return file, found.official


def _ended(ending: Ending) -> Absent:
    """A file that breaks its reader is the student's doing as little as the grader's: a person looks."""
    if ending.kind in ("machine", "killed"):
        return Absent("errored", ending.sentence, "Run it again.", stage="annotations")
    reason = f"The annotation file could not be read. {ending.sentence}"
    hint = "Open the annotation file; one with boxes, images and categories alone is small."
    return Absent("review", reason, hint, stage="annotations")


# --- what is stated, and what it is worth --------------------------------------------------------------------


def _evidence(file: FileOfBoxes, official: bool, stated_on: tuple[Page, ...], cut: str) -> Annotations:
    from grader.evaluation.anchors import clusterings

    stated = stated_anchors(stated_on)
    return Annotations(
        place=file.place,
        fault=_fault(file),
        official=official,
        images=file.images,
        boxes=len(file.sizes),
        classes=file.classes,
        left_out=file.left_out,
        clusters=clusterings(file.sizes) if len(file.sizes) else (),
        stated=tuple(_measured(one, file.sizes) for one in stated.anchors),
        stated_classes=stated_classes(stated_on, [one.name for one in file.classes]),
        loose_iou=stated.loose_iou,
        others=file.others,
        cut=cut,
    )


def _fault(file: FileOfBoxes) -> str:
    """Why nothing can be computed, as a sentence with its place and the next step; "" where it can."""
    if not file.fault:
        return ""
    where = f"{file.place} cannot be used" if file.place else "There is nothing to compute with"
    return f"{where}: {file.fault}. {_COMMIT}"


def _measured(one: StatedAnchors, sizes: Sizes) -> StatedAnchors:
    """With the mean IoU of these anchors on the boxes, and of those with width and height exchanged."""
    import numpy as np

    from grader.evaluation.anchors import mean_iou

    if not one.anchors or not len(sizes) or 0 in one.scale:
        return one
    pairs = np.array(one.anchors, np.float64)
    straight, exchanged = pairs / np.array(one.scale), pairs[:, ::-1] / np.array(one.scale)
    return replace(
        one,
        measured_iou=round(mean_iou(sizes, straight), 6),
        exchanged_iou=round(mean_iou(sizes, exchanged), 6),
    )

"""Which files are read for their boxes, where they come from else, and what it means that they could not be had."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import get_args

import pytest

from grader.data import coco
from grader.data.interface import Request
from grader.fetch.interface import fetch
from grader.isolation.supervisor import Ending, EndingKind, Worker
from grader.records import Absent, Annotations, Submission, SubmittedFile
from grader.spec.load import load_spec
from grader.stages.annotations import LIMIT_BYTES, LIMIT_FILES, _ended, _paths, boxes_and_anchors
from grader.stages.workers import choose_sandbox, opener

BOXES = {
    "images": [{"id": 1, "width": 100, "height": 50}],
    "annotations": [
        {"image_id": 1, "category_id": 3, "bbox": [0, 0, 25, 10]},
        {"image_id": 1, "category_id": 3, "bbox": [0, 0, 20, 40]},
        {"image_id": 2, "category_id": 3, "bbox": [0, 0, 20, 40]},
    ],
    "categories": [{"id": 3, "name": "car"}],
}
README = "# A\n\n| class | boxes |\n|-|-|\n| car | 2 |\n\n## k = 2, mean IoU 1.0\n\n(25, 20) and (20, 80), for images of 100 px\n"


def no_worker() -> Worker:
    raise AssertionError("no worker is started where nothing has to be parsed")


def looked_at(root: Path, published: Request | None = None, open_worker=no_worker) -> Annotations | Absent:
    with fetch(str(root)) as fetched:
        return boxes_and_anchors(load_spec("eva8_s10_yolo").spec, fetched, open_worker, published)


def test_likely_names_and_large_files_first():
    sizes = {
        "package.json": 9,
        "data.json": 90,
        "B/sample_coco.json": 5,
        "big_coco.json": LIMIT_BYTES + 1,
        "a.py": 1,
    }
    many = {f"x/{number}.json": 1 for number in range(2 * LIMIT_FILES)}
    files = tuple(SubmittedFile(path, size, "0" * 64) for path, size in (sizes | many).items())
    paths = _paths(Submission("x", "folder", "x", "", "", "", "", False, "sha256:0", files))
    assert paths[:3] == ("B/sample_coco.json", "data.json", "package.json")
    assert len(paths) == LIMIT_FILES


@pytest.mark.parametrize("kind", get_args(EndingKind))
def test_nobody_loses_points_by_a_worker_that_ended(kind):
    absent = _ended(Ending(kind, "It ended."))
    assert absent.cause == ("errored" if kind in ("machine", "killed") else "review")
    assert "It ended." in absent.reason


def test_nothing_is_looked_at_where_no_check_asks(tmp_path):
    (tmp_path / "a_coco.json").write_text(json.dumps(BOXES))
    with fetch(str(tmp_path)) as fetched:
        found = boxes_and_anchors(load_spec("s4").spec, fetched, no_worker)
    assert found == Absent("skipped", "No check asks for anchors.")


def test_without_a_file_what_is_stated_is_still_read(tmp_path):
    (tmp_path / "README.md").write_text(README)
    found = looked_at(tmp_path)
    assert isinstance(found, Annotations)
    assert found.fault == (
        "There is nothing to compute with: no file in the schema of COCO was handed in, and no published one is named. "
        "Commit the annotation file that your anchors were made for."
    )
    assert (found.stated[0].k, found.stated[0].measured_iou, found.clusters) == (2, -1.0, ())


def test_the_published_file_where_it_is_named(tmp_path):
    work, data = tmp_path / "work", tmp_path / "data"
    work.mkdir()
    data.mkdir()
    (work / "README.md").write_text(README)
    (work / "anchors.py").write_text('FILE = "instances_val2017.json"\n')
    graded = Request(data, True, environment={"XDG_CACHE_HOME": str(tmp_path)}, download=False)
    missing = looked_at(work, graded)
    assert isinstance(missing, Absent)
    assert (missing.cause, missing.stage) == ("skipped", "annotations")
    with zipfile.ZipFile(data / coco.ARCHIVE.name, "w") as files:
        files.writestr("annotations/instances_val2017.json", json.dumps(BOXES))
    found = looked_at(work, graded)
    assert isinstance(found, Annotations)
    assert (found.place, found.official, found.boxes) == ("COCO 2017, instances_val2017.json", False, 2)
    assert found.left_out[0].path == "COCO 2017, instances_val2017.json, annotations[2]"


@pytest.mark.sandbox
@pytest.mark.timeout(300)
def test_the_submissions_own_file_in_the_sandbox(tmp_path):
    sandbox, _ = choose_sandbox(plain_allowed=False)
    (tmp_path / "README.md").write_text(README)
    (tmp_path / "a_coco.json").write_text('{"images": [], "annotations": [}, "categories": []}')
    (tmp_path / "boxes.json").write_text(json.dumps(BOXES))
    with fetch(str(tmp_path)) as fetched:
        found = boxes_and_anchors(load_spec("eva8_s10_yolo").spec, fetched, opener(sandbox, fetched.root, 1))
    assert isinstance(found, Annotations)
    assert (found.place, found.fault, found.boxes, found.images) == ("boxes.json", "", 2, 1)
    assert found.left_out[0].reason == "names no image of the file"
    assert [one.k for one in found.clusters] == [2]
    (one,) = found.stated
    assert (one.scale, one.measured_iou) == ((100.0, 100.0), 1.0)
    assert one.exchanged_iou < 0.6
    assert found.stated_classes[0].value == 2

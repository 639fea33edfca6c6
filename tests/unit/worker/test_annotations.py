"""Which file of a submission is its annotation file, and what a worker says of it."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from grader.worker import annotations
from grader.worker.annotations import read

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "annotations.py"
REFERENCE = (
    Path(__file__).resolve().parents[3] / "reference_models" / "eva8_s10_yolo" / "B" / "annotations.json"
)


def generated() -> dict[str, Any]:
    spec = importlib.util.spec_from_file_location("grader_test_annotations", FIXTURE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made: dict[str, Any] = module.coco_like()
    return made


def test_the_reference_holds_the_stand_in() -> None:
    assert json.loads(REFERENCE.read_text("utf-8")) == generated()


def test_the_first_file_with_boxes_counts(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "broken.json").write_text('{"images": [], "annotations": [}, "categories": []}')
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(json.dumps(generated()))
    facts, sizes = read(tmp_path, ["package.json", "broken.json", "a.json", "b.json", "none.json"], 60)
    assert (facts["file"], facts["fault"], facts["images"], facts["others"]) == (2, "", 150, [3])
    assert facts["categories"][0] == ["person", 189, 189]
    assert sizes.shape == (480, 2)


def test_a_broken_file_says_where(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"images": [],\n "annotations": [}, "categories": []}')
    facts, sizes = read(tmp_path, ["a.json"], 60)
    assert (facts["file"], len(sizes)) == (0, 0)
    assert facts["fault"].startswith("line 2, column ")


def test_a_file_without_usable_boxes(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"images": [], "annotations": [{}], "categories": []}')
    facts, _ = read(tmp_path, ["a.json"], 60)
    assert facts["fault"] == "none of its boxes can be used"
    assert facts["wrong"] == [['has no "bbox" of four numbers', 1, 0]]


def test_links_large_files_and_late_files_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.json").write_text(json.dumps(generated()))
    (tmp_path / "link.json").symlink_to(tmp_path / "a.json")
    assert read(tmp_path, ["link.json"], 60)[0]["file"] == -1
    assert read(tmp_path, ["a.json"], 0)[0]["file"] == -1
    monkeypatch.setattr(annotations, "MAX_BYTES", 100)
    assert read(tmp_path, ["a.json"], 60)[0]["file"] == -1

"""The published boxes of COCO: verified, read out of the zip file, and never guessed."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli import data as cli
from grader.data import coco
from grader.data.download import Remote
from grader.data.interface import Request, annotation_sets, variants
from grader.errors import DataMissing, GraderFault, UsageError

BOXES = {
    "images": [{"id": 1, "width": 100, "height": 50}],
    "annotations": [{"image_id": 1, "category_id": 3, "bbox": [0, 0, 25, 10]}],
    "categories": [{"id": 3, "name": "car"}],
}


def packed(folder: Path, text: str = json.dumps(BOXES)) -> Path:
    place = folder / coco.ARCHIVE.name
    place.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr("annotations/instances_val2017.json", text)
    return place


@pytest.fixture
def official(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small archive that stands for the published one."""
    place = packed(tmp_path / "data" / "coco")
    digest = hashlib.md5(place.read_bytes(), usedforsecurity=False).hexdigest()
    monkeypatch.setattr(coco, "ARCHIVE", Remote(place.name, place.stat().st_size, digest))
    return place


def request(tmp_path: Path, unofficial: bool = False) -> Request:
    return Request(
        tmp_path / "data", unofficial, download=False, environment={"XDG_CACHE_HOME": str(tmp_path / "cache")}
    )


def test_it_is_no_task() -> None:
    assert set(annotation_sets()) == {"coco"}
    assert "coco" not in variants()


def test_the_official_file(tmp_path: Path, official: Path) -> None:
    found = coco.load(request(tmp_path))
    assert (found.name, found.place, found.official) == ("instances_val2017.json", "--data-dir", True)
    assert list(found.boxes.sizes) == [0.25, 0.2]


def test_another_copy_is_refused_unless_it_is_allowed(tmp_path: Path) -> None:
    packed(tmp_path / "data")
    with pytest.raises(GraderFault, match="not the official COCO 2017 annotations file"):
        coco.load(request(tmp_path))
    assert not coco.load(request(tmp_path, unofficial=True)).official


@pytest.mark.parametrize("text", ["{", "[]", '{"images": []}'], ids=["open", "list", "part"])
def test_damaged_contents(text: str, tmp_path: Path) -> None:
    packed(tmp_path / "data", text)
    with pytest.raises(GraderFault, match=r"expected boxes in annotations/instances_val2017\.json"):
        coco.load(request(tmp_path, unofficial=True))


def test_an_archive_without_the_file_and_one_that_is_none(tmp_path: Path) -> None:
    place = packed(tmp_path / "data")
    with pytest.raises(GraderFault, match="instances_train2017"):
        coco.load(request(tmp_path, unofficial=True), "instances_train2017.json")
    place.write_bytes(b"<html>")
    with pytest.raises(GraderFault, match="File is not a zip file"):
        coco.load(request(tmp_path, unofficial=True))


def test_one_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed(tmp_path / "data", " " * 100_000)
    monkeypatch.setattr(coco, "LIMIT_BYTES", 50_000)
    with pytest.raises(GraderFault, match="it has 100,000 bytes unpacked"):
        coco.load(request(tmp_path, unofficial=True))


def test_where_it_is_nowhere(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="COCO 2017 annotations is not on this machine") as raised:
        coco.load(request(tmp_path))
    assert "grader data fetch coco" in raised.value.hint
    with pytest.raises(UsageError, match=r'no file "captions\.json"'):
        coco.load(request(tmp_path), "captions.json")


def test_verify_and_where(tmp_path: Path, official: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("GRADER_DATA", raising=False)
    folder = str(tmp_path / "data")
    said = CliRunner().invoke(cli.command, ["verify", "coco", "--data-dir", folder])
    assert said.output == (
        "COCO 2017 annotations: official, 1 box in instances_val2017.json\nfrom --data-dir\n"
    )
    said = CliRunner().invoke(cli.command, ["where", "--data-dir", folder])
    assert f"coco\n  --data-dir   {folder}: complete (not verified)\n" in said.output


def test_fetch_leaves_alone_what_is_there(
    official: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cache = tmp_path / "cache" / "grader" / "data"
    cache.mkdir(parents=True)
    (cache / official.name).write_bytes(official.read_bytes())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    said = CliRunner().invoke(cli.command, ["fetch", "coco"])
    assert said.output == f"COCO 2017 annotations: official\nin {cache}\n"

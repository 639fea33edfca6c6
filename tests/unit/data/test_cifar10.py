"""CIFAR-10 from folders: both versions, official and not, and as torchvision reads it."""

from __future__ import annotations

import hashlib
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from grader.data import cifar10, cifar_batches
from grader.data.interface import DataSet, load
from grader.errors import DataMissing, GraderFault

NO_PLACE = {"XDG_CACHE_HOME": "/nonexistent"}


def write_copy(folder: Path, records: bool = False, protocol: int = 2) -> Path:
    """Six made batches of ten pictures each."""
    rng = np.random.default_rng(5)
    folder.mkdir(parents=True, exist_ok=True)
    for stem in cifar10.STEMS:
        images = rng.integers(0, 256, (10, 3, 32, 32)).astype(np.uint8)
        labels = rng.permutation(10).astype(np.uint8)
        if records:
            (folder / f"{stem}.bin").write_bytes(cifar_batches.as_records(images, labels))
        else:
            batch = {"data": images.reshape(10, 3072), "labels": labels.tolist()}
            (folder / stem).write_bytes(pickle.dumps(batch, protocol=protocol))
    return folder


def read(folder: Path, unofficial: bool = True) -> DataSet:
    return load("cifar10", data_dir=folder, allow_unofficial=unofficial, environment=NO_PLACE)


def test_an_unofficial_copy_is_refused_with_the_next_step(tmp_path: Path) -> None:
    write_copy(tmp_path / "cifar-10-batches-py")
    with pytest.raises(GraderFault, match="not the official CIFAR-10 file") as caught:
        read(tmp_path, unofficial=False)
    assert str(tmp_path / "cifar-10-batches-py" / "data_batch_1") in caught.value.message
    assert cifar10.OFFICIAL_RECORDS_SHA256["data_batch_1"] in caught.value.message
    assert "--unofficial-data" in caught.value.hint
    assert not isinstance(caught.value, DataMissing)


@pytest.mark.parametrize("layout", ["cifar-10-batches-py", "cifar10", ""])
def test_an_unofficial_copy_is_taken_when_asked_for_and_named(layout: str, tmp_path: Path) -> None:
    write_copy(tmp_path / layout)
    data = read(tmp_path)
    assert not data.facts.official
    assert data.facts.name == "CIFAR-10, unofficial copy"
    assert data.facts.place == "--data-dir; an unofficial copy"
    assert (data.facts.train_images, data.facts.test_images) == (50, 10)
    assert data.train_images.shape == (50, 3, 32, 32)
    assert data.class_names[3] == "cat"


def test_both_versions_are_the_same_set(tmp_path: Path) -> None:
    pickled, records = write_copy(tmp_path / "p"), write_copy(tmp_path / "r", records=True)
    one, other = read(pickled), read(records)
    np.testing.assert_array_equal(one.train_images, other.train_images)
    np.testing.assert_array_equal(one.test_labels, other.test_labels)
    assert one.facts.digest == other.facts.digest


def test_official_is_what_has_the_published_checksums(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_copy(tmp_path / "p")
    md5 = {stem: hashlib.md5((folder / stem).read_bytes()).hexdigest() for stem in cifar10.STEMS}
    monkeypatch.setattr(cifar10, "OFFICIAL_MD5", md5)
    data = read(folder, unofficial=False)
    assert data.facts.official
    assert (data.facts.name, data.facts.place) == ("CIFAR-10", "--data-dir")
    again = write_copy(tmp_path / "q", protocol=4)  # the same pictures, pickled by another Python
    with pytest.raises(GraderFault, match="not the official"):
        read(again, unofficial=False)
    plain = write_copy(tmp_path / "r", records=True)
    sha256 = {
        stem: hashlib.sha256((plain / f"{stem}.bin").read_bytes()).hexdigest() for stem in cifar10.STEMS
    }
    monkeypatch.setattr(cifar10, "OFFICIAL_RECORDS_SHA256", sha256)
    assert read(again, unofficial=False).facts.official
    assert read(plain, unofficial=False).facts.official


@pytest.mark.parametrize(
    ("contents", "found"),
    [
        (b"<!DOCTYPE html><html>", "a web page (HTML)"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        (b"", "an empty file"),
        (b"\x80\x02}", "a damaged pickle"),
    ],
)
def test_something_else_in_place_of_a_batch_is_named(contents: bytes, found: str, tmp_path: Path) -> None:
    folder = write_copy(tmp_path)
    (folder / "data_batch_3").write_bytes(contents)
    with pytest.raises(GraderFault) as caught:
        read(folder)
    assert str(folder / "data_batch_3") in caught.value.message
    assert found in caught.value.message
    assert "grader data fetch cifar10" in caught.value.hint


def test_a_file_that_is_far_too_large_is_not_read(tmp_path: Path) -> None:
    folder = write_copy(tmp_path)
    with (folder / "test_batch").open("wb") as file:
        file.truncate(cifar_batches.MAX_FILE_BYTES + 1)
    with pytest.raises(GraderFault, match="at most 67,108,864 bytes, found 67,108,865"):
        read(folder)


def test_an_incomplete_copy_says_what_it_lacks(tmp_path: Path) -> None:
    folder = write_copy(tmp_path)
    (folder / "test_batch").unlink()
    with pytest.raises(DataMissing, match="lacks test_batch"):
        load("cifar10", data_dir=folder, download=False, environment=NO_PLACE)


@pytest.mark.slow
def test_the_real_copy_is_what_torchvision_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Path(os.environ.get("GRADER_DATA", "/nonexistent"))
    if not (place / "cifar-10-batches-py").is_dir():
        pytest.skip("GRADER_DATA does not hold CIFAR-10")
    cifar = pytest.importorskip("torchvision.datasets.cifar")
    monkeypatch.setattr(cifar, "check_integrity", lambda *_: True)  # an unofficial copy is to be compared too
    data = load("cifar10", data_dir=place, allow_unofficial=True, download=False, environment=NO_PLACE)
    for train, images, labels in (
        (True, data.train_images, data.train_labels),
        (False, data.test_images, data.test_labels),
    ):
        theirs = cifar.CIFAR10(place, train=train)
        np.testing.assert_array_equal(images.transpose(0, 2, 3, 1), theirs.data)
        assert labels.tolist() == theirs.targets
    assert list(data.class_names) == theirs.classes
    assert dict(theirs.train_list + theirs.test_list) == cifar10.OFFICIAL_MD5
    assert theirs.tgz_md5 == cifar10.ARCHIVE.md5

"""MNIST from folders: which copies are taken, which are refused, and what is said."""

from __future__ import annotations

import gzip
import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from grader.data import mnist
from grader.data.interface import load
from grader.errors import DataMissing, GraderFault

NO_PLACE = {"XDG_CACHE_HOME": "/nonexistent"}


def write_copy(
    folder: Path, train: int = 20, test: int = 10, highest: int = 9, train_labels: int | None = None
) -> Path:
    """Made images in MNIST's own format."""
    rng = np.random.default_rng(1)
    folder.mkdir(parents=True, exist_ok=True)
    counts = dict(
        zip(mnist.STEMS, (train, train if train_labels is None else train_labels, test, test), strict=True)
    )
    for stem, count in counts.items():
        if "idx3" in stem:
            head, values = (8, 3, count, 28, 28), rng.integers(0, 256, (count, 28, 28))
        else:
            head, values = (8, 1, count), np.resize(np.arange(highest + 1), count)
        sizes = b"".join(size.to_bytes(4, "big") for size in head[2:])
        (folder / stem).write_bytes(bytes((0, 0, *head[:2])) + sizes + values.astype(np.uint8).tobytes())
    return folder


def test_an_unofficial_copy_is_refused_with_the_next_step(tmp_path: Path) -> None:
    write_copy(tmp_path / "mnist")
    with pytest.raises(GraderFault) as caught:
        load("mnist", data_dir=tmp_path, environment=NO_PLACE)
    found = hashlib.sha256((tmp_path / "mnist" / mnist.STEMS[0]).read_bytes()).hexdigest()
    assert not isinstance(caught.value, DataMissing)
    assert str(tmp_path / "mnist" / mnist.STEMS[0]) in caught.value.message
    assert mnist.OFFICIAL_SHA256[mnist.STEMS[0]] in caught.value.message
    assert found in caught.value.message
    assert "--unofficial-data" in caught.value.hint


def test_an_unofficial_copy_is_taken_when_asked_for_and_named(tmp_path: Path) -> None:
    write_copy(tmp_path / "MNIST" / "raw")
    data = load(
        "mnist", data_dir=None, allow_unofficial=True, environment={**NO_PLACE, "GRADER_DATA": str(tmp_path)}
    )
    assert not data.facts.official
    assert not data.facts.stand_in
    assert data.facts.name == "MNIST, unofficial copy"
    assert data.facts.place == "GRADER_DATA"
    assert (data.facts.train_images, data.facts.test_images) == (20, 10)
    assert data.train_images.shape == (20, 28, 28)
    assert data.test_labels.tolist() == list(range(10))


def test_the_digest_is_of_contents_not_of_packing(tmp_path: Path) -> None:
    plain, packed = write_copy(tmp_path / "plain"), write_copy(tmp_path / "packed")
    for path in list(packed.iterdir()):
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    digests = {
        load("mnist", data_dir=one, allow_unofficial=True, environment=NO_PLACE).facts.digest
        for one in (plain, packed)
    }
    assert len(digests) == 1
    (plain / mnist.STEMS[3]).write_bytes((plain / mnist.STEMS[3]).read_bytes()[:-1] + b"\3")
    assert (
        load("mnist", data_dir=plain, allow_unofficial=True, environment=NO_PLACE).facts.digest not in digests
    )


@pytest.mark.parametrize("unofficial", [False, True])
def test_a_truncated_file_in_a_named_place_is_a_fault(unofficial: bool, tmp_path: Path) -> None:
    write_copy(tmp_path)
    path = tmp_path / mnist.STEMS[2]
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(
        GraderFault, match=r"expected 7,856 bytes for dimensions \(10, 28, 28\), found 7,756 bytes"
    ) as caught:
        load("mnist", data_dir=tmp_path, allow_unofficial=unofficial, environment=NO_PLACE)
    assert str(path) in caught.value.message


def test_files_that_do_not_belong_together(tmp_path: Path) -> None:
    write_copy(tmp_path, train_labels=19)
    with pytest.raises(GraderFault, match="expected 20 labels, one for each image, found 19"):
        load("mnist", data_dir=tmp_path, allow_unofficial=True, environment=NO_PLACE)


def test_a_label_that_cannot_be(tmp_path: Path) -> None:
    write_copy(tmp_path, highest=10, test=11)
    with pytest.raises(GraderFault, match="expected labels 0 to 9, found label 10"):
        load("mnist", data_dir=tmp_path, allow_unofficial=True, environment=NO_PLACE)


def test_a_named_place_without_the_set_is_passed_over_and_said(tmp_path: Path) -> None:
    good, bare = write_copy(tmp_path / "good"), tmp_path / "bare"
    write_copy(bare)
    (bare / mnist.STEMS[1]).unlink()
    environment = {**NO_PLACE, "GRADER_DATA": str(good)}
    data = load("mnist", data_dir=bare, allow_unofficial=True, environment=environment)
    assert data.facts.place == "GRADER_DATA; --data-dir did not hold it"
    with pytest.raises(DataMissing) as caught:
        load("mnist", data_dir=bare, download=False, environment=NO_PLACE)
    assert f"--data-dir ({bare}) lacks train-labels-idx1-ubyte." in caught.value.message
    for way in ("grader data fetch mnist", "--data-dir DIR", "GRADER_DATA", "--stand-in"):
        assert way in caught.value.hint


def test_the_cache_is_used_and_a_bad_one_is_a_fault_where_nothing_may_be_downloaded(tmp_path: Path) -> None:
    write_copy(tmp_path / "grader" / "data" / "MNIST" / "raw")
    environment = {"XDG_CACHE_HOME": str(tmp_path)}
    data = load("mnist", data_dir=None, allow_unofficial=True, download=False, environment=environment)
    assert data.facts.place == "user cache"
    with pytest.raises(GraderFault, match="not the official MNIST file"):
        load("mnist", data_dir=None, download=False, environment=environment)


def test_a_bad_cache_and_no_network_is_said(tmp_path: Path) -> None:
    from grader.data.interface import Request

    write_copy(tmp_path / "grader" / "data" / "mnist")
    request = Request(environment={"XDG_CACHE_HOME": str(tmp_path)})
    with pytest.raises(
        DataMissing, match=r"user cache .* holds a copy that cannot be used: .*not the official"
    ):
        mnist.load(request, ("http://127.0.0.1:1/",))


def test_the_stand_in_needs_no_place() -> None:
    data = load("mnist", data_dir=Path("/nonexistent"), stand_in=True, environment=NO_PLACE)
    assert data.facts.stand_in
    assert not data.facts.official


def test_mirrors_are_encrypted_and_end_in_a_slash() -> None:
    assert all(mirror.startswith("https://") and mirror.endswith("/") for mirror in mnist.MIRRORS)
    assert [remote.name for remote in mnist.REMOTES] == [f"{stem}.gz" for stem in mnist.STEMS]


@pytest.mark.mnist
def test_the_real_set_is_official() -> None:
    place = Path(os.environ.get("GRADER_DATA", "/nonexistent"))
    if not (place / "MNIST" / "raw").is_dir():
        pytest.skip("GRADER_DATA does not hold MNIST")
    data = load("mnist", data_dir=place, download=False, environment=NO_PLACE)
    assert data.facts.official
    assert data.facts.name == "MNIST"
    assert data.train_images.shape == (60_000, 28, 28)
    assert data.test_images.shape == (10_000, 28, 28)
    assert np.bincount(data.test_labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert data.train_labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert round(float(data.train_images.mean()) / 255, 4) == data.mean
    assert round(float(data.train_images.std()) / 255, 4) == data.std
    for remote in mnist.REMOTES:  # the published checksums of the packed files, where they are there
        path = place / "MNIST" / "raw" / remote.name
        if path.is_file():
            assert hashlib.md5(path.read_bytes()).hexdigest() == remote.md5
            assert path.stat().st_size == remote.size_bytes


@pytest.mark.mnist
def test_the_real_set_is_what_torchvision_reads(unpacked_mnist: Path) -> None:
    datasets = pytest.importorskip("torchvision.datasets")
    data = load("mnist", data_dir=unpacked_mnist, download=False, environment=NO_PLACE)
    for train, images, labels in (
        (True, data.train_images, data.train_labels),
        (False, data.test_images, data.test_labels),
    ):
        theirs = datasets.MNIST(unpacked_mnist, train=train)
        np.testing.assert_array_equal(images, theirs.data.numpy())
        np.testing.assert_array_equal(labels, theirs.targets.numpy())

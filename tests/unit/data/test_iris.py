"""The shipped flowers are UCI's, and a copy of one's own is held against them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from grader.data import iris
from grader.data.interface import DataSet, load
from grader.errors import GraderFault

NO_PLACE = {"XDG_CACHE_HOME": "/nonexistent"}
ROWS = [line for line in iris.SHIPPED.read_text("utf-8").splitlines() if line[0].isdigit()]
AS_PUBLISHED = "\n".join(ROWS) + "\n\n"


@pytest.fixture(scope="module")
def shipped() -> DataSet:
    return load("iris", data_dir=None, environment=NO_PLACE, download=False)


def test_the_shipped_rows_are_the_published_file_to_the_byte() -> None:
    assert len(AS_PUBLISHED) == 4_551
    assert hashlib.sha256(AS_PUBLISHED.encode()).hexdigest() == iris.OFFICIAL_SHA256


def test_source_and_licence_stand_in_the_file() -> None:
    notes = "".join(line for line in iris.SHIPPED.read_text("utf-8").splitlines() if line.startswith("#"))
    assert "10.24432/C56C76" in notes
    assert "CC BY 4.0" in notes


def test_the_split_is_even_and_loses_nothing(shipped: DataSet) -> None:
    assert shipped.facts.official
    assert shipped.facts.place == "shipped with the grader"
    assert np.bincount(shipped.train_labels).tolist() == [40, 40, 40]
    assert np.bincount(shipped.test_labels).tolist() == [10, 10, 10]
    together = np.concatenate([shipped.train_images, shipped.test_images])
    expected = np.array([[float(cell) for cell in row.split(",")[:4]] for row in ROWS], np.float32)
    assert sorted(map(tuple, together.tolist())) == sorted(map(tuple, expected.tolist()))
    assert len(set(shipped.train_labels[:10].tolist())) == 3  # the species are mixed


def test_labels_stay_with_their_flowers(shipped: DataSet) -> None:
    known = {tuple(np.float32(row.split(",")[:4])): row.split(",")[4] for row in ROWS}
    for flower, label in zip(shipped.train_images, shipped.train_labels, strict=True):
        assert known[tuple(flower)] == shipped.class_names[label]


def test_a_copy_of_ones_own_is_taken_first(shipped: DataSet, tmp_path: Path) -> None:
    (tmp_path / "iris.data").write_bytes(AS_PUBLISHED.replace("\n", "\r\n").encode())
    data = load("iris", data_dir=tmp_path, environment=NO_PLACE)
    assert data.facts.place == "--data-dir"
    assert data.facts.official
    assert data.facts.digest == shipped.facts.digest


def test_corrected_rows_are_another_set(tmp_path: Path) -> None:
    """Some copies hold Fisher's own values in the 35th flower."""
    lines = list(ROWS)
    lines[34] = "4.9,3.1,1.5,0.2,Iris-setosa"
    (tmp_path / "iris.data").write_text("\n".join(lines))
    with pytest.raises(GraderFault, match="not the official Iris file"):
        load("iris", data_dir=tmp_path, environment=NO_PLACE)
    data = load("iris", data_dir=tmp_path, allow_unofficial=True, environment=NO_PLACE)
    assert data.facts.name == "Iris, unofficial copy"


@pytest.mark.parametrize(
    ("contents", "expected", "found"),
    [
        (AS_PUBLISHED.replace("7.0,3.2,4.7,1.4", "7.0,3.2,4.7"), "a species in row 51", "'7.0,3.2,4.7,Iris"),
        (AS_PUBLISHED.replace("7.0,3.2,4.7,1.4", "7.0,x,4.7,1.4"), "a species in row 51", "'7.0,x,"),
        (AS_PUBLISHED.replace("7.0,3.2,4.7,1.4", "7.0,nan,4.7,1.4"), "a species in row 51", "'7.0,nan,"),
        (AS_PUBLISHED.replace("Iris-virginica", "rose"), "a species in row 101", "rose"),
        ("5.1,3.5,1.4,0.2,Iris-setosa\n", "two rows at least of each species", "1 rows"),
        ("<!doctype html>", "the data set's own file", "a web page (HTML)"),
    ],
)
def test_a_damaged_file_names_expected_and_found(
    contents: str, expected: str, found: str, tmp_path: Path
) -> None:
    (tmp_path / "iris.data").write_text(contents)
    with pytest.raises(GraderFault) as caught:
        load("iris", data_dir=tmp_path, allow_unofficial=True, environment=NO_PLACE)
    assert caught.value.message.startswith(f"{tmp_path / 'iris.data'}: expected ")
    assert expected in caught.value.message
    assert found in caught.value.message


@pytest.mark.parametrize("generated", [False, True])
def test_nearest_species_mean_is_good_but_not_perfect(generated: bool, shipped: DataSet) -> None:
    data = iris.stand_in() if generated else shipped
    scaled = (data.train_images - data.channel_means) / data.channel_stds
    means = np.stack([scaled[data.train_labels == label].mean(axis=0) for label in range(3)])
    answers = ((scaled[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
    assert 0.8 < (answers == data.train_labels).mean() < 1

"""The digit table: cut from MNIST, read from its own file, and how it is known to be the official one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from grader.data import digit_csv, mnist, standin
from grader.data.interface import DataSet, load
from grader.errors import DataMissing, GraderFault

NO_PLACE = {"XDG_CACHE_HOME": "/nonexistent"}


@pytest.fixture(scope="module")
def digits() -> DataSet:
    return standin.generate(2, 600, 100)


def write_table(folder: Path, digits: DataSet, labels: np.ndarray | None = None) -> Path:
    """The first 420 of the digits as a table, the others without labels."""
    folder.mkdir(parents=True, exist_ok=True)
    pixels = digits.train_images.reshape(len(digits.train_images), -1)
    labels = digits.train_labels if labels is None else labels
    names = ",".join(f"pixel{i}" for i in range(784))
    rows = [",".join(map(str, [label, *row])) for label, row in zip(labels[:420], pixels[:420], strict=True)]
    rest = [",".join(map(str, row)) for row in pixels[420:]]
    (folder / "train.csv").write_text("\n".join([f"label,{names}", *rows]) + "\n")
    (folder / "test.csv").write_text("\n".join([names, *rest]) + "\n")
    return folder


def test_a_cut_keeps_each_digit_once(digits: DataSet) -> None:
    data = digit_csv.cut_from(digits)
    assert (data.facts.train_images, data.facts.test_images) == (336, 84)
    assert data.unlabelled is not None
    assert len(data.unlabelled) == 280
    assert data.input_shape == (784,)
    parts = [data.train_images, data.test_images, data.unlabelled]
    ours = sorted(row.tobytes() for part in parts for row in part)
    theirs = sorted(row.tobytes() for part in (digits.train_images, digits.test_images) for row in part)
    assert ours == theirs


def test_a_cut_keeps_labels_with_their_digits(digits: DataSet) -> None:
    data = digit_csv.cut_from(digits)
    known = {
        image.tobytes(): int(label)
        for images, labels in (
            (digits.train_images, digits.train_labels),
            (digits.test_images, digits.test_labels),
        )
        for image, label in zip(images, labels, strict=True)
    }
    for images, labels in ((data.train_images, data.train_labels), (data.test_images, data.test_labels)):
        assert [known[image.tobytes()] for image in images] == labels.tolist()


def test_the_split_is_80_to_20_and_the_same_each_time(digits: DataSet, tmp_path: Path) -> None:
    write_table(tmp_path / "digit-recognizer", digits)
    one, again = (
        load("digit_csv", data_dir=tmp_path, allow_unofficial=True, environment=NO_PLACE) for _ in range(2)
    )
    assert (one.facts.train_images, one.facts.test_images) == (336, 84)
    assert one.facts.digest == again.facts.digest
    assert one.facts.name == "digit table, unofficial copy"
    assert not {row.tobytes() for row in one.train_images} & {row.tobytes() for row in one.test_images}
    assert one.unlabelled is not None
    np.testing.assert_array_equal(one.unlabelled, digits.train_images[420:].reshape(180, 784))


def official(
    table: Path, whole: DataSet, monkeypatch: pytest.MonkeyPatch, rows: int = 420
) -> DataSet | GraderFault:
    monkeypatch.setattr(digit_csv, "ROWS", rows)
    monkeypatch.setattr(mnist, "load", lambda request, mirrors=(): whole)
    try:
        return load("digit_csv", data_dir=table, environment=NO_PLACE)
    except GraderFault as fault:
        return fault


def test_a_table_of_mnist_is_official(
    digits: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = official(write_table(tmp_path, digits), digits, monkeypatch)
    assert isinstance(data, DataSet)
    assert data.facts.official
    assert (data.facts.name, data.facts.place) == ("digit table", "--data-dir")


def test_one_wrong_label_is_seen(digits: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = digits.train_labels.copy()
    labels[17] = (labels[17] + 1) % 10
    fault = official(write_table(tmp_path, digits, labels), digits, monkeypatch)
    assert isinstance(fault, GraderFault)
    assert "1 of its 420 rows are not pictures of MNIST with their labels" in fault.message
    assert "--unofficial-data" in fault.hint


def test_the_wrong_number_of_rows_is_seen(
    digits: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = official(write_table(tmp_path, digits), digits, monkeypatch, rows=421)
    assert isinstance(fault, GraderFault)
    assert "expected 421 rows, found 420" in fault.message


def test_without_mnist_nobody_can_tell(
    digits: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digit_csv, "ROWS", 420)
    write_table(tmp_path, digits)
    with pytest.raises(GraderFault, match="could not be compared with MNIST's"):
        load("digit_csv", data_dir=tmp_path, environment=NO_PLACE)
    assert load(
        "digit_csv", data_dir=tmp_path, allow_unofficial=True, environment=NO_PLACE
    ).facts.train_images


def test_the_cut_of_a_real_set_is_marked(digits: DataSet, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    real = replace(digits, facts=replace(digits.facts, name="MNIST", stand_in=False, official=True))
    monkeypatch.setattr(mnist, "load", lambda request, mirrors=(): real)
    facts = load("digit_csv", data_dir=None, download=False, environment=NO_PLACE).facts
    assert facts.name == "digit table, cut from MNIST"
    assert not facts.official
    assert not facts.stand_in


def test_a_damaged_table_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("label,price\n1,2\n")
    with pytest.raises(GraderFault, match="a header of 785 columns") as caught:
        load("digit_csv", data_dir=tmp_path, download=False, environment=NO_PLACE)
    assert not isinstance(caught.value, DataMissing)


def test_there_is_no_download_and_it_says_where_to_go() -> None:
    from grader.data.interface import Request

    with pytest.raises(GraderFault, match="signed-in users") as caught:
        digit_csv.fetch(Request())
    assert "digit-recognizer" in caught.value.hint
    assert "grader data fetch mnist" in caught.value.hint

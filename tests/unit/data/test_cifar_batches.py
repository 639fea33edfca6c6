"""One batch in its two versions."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from grader.data import cifar_batches
from grader.errors import GraderFault

IMAGES = np.random.default_rng(2).integers(0, 256, (5, 3, 32, 32)).astype(np.uint8)
LABELS = np.array([0, 9, 3, 3, 1], np.uint8)
RECORDS = cifar_batches.as_records(IMAGES, LABELS)
PLAIN, PICKLED = Path("x/data_batch_1.bin"), Path("x/data_batch_1")


def batch(**changed: object) -> bytes:
    return pickle.dumps({"data": IMAGES.reshape(5, 3072), "labels": LABELS.tolist(), **changed}, protocol=2)


@pytest.mark.parametrize(("contents", "path"), [(RECORDS, PLAIN), (batch(), PICKLED)])
def test_both_versions_hold_the_same(contents: bytes, path: Path) -> None:
    images, labels = cifar_batches.parse(contents, path)
    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(labels, LABELS)
    assert images.dtype == labels.dtype == np.uint8


def test_a_record_is_a_label_and_three_planes() -> None:
    assert len(RECORDS) == 5 * 3073
    assert RECORDS[3073] == 9
    assert RECORDS[1:1025] == IMAGES[0, 0].tobytes()
    assert RECORDS[2049:3073] == IMAGES[0, 2].tobytes()


@pytest.mark.parametrize(
    ("contents", "path", "expected", "found"),
    [
        (RECORDS[:-1], PLAIN, "records of 3,073 bytes", "15,364 bytes"),
        (b"", PLAIN, "records of 3,073 bytes", "0 bytes"),
        (b"\x0a" + RECORDS[1:], PLAIN, "labels 0 to 9", "label 10"),
        (batch()[:-3], PICKLED, "a pickled batch of CIFAR-10", "a damaged pickle"),
        (batch(labels=[1]), PICKLED, "5 labels, one for each image", "1"),
        (batch(labels=[1, 2, 3, 4, 300]), PICKLED, "labels 0 to 9", "something else among them"),
        (batch(labels=["1"] * 5), PICKLED, "labels 0 to 9", "something else among them"),
        (batch(labels=[1, 2, 3, 4, 10]), PICKLED, "labels 0 to 9", "label 10"),
        (batch(data=IMAGES.reshape(10, -1)), PICKLED, "rows of 3,072 bytes", "shape (10, 1536)"),
        (batch(data=1), PICKLED, 'a batch with "data" and "labels"', "one with data, labels"),
        (pickle.dumps({"fine\x1b[31m": 1}, 2), PICKLED, 'a batch with "data" and "labels"', "fine\\x1b"),
    ],
)
def test_a_damaged_file_names_expected_and_found(
    contents: bytes, path: Path, expected: str, found: str
) -> None:
    with pytest.raises(GraderFault) as caught:
        cifar_batches.parse(contents, path)
    assert caught.value.message.startswith(f"{path}: expected ")
    assert expected in caught.value.message
    assert found in caught.value.message
    assert "grader data fetch cifar10" in caught.value.hint

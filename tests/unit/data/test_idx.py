"""The idx reader: what is right is read exactly, everything else is a fault that names the file."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.data import idx
from grader.errors import GraderFault


def encoded(array: np.ndarray) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes((0, 0, 8, array.ndim)) + sizes + array.astype(np.uint8).tobytes()


IMAGES = np.arange(3 * 28 * 28, dtype=np.uint64).reshape(3, 28, 28).astype(np.uint8)
GOOD = encoded(IMAGES)
PACKED = gzip.compress(GOOD, mtime=0)  # without the time of day: two collections give the same bytes


@pytest.mark.parametrize("packed", [False, True])
def test_values_come_back(packed: bool, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(PACKED if packed else GOOD)
    array = idx.parse(idx.read(path), path, (28, 28))
    assert array.dtype == np.uint8
    assert not array.flags.writeable
    np.testing.assert_array_equal(array, IMAGES)


@settings(max_examples=30, deadline=None)
@given(st.binary(min_size=1, max_size=40))
def test_labels_of_any_length(values: bytes) -> None:
    parsed = idx.parse(encoded(np.frombuffer(values, np.uint8)), Path("labels"), ())
    assert parsed.tobytes() == values


@pytest.mark.parametrize(
    ("contents", "expected", "found"),
    [
        (b"", "begins with 00 00 08 03", "nothing"),
        (b"<!DOCTYPE html>", "begins with 00 00 08 03", "3c 21 44 4f: a web page (HTML)"),
        (encoded(IMAGES[:, 0, 0]), "begins with 00 00 08 03", "00 00 08 01"),
        (b"\0\0\x0d" + GOOD[3:], "begins with 00 00 08 03", "00 00 0d 03"),
        (GOOD[:10], "a header of 16 bytes", "10 bytes"),
        (GOOD[:-1], "2,368 bytes for dimensions (3, 28, 28)", "2,367 bytes"),
        (GOOD + b"\0", "2,368 bytes for dimensions (3, 28, 28)", "2,369 bytes"),
        (encoded(IMAGES[:, :27]), "N items of shape (28, 28)", "dimensions (3, 27, 28)"),
        (encoded(IMAGES[:0]), "N at least 1", "dimensions (0, 28, 28)"),
        (
            GOOD[:4] + b"\xff\xff\xff\xff" + GOOD[8:],
            "bytes for dimensions (4294967295, 28, 28)",
            "2,368 bytes",
        ),
    ],
)
def test_a_damaged_file_names_expected_and_found(contents: bytes, expected: str, found: str) -> None:
    with pytest.raises(GraderFault) as caught:
        idx.parse(contents, Path("some/train-images"), (28, 28))
    assert caught.value.message.startswith("some/train-images: expected ")
    assert expected in caught.value.message
    assert f"found {found}" in caught.value.message
    assert "grader data fetch" in caught.value.hint


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | st.binary(max_size=4).map(lambda tail: b"\0\0\x08\x01\0\0\0\2" + tail))
def test_no_bytes_raise_anything_else(contents: bytes) -> None:
    good = contents[:4] == b"\0\0\x08\x01" and len(contents) == 8 + int.from_bytes(contents[4:8], "big") > 8
    if good:
        assert len(idx.parse(contents, Path("x"), ())) == len(contents) - 8
    else:
        with pytest.raises(GraderFault, match="x: expected"):
            idx.parse(contents, Path("x"), ())


@pytest.mark.parametrize(
    "contents",
    [
        PACKED[:-20],
        PACKED[:5],
        b"\x1f\x8b" + bytes(40),
        PACKED[:40] + bytes(60),
    ],
    ids=["end cut off", "header cut off", "zeros behind the magic number", "zeros behind the header"],
)
def test_a_broken_gzip_file(contents: bytes, tmp_path: Path) -> None:
    path = tmp_path / "images.gz"
    path.write_bytes(contents)
    with pytest.raises(GraderFault, match="expected a whole gzip file"):
        idx.read(path)


def test_a_gzip_bomb_stops_at_the_cap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idx, "MAX_FILE_BYTES", 1 << 20)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(bytes(2 << 20)))
    with pytest.raises(GraderFault, match="more than that once unpacked"):
        idx.read(path)
    path.write_bytes(gzip.compress(bytes(1 << 20)))
    assert len(idx.read(path)) == 1 << 20


def test_a_file_over_the_cap_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(idx.MAX_FILE_BYTES + 1)  # sparse: takes no room
    with pytest.raises(GraderFault, match=r"at most 268,435,456 bytes, found 268,435,457 bytes"):
        idx.read(path)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(GraderFault, match="cannot be read"):
        idx.read(tmp_path)

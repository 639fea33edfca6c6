"""What is said of a file that is no data."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.data import faults
from grader.errors import GraderFault


@pytest.mark.parametrize(
    ("head", "seen"),
    [
        (b"", "an empty file"),
        (b"\xef\xbb\xbf\n <!DOCTYPE HTML PUBLIC", "a web page (HTML)"),
        (b'<?xml version="1.0"?><Error>AccessDenied', "a web page (HTML)"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "a Git LFS pointer, which only names the file"),
        (b"\0\0\x08\x03", ""),
        (b"label,pixel0", ""),
    ],
)
def test_first_bytes_tell(head: bytes, seen: str) -> None:
    assert faults.what_it_is(head) == seen


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(GraderFault, match="cannot be read") as caught:
        faults.read_file(tmp_path / "gone", 10, "cifar10")
    assert str(tmp_path / "gone") in caught.value.message
    assert "grader data fetch cifar10" in caught.value.hint


def test_the_limit_is_that_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    assert faults.read_file(path, 10, "iris") == b"0123456789"
    with pytest.raises(GraderFault, match="expected at most 9 bytes, found 10 bytes"):
        faults.read_file(path, 9, "iris")

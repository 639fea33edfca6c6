"""Reading below a folder that somebody else fills, and may change while it is read."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.fetch.safe_open import NotTaken, folder_below, kind_of, read_below


@pytest.fixture
def root(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/c.py").write_bytes(b"12345")
    (tmp_path / "etc").symlink_to("/etc")
    (tmp_path / "up").symlink_to("a/b")
    (tmp_path / "passwd").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")
    descriptor = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    yield descriptor
    os.close(descriptor)


def test_a_regular_file(root: int) -> None:
    assert read_below(root, b"a/b/c.py", 5) == b"12345"


@pytest.mark.parametrize(
    ("path", "limit_bytes", "said"),
    [
        (b"passwd", 100, "cannot be read"),
        (b"etc/passwd", 100, "cannot be read"),
        (b"up/c.py", 100, "cannot be read"),
        (b"gone", 100, "cannot be read: No such file"),
        (b"pipe", 100, "a named pipe"),
        (b"a/b", 100, "not a regular file"),
        (b"a/b/c.py", 4, "grew while it was read"),
    ],
)
def test_what_is_not_read(root: int, path: bytes, limit_bytes: int, said: str) -> None:
    began = time.monotonic()
    with pytest.raises(NotTaken, match=said):
        read_below(root, path, limit_bytes)
    assert time.monotonic() - began < 1, "opening a pipe must not wait for its writer"


def test_a_folder_behind_a_link_is_not_entered(root: int) -> None:
    with pytest.raises(OSError), folder_below(root, b"up"):
        pytest.fail("entered")
    with folder_below(root, b"a/b") as place:
        assert os.listdir(place) == ["c.py"]


def test_no_descriptor_is_left_open(root: int) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for path in (b"a/b/c.py", b"etc/passwd", b"pipe", b"gone/x"):
        try:
            read_below(root, path, 100)
        except NotTaken:
            pass
    assert len(os.listdir("/proc/self/fd")) == before


def test_kinds() -> None:
    assert kind_of(os.stat("/dev/null").st_mode) == "a device"
    assert kind_of(0) == "not a regular file"

"""The private folder that files are copied to."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from grader.errors import FetchError
from grader.fetch.interface import Caps
from grader.fetch.staging import Stage, megabytes


def test_modes_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        stage = Stage(tmp_path / "s", Caps())
        stage.take("a/b/c.py", b"1")
    finally:
        os.umask(before)
    modes = {place.name: stat.S_IMODE(place.stat().st_mode) for place in [stage.root, *stage.root.rglob("*")]}
    assert modes == {"s": 0o755, "a": 0o755, "b": 0o755, "c.py": 0o644}


def test_two_of_one_name(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "s", Caps())
    for path in ("a", "a", "a/b", "d/e", "d"):
        stage.take(path, path.encode())
    assert [file.path for file in stage.files] == ["a", "d/e"]
    assert [item.path for item in stage.left_out] == ["a", "a/b", "d"]
    assert (stage.root / "a").read_bytes() == b"a"


def test_caps(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "s", Caps(files=2, total_bytes=10))
    stage.take("a", b"12345")
    with pytest.raises(FetchError, match="together"):
        stage.take("b", b"123456")
    stage = Stage(tmp_path / "t", Caps(files=1))
    stage.take("a", b"")
    with pytest.raises(FetchError, match="more than 1 files"):
        stage.take("b", b"")


def test_files_below(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "s", Caps())
    for path in ("S4/b", "S4/a", "S44/c", "d", "S4 x"):
        stage.take(path, b"")
    assert [file.path for file in stage.files_below("S4")] == ["S4/a", "S4/b"]
    assert [file.path for file in stage.files_below("")] == ["S4 x", "S4/a", "S4/b", "S44/c", "d"]


def test_a_long_list_of_what_was_left_out_is_cut(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "s", Caps())
    for number in range(250):
        stage.leave_out(f"S4/{number:03}", "a symbolic link")
    stage.leave_out("other", "a symbolic link")
    listed = stage.left_out_below("S4")
    assert len(listed) == 201
    assert listed[-1].path == "50 more"
    assert listed[0].path == "S4/000"


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(1 << 30, "1,024 MiB"), (64 << 20, "64 MiB"), (1 << 20, "1 MiB"), (3 << 19, "1.5 MiB")],
)
def test_sizes_as_text(size_bytes: int, text: str) -> None:
    assert megabytes(size_bytes) == text

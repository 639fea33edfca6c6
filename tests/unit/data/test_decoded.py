"""The decoded file: made once, whole, right, and readable for everybody."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from grader.data import decoded
from grader.data.decoded import made
from grader.errors import GraderFault

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[dict[str, str]]:
    before = os.umask(0o077)  # the strictest there is
    yield {"XDG_CACHE_HOME": str(tmp_path)}
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class Decoder:
    """Counts how often it had to work."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, array: np.ndarray) -> None:
        self.calls += 1
        array[:] = np.arange(array.size, dtype=np.int64).reshape(array.shape) % 251


def test_modes_do_not_depend_on_the_umask(cache: dict[str, str]) -> None:
    made("key", (50, 3, 4), Decoder(), cache)
    (path,) = decoded.folder(cache).glob("*.npy")
    assert mode(path) == 0o644
    assert [mode(folder) for folder in path.parents[:3]] == [0o755] * 3


def test_a_folder_that_was_there_keeps_its_mode(cache: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "grader").mkdir(mode=0o700)
    made("key", (50, 3, 4), Decoder(), cache)
    assert mode(tmp_path / "grader") == 0o700


def test_it_is_named_by_its_contents(cache: dict[str, str]) -> None:
    first, same = (made(key, (50, 3, 4), Decoder(), cache) for key in ("one", "two"))
    shaped = made("three", (50, 12), Decoder(), cache)
    assert first.filename == same.filename  # type: ignore[attr-defined]
    assert first.filename != shaped.filename  # type: ignore[attr-defined]
    assert first.tobytes() == shaped.tobytes()


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "grader").write_text("not a folder")
    with pytest.raises(GraderFault, match="cannot be written") as caught:
        made("key", (50, 3, 4), Decoder(), {"XDG_CACHE_HOME": str(tmp_path)})
    assert "XDG_CACHE_HOME" in caught.value.hint


def test_two_processes_at_once_leave_one_right_file(tmp_path: Path) -> None:
    code = (
        "import os; from grader.data.decoded import made;"
        "print(made('key', (50, 3, 4), lambda array: array.fill(7), os.environ).filename)"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path)}
    both = [
        subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = {process.communicate(timeout=60)[0].strip() for process in both}
    (path,) = said
    assert [str(one) for one in Path(path).parent.glob("*.npy")] == [path]
    assert (np.load(path) == 7).all()


def test_a_large_array_is_decoded_once(cache: dict[str, str]) -> None:
    work = Decoder()
    first = made("key", (50, 3, 4), work, cache)
    again = made("key", (50, 3, 4), work, cache)
    assert work.calls == 1
    assert isinstance(again, np.memmap)
    assert not again.flags.writeable
    np.testing.assert_array_equal(first, again)
    assert first[49, 2, 3] == (50 * 12 - 1) % 251
    made("other key", (50, 3, 4), work, cache)
    assert work.calls == 2
    assert mode(Path(again.filename)) == 0o644  # type: ignore[arg-type]


@pytest.mark.parametrize("what", ["key.sha256", "*.npy"])
def test_what_was_damaged_is_decoded_again(what: str, cache: dict[str, str]) -> None:
    work = Decoder()
    expected = np.array(made("key", (50, 3, 4), work, cache))
    (path,) = decoded.folder(cache).glob(what)
    path.write_bytes(b"../../etc/passwd\n")
    np.testing.assert_array_equal(made("key", (50, 3, 4), work, cache), expected)
    assert work.calls == 2


def test_a_decoder_that_fails_leaves_nothing(cache: dict[str, str]) -> None:
    def fails(array: np.ndarray) -> None:
        raise GraderFault("a damaged picture")

    with pytest.raises(GraderFault, match="a damaged picture"):
        made("key", (50, 3, 4), fails, cache)
    assert list(decoded.folder(cache).iterdir()) == []

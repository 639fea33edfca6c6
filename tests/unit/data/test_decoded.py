"""The decoded file: whole, right, readable for everybody, and never with anything of the test split."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from grader.data import decoded, standin
from grader.data.decoded import made, training_file
from grader.data.interface import DataSet
from grader.errors import GraderFault

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def digits() -> DataSet:
    return standin.generate(3, 300, 100)


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[dict[str, str]]:
    before = os.umask(0o077)  # the strictest there is
    yield {"XDG_CACHE_HOME": str(tmp_path)}
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_holds_the_training_images_and_can_be_mapped(digits: DataSet, cache: dict[str, str]) -> None:
    path = training_file(digits, cache)
    mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    assert isinstance(mapped, np.memmap)
    assert mapped.dtype == np.uint8
    np.testing.assert_array_equal(mapped, digits.train_images)
    contents = path.read_bytes()
    assert len(contents) == 128 + digits.train_images.nbytes
    assert all(image.tobytes() not in contents for image in digits.test_images[:5])


def test_modes_do_not_depend_on_the_umask(digits: DataSet, cache: dict[str, str]) -> None:
    path = training_file(digits, cache)
    assert mode(path) == 0o644
    assert [mode(folder) for folder in path.parents[:3]] == [0o755] * 3


def test_a_folder_that_was_there_keeps_its_mode(
    digits: DataSet, cache: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "grader").mkdir(mode=0o700)
    training_file(digits, cache)
    assert mode(tmp_path / "grader") == 0o700


def test_it_is_written_once(digits: DataSet, cache: dict[str, str]) -> None:
    path = training_file(digits, cache)
    before = path.stat().st_mtime_ns, path.stat().st_ino
    assert training_file(digits, cache) == path
    same = replace(digits, mean=0.5)  # another object with the same images
    assert training_file(same, cache) == path
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_other_images_get_another_file(digits: DataSet, cache: dict[str, str]) -> None:
    other = replace(digits, train_images=digits.test_images)
    assert training_file(digits, cache) != training_file(other, cache)
    shaped = replace(digits, train_images=digits.train_images.reshape(300, 784))
    assert training_file(shaped, cache) != training_file(digits, cache)


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty", "text"])
def test_a_damaged_file_is_replaced(damage: str, digits: DataSet, cache: dict[str, str]) -> None:
    path = training_file(digits, cache)
    good = path.read_bytes()
    bad = {"flipped": good[:-1] + bytes([good[-1] ^ 1]), "cut": good[:-50], "empty": b"", "text": b"<html>"}
    path.write_bytes(bad[damage])
    assert training_file(digits, cache) == path
    assert path.read_bytes() == good


def test_features_are_kept_as_they_are(cache: dict[str, str]) -> None:
    from grader.data import iris

    flowers = iris.stand_in()
    mapped = np.load(training_file(flowers, cache), mmap_mode="r")
    assert mapped.dtype == np.float32
    np.testing.assert_array_equal(mapped, flowers.train_images)


def test_a_cache_that_cannot_be_written_is_named(digits: DataSet, tmp_path: Path) -> None:
    (tmp_path / "grader").write_text("not a folder")
    with pytest.raises(GraderFault, match="cannot be written") as caught:
        training_file(digits, {"XDG_CACHE_HOME": str(tmp_path)})
    assert "XDG_CACHE_HOME" in caught.value.hint


def test_two_processes_at_once_leave_one_right_file(tmp_path: Path, digits: DataSet) -> None:
    code = (
        "from grader.data import standin; from grader.data.decoded import training_file;"
        "print(training_file(standin.generate(3, 300, 100)))"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path)}
    both = [
        subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = {process.communicate(timeout=60)[0].strip() for process in both}
    (path,) = said
    assert [str(one) for one in Path(path).parent.iterdir()] == [path]
    np.testing.assert_array_equal(np.load(path), digits.train_images)


# --- what is decoded only once ------------------------------------------------------------------------------


class Decoder:
    """Counts how often it had to work."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, array: np.ndarray) -> None:
        self.calls += 1
        array[:] = np.arange(array.size, dtype=np.int64).reshape(array.shape) % 251


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


def test_its_file_is_the_training_file(cache: dict[str, str], digits: DataSet) -> None:
    images = made("key", (50, 3, 4), Decoder(), cache)
    assert training_file(replace(digits, train_images=images), cache) == Path(images.filename)  # type: ignore[attr-defined]

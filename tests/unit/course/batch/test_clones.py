"""What was fetched once is kept whole, and read back as it was."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest

from grader.course.batch.clones import Clones, kept
from grader.errors import StoreError
from grader.fetch.interface import fetch


@pytest.fixture
def work(tmp_path) -> Path:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "model.py").write_text("x = 1\n")
    (tmp_path / "work" / "README.md").write_text("# T\n")
    return tmp_path / "work"


def test_read_back(work, tmp_path):
    clones = Clones(tmp_path / "clones")
    assert clones.get("ada") is None
    with fetch(str(work)) as fetched:
        clones.put("ada", fetched)
    back = clones.get("ada")
    assert back is not None
    assert (back.submission, back.also_sources) == (fetched.submission, ())
    assert (back.root / "model.py").read_text() == "x = 1\n"


def test_the_same_one_again_stays_in_its_place_and_another_one_takes_it(work, tmp_path):
    clones = Clones(tmp_path / "clones")
    for text, same in (("x = 1\n", True), ("x = 2\n", False)):
        with fetch(str(work)) as fetched:
            clones.put("ada", fetched, "it")
        before = clones.place("ada").stat().st_ino
        (work / "model.py").write_text(text)
        with fetch(str(work)) as fetched:
            clones.put("ada", fetched, "it")
        assert (clones.place("ada").stat().st_ino == before) is same
        assert (clones.place("ada") / "tree" / "model.py").read_text() == text


def test_what_was_half_kept_is_not_there(work, tmp_path, monkeypatch):
    clones = Clones(tmp_path / "clones")
    with fetch(str(work)) as fetched:
        clones.put("ada", fetched)

        def full(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(shutil, "copytree", full)
        with pytest.raises(StoreError, match="No space left"):
            clones.put("ada", fetched, "another deadline")
        with pytest.raises(StoreError):
            clones.put("grace", fetched)
    assert clones.get("ada") is not None
    assert clones.get("grace") is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"submission": {}, "also_sources": []}', '{"submission": 1}']
)
def test_another_file_in_its_place(tmp_path, text):
    (tmp_path / "submission.json").write_text(text)
    with pytest.raises(StoreError, match="is no record of a submission") as error:
        kept(tmp_path)
    assert "fetched again" in error.value.hint

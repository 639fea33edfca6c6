"""Where submissions lie for a zygote: neutral names, the same contents, nothing left."""

from __future__ import annotations

import errno
import os
import stat

import pytest

from grader.isolation import zygote_stage
from grader.isolation.zygote_stage import Stage


@pytest.fixture
def stage(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    found = Stage()
    yield found
    found.close()


@pytest.fixture
def submission(tmp_path):
    folder = tmp_path / "jane-doe"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "model.py").write_text("net = 1")
    (folder / "link").symlink_to("/etc/passwd")
    return folder


def test_names_tell_nothing_and_are_not_used_twice(stage, submission):
    names = [stage.put(submission) for _ in range(3)]
    stage.drop(names[2])
    names.append(stage.put(submission))
    assert names == ["0", "1", "2", "3"]
    assert "jane" not in str(stage.folder)


def test_a_link_stays_a_link_and_files_are_not_copied(stage, submission):
    folder = stage.folder / stage.put(submission)
    assert (folder / "src" / "model.py").samefile(submission / "src" / "model.py")
    assert (folder / "link").is_symlink()
    assert os.readlink(folder / "link") == "/etc/passwd"


def test_on_another_file_system_files_are_copied(stage, submission, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(zygote_stage.os, "link", refuse)
    folder = stage.folder / stage.put(submission)
    assert (folder / "src" / "model.py").read_text() == "net = 1"
    assert not (folder / "src" / "model.py").samefile(submission / "src" / "model.py")
    assert (folder / "link").is_symlink()


def test_dropping_leaves_the_submission_itself(stage, submission):
    name = stage.put(submission)
    stage.drop(name)
    stage.drop(name)
    assert list(stage.folder.iterdir()) == []
    assert (submission / "src" / "model.py").read_text() == "net = 1"


def test_what_cannot_be_laid_out_leaves_nothing(stage, submission, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(zygote_stage.shutil, "copy2", refuse)
    monkeypatch.setattr(zygote_stage.os, "link", refuse)
    with pytest.raises(OSError):
        stage.put(submission)
    assert list(stage.folder.iterdir()) == []


def test_nobody_else_may_enter_and_a_dropped_user_may_read_below(stage):
    home = stage.folder.parent
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE(stage.folder.stat().st_mode) == 0o755
    stage.close()
    assert not home.exists()

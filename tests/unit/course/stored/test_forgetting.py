"""A student who is forgotten is in no file and no table any more; a line without the name says so."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from grader.course.stored import forgetting
from grader.course.stored.codes import code_of
from grader.course.stored.database import Standing, opened
from grader.course.stored.folder import RunFolder
from grader.course.stored.forgetting import forget, remembered
from grader.errors import StoreError
from grader.report.interface import reports


@pytest.fixture
def base(tmp_path, example_records) -> Path:
    base, known = tmp_path / "runs", example_records["full_marks"]
    for name, run in (
        ("Ada", "20261101-100000-aaaa"),
        ("Ada", "20261102-100000-aaaa"),
        ("Grace", "20261101-100000-bbbb"),
    ):
        submission = replace(known.evidence.submission, name=name)
        record = replace(known, run_id=run, evidence=replace(known.evidence, submission=submission))
        with RunFolder(base, "s4", name, run) as folder:
            folder.publish({one.file_name: one.render(record) for one in reports()})
    (base / "s4" / "Ada" / "20261103-100000-aaaa.partial").mkdir()
    for key in ("ada", "grace", "ada-2"):
        (base / ".batches" / "s4-list" / "clones" / key / "tree").mkdir(parents=True)
    for look, key in (("0", "ada"), ("0", "grace"), ("1", "ada-2")):  # of a batch that was killed
        (base / ".batches" / "s4-list" / "looks" / look / key).mkdir(parents=True)
    with opened(base) as store:
        store.stand("s4-list", "ada", Standing("graded", 1, "20261102-100000-aaaa"))
        store.stand("s4-list", "grace", Standing("graded", 1, "20261101-100000-bbbb"))
    return base


def holding(base: Path, word: bytes) -> list[str]:
    files = [path for path in base.rglob("*") if path.is_file() and word in path.read_bytes()]
    return sorted(str(path.relative_to(base)) for path in files)


def test_nothing_is_left_but_a_line(base):
    with opened(base) as store:
        found = remembered(store, "Ada")
        assert (len(found.runs), found.rows) == (2, (("s4-list", "ada"),))
        code = forget(store, found, "Grace")
        assert code == code_of(base, "Ada")
        assert store._rows("SELECT code, runs, by FROM forgotten") == [(code, 2, "Grace")]
        assert not remembered(store, "Ada")
        assert list(store.standing("s4-list")) == ["grace"]
    assert not (base / "s4" / "Ada").exists()
    assert (base / "s4" / "Grace").is_dir()
    assert {path.name for path in (base / ".batches" / "s4-list" / "clones").iterdir()} == {
        "grace",
        "ada-2",
    }
    assert [path.name for path in (base / ".batches" / "s4-list" / "looks").iterdir()] == ["1"]
    assert holding(base, b"20261102-100000-aaaa") == []


def test_what_cannot_be_removed_is_said_and_stays_known(base, monkeypatch):
    def stuck(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(forgetting.shutil, "rmtree", stuck)
    with opened(base) as store:
        with pytest.raises(StoreError, match="could not be removed: Permission denied"):
            forget(store, remembered(store, "Ada"), "Grace")
        assert remembered(store, "Ada")
        assert store._rows("SELECT * FROM forgotten") == []


def command(base: Path, *words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "grader", "forget", *words, "--out", str(base)]
    return subprocess.run(
        line, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, check=False
    )


def test_the_command_asks_before_it_removes(base):
    done = command(base, "Ada")
    assert (done.returncode, (base / "s4" / "Ada").is_dir()) == (2, True)
    assert "Add --yes" in done.stderr
    done = command(base, "Ada", "--yes", "--by", "Grace")
    assert (done.returncode, (base / "s4" / "Ada").exists()) == (0, False)
    assert f"Removed: 2 runs. The store says so under {code_of(base, 'ada')}" in done.stdout
    done = command(base, "Ada", "--yes")
    assert (done.returncode, "Nothing here is about Ada" in done.stderr) == (2, True)

"""`grader.db` is made, brought up to date and shared, and nothing in it is lost."""

from __future__ import annotations

import sqlite3
import subprocess
import sys

import pytest

from grader.course.stored import opening
from grader.course.stored.database import Standing
from grader.course.stored.store import opened
from grader.errors import StoreError


def test_on_a_local_disk_with_a_log_that_survives_a_kill(tmp_path):
    with opened(tmp_path) as store:
        assert store._rows("PRAGMA journal_mode") == [("wal",)]
        assert store._rows("PRAGMA synchronous") == [(2,)]


def test_on_a_network_disk_without_one(tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "on_network_disk", lambda _: True)
    with opened(tmp_path) as store:
        assert store._rows("PRAGMA journal_mode") == [("delete",)]


def test_an_older_store_is_kept_aside_before_it_is_changed(tmp_path, monkeypatch):
    with opened(tmp_path) as store:
        store.stand("s4", "ada", Standing("graded"))
    more = (*opening.MIGRATIONS, "ALTER TABLE rows ADD COLUMN note TEXT NOT NULL DEFAULT ';';")
    monkeypatch.setattr(opening, "MIGRATIONS", more)
    with opened(tmp_path) as store:
        assert store._rows("SELECT note FROM rows") == [(";",)]
    copy = sqlite3.connect(tmp_path / "grader.db.before-2")
    assert copy.execute("PRAGMA user_version").fetchone() == (1,)
    assert copy.execute("SELECT state FROM rows").fetchall() == [("graded",)]
    copy.close()


def test_a_step_that_fails_changes_nothing(tmp_path, monkeypatch):
    with opened(tmp_path) as store:
        store.stand("s4", "ada", Standing("graded"))
    steps = ("CREATE TABLE good (x TEXT) STRICT;", "CREATE TABLE runs (x TEXT) STRICT;")
    monkeypatch.setattr(opening, "MIGRATIONS", (*opening.MIGRATIONS, *steps))
    with pytest.raises(StoreError, match="already exists"), opened(tmp_path):
        pass
    monkeypatch.undo()
    with opened(tmp_path) as store:
        assert store.standing("s4") == {"ada": Standing("graded")}


def test_a_newer_store_and_a_file_that_is_none(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / opening.FILE_NAME).write_text("not a database, and long enough to be looked at" * 40)
    with pytest.raises(StoreError, match="not a database") as error, opened(tmp_path / "a"):
        pass
    assert "made anew" in error.value.hint
    with opened(tmp_path) as store:
        store._connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="newer grader"), opened(tmp_path):
        pass


OPEN = """
import sys
from pathlib import Path
from grader.course.stored.database import Standing
from grader.course.stored.store import opened
with opened(Path(sys.argv[1])) as store:
    for n in range(30):
        store.stand("s4", f"{sys.argv[2]}-{n}", Standing("waiting"))
"""


def test_several_processes_at_once_make_one_store_and_lose_nothing(tmp_path):
    started = [subprocess.Popen([sys.executable, "-c", OPEN, str(tmp_path), str(n)]) for n in range(3)]
    assert [one.wait(60) for one in started] == [0, 0, 0]
    with opened(tmp_path) as store:
        assert len(store.standing("s4")) == 90

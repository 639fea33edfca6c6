"""The index of the stored runs: made from them, renewed from them, and never more than they are."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from grader.course.stored import database
from grader.course.stored.database import Standing, device_class, evidence_key, on_network_disk, opened
from grader.course.stored.folder import RunFolder
from grader.course.stored.review import Wish, decide
from grader.errors import StoreError
from grader.records import RunRecord
from grader.report.interface import reports


def stored(base: Path, record: RunRecord, run: str, name: str = "ada") -> Path:
    made = replace(record, run_id=run)
    with RunFolder(base, "s4", name, run) as folder:
        return folder.publish({one.file_name: one.render(made) for one in reports()})


@pytest.fixture
def base(tmp_path, example_records) -> Path:
    for run in ("20261101-100000-aaaa", "20261102-100000-aaaa"):
        stored(tmp_path / "runs", example_records["full_marks"], run)
    stored(tmp_path / "runs", example_records["infrastructure"], "20261103-100000-aaaa")
    return tmp_path / "runs"


def test_runs_are_found_by_what_their_evidence_hangs_on(base, example_records):
    key = evidence_key(example_records["full_marks"])
    with opened(base) as store:
        assert store.with_evidence(key) == ()
        store.refresh()
        found = [folder.name for folder in store.with_evidence(key)]
        assert found == ["20261102-100000-aaaa", "20261101-100000-aaaa"]  # no fault is used again
        for field in ("tree_digest", "plan_digest", "data_digest", "device_class"):
            assert store.with_evidence(replace(key, **{field: "other"})) == ()
        assert store.with_evidence(replace(key, measuring_version=key.measuring_version + 1)) == ()
        elsewhere = replace(key, tree_digest="other")
        assert store.with_run_id("20261101-100000-aaaa", elsewhere) == (base / "s4/ada/20261101-100000-aaaa",)


def test_what_was_stored_since_is_found_and_what_is_gone_is_not(base, example_records):
    key = evidence_key(example_records["full_marks"])
    with opened(base) as store:
        store.refresh()
        later = stored(base, example_records["full_marks"], "20261104-100000-aaaa")
        for file in (base / "s4/ada/20261101-100000-aaaa").iterdir():
            file.unlink()
        store.refresh()
        assert [folder.name for folder in store.with_evidence(key)] == [later.name, "20261102-100000-aaaa"]


def test_the_runs_of_an_assignment_with_what_a_total_needs(base, example_records):
    record = example_records["full_marks"]
    with opened(base) as store:
        store.refresh()
        found = store.runs_under("s4")
        assert [one.run_id[:8] for one in found] == ["20261101", "20261102", "20261103"]
        one, submission = found[0], record.evidence.submission
        assert one.folder == base / "s4/ada/20261101-100000-aaaa"
        assert (one.submission, one.source, one.commit) == (
            submission.name,
            submission.source,
            submission.commit,
        )
        assert (one.points, one.highest, one.max_points, one.is_grade) == (250.0, 250.0, 250.0, True)
        assert (one.status, found[2].status) == ("complete", "infrastructure")
        assert store.runs_under("s5") == ()


def test_runs_that_cannot_be_read_are_known(base):
    with opened(base) as store:
        store.refresh()
        assert store.unread() == ()
        place = base / "s4/ada/20261101-100000-aaaa"
        (place / "result.json").write_text("{")
        store.refresh()
        assert store.unread() == (place,)


def test_the_batches_that_were_started(base):
    with opened(base) as store:
        for batch, key in (("s4-b", "ada"), ("s4-a", "ada"), ("s4-a", "bo")):
            store.stand(batch, key, Standing("missing"))
        assert store.batches() == ("s4-a", "s4-b")


def test_made_anew_from_the_runs_it_is_the_same(base):
    with opened(base) as store:
        store.refresh()
        before = store._rows("SELECT * FROM runs ORDER BY run_id")
    (base / database.FILE_NAME).unlink()
    (base / "s4/ada/20261109-100000-aaaa").mkdir()
    (base / "s4/ada/20261109-100000-aaaa/result.json").write_text("{")
    with opened(base) as store:
        store.refresh()
        assert store._rows("SELECT * FROM runs ORDER BY run_id") == before


def test_a_decision_of_a_person_is_indexed(tmp_path, example_records):
    run = stored(tmp_path, example_records["by_a_person"], "20261101-100000-aaaa")
    with opened(tmp_path) as store:
        store.refresh()
        wishes = [
            Wish("answers", points=50),
            Wish("explained", points=50),
            Wish("misrepresented", counts=False),
        ]
        decide(run, wishes, reason="Seen.", who="Ada")
        store.refresh()
        assert store._rows("SELECT status, points FROM runs") == [("complete", 175.0)]


def test_how_a_row_stands_is_kept(tmp_path):
    with opened(tmp_path) as store:
        store.stand("s4", "ada", Standing("waiting"))
        store.stand("s4", "ada", Standing("graded", 1, "run", "", "sha256:1"))
        store.stand("s5", "ada", Standing("missing"))
    with opened(tmp_path) as store:
        assert store.standing("s4") == {"ada": Standing("graded", 1, "run", "", "sha256:1")}


def test_on_a_local_disk_with_a_log_that_survives_a_kill(tmp_path):
    with opened(tmp_path) as store:
        assert store._rows("PRAGMA journal_mode") == [("wal",)]
        assert store._rows("PRAGMA synchronous") == [(2,)]


def test_on_a_network_disk_without_one(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "on_network_disk", lambda _: True)
    with opened(tmp_path) as store:
        assert store._rows("PRAGMA journal_mode") == [("delete",)]


@pytest.mark.parametrize(
    ("kind", "remote"),
    [
        ("ext4", False),
        ("nfs4", True),
        ("cifs", True),
        ("fuse.sshfs", True),
        ("lustre", True),
        ("tmpfs", False),
    ],
)
def test_which_disks_are_of_a_network(tmp_path, kind, remote):
    folder = tmp_path / "course runs" / "s4"
    folder.mkdir(parents=True)
    escaped = str(tmp_path / "course runs").replace(" ", "\\040")
    (tmp_path / "mounts").write_text(
        f"/dev/sda / ext4 rw 0 0\nserver:/x {escaped} {kind} rw 0 0\nserver:/y {escaped}-2 nfs rw 0 0\n"
    )
    assert on_network_disk(folder, tmp_path / "mounts") is remote
    assert on_network_disk(folder, tmp_path / "none") is False


def test_an_older_store_is_kept_aside_before_it_is_changed(tmp_path, monkeypatch):
    with opened(tmp_path) as store:
        store.stand("s4", "ada", Standing("graded"))
    more = (*database.MIGRATIONS, "ALTER TABLE rows ADD COLUMN note TEXT NOT NULL DEFAULT ';';")
    monkeypatch.setattr(database, "MIGRATIONS", more)
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
    monkeypatch.setattr(database, "MIGRATIONS", (*database.MIGRATIONS, *steps))
    with pytest.raises(StoreError, match="already exists"), opened(tmp_path):
        pass
    monkeypatch.undo()
    with opened(tmp_path) as store:
        assert store.standing("s4") == {"ada": Standing("graded")}


def test_a_newer_store_and_a_file_that_is_none(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / database.FILE_NAME).write_text("not a database, and long enough to be looked at" * 40)
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
from grader.course.stored.database import Standing, opened
with opened(Path(sys.argv[1])) as store:
    for n in range(30):
        store.stand("s4", f"{sys.argv[2]}-{n}", Standing("waiting"))
"""


def test_several_processes_at_once_make_one_store_and_lose_nothing(tmp_path):
    started = [subprocess.Popen([sys.executable, "-c", OPEN, str(tmp_path), str(n)]) for n in range(3)]
    assert [one.wait(60) for one in started] == [0, 0, 0]
    with opened(tmp_path) as store:
        assert len(store.standing("s4")) == 90


def test_any_cpu_is_one_device_and_a_gpu_goes_by_its_name():
    assert (
        device_class("cpu") == device_class("cpu for the training by the student's own loop; NVIDIA") == "cpu"
    )
    assert device_class("NVIDIA T4") == "NVIDIA T4"

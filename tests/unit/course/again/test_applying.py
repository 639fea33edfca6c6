"""A regrade put into effect: new runs beside the earlier ones, and a batch that goes on from them."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from grader.course.again.applying import applied
from grader.course.again.regrade import Again, looked_at
from grader.course.grades.attempts import attempt_of, chosen
from grader.course.stored.database import Standing
from grader.course.stored.restoring import FOLDER
from grader.course.stored.results import read_run
from grader.course.stored.review import Wish, decide
from grader.course.stored.runs import StoredRun, stored_runs
from grader.course.stored.store import opened
from grader.errors import StoreError, UsageError
from grader.report.interface import reports
from grader.spec.load import Loaded, load_spec

AMONG = {"ada": 6338, "grace": 14_000, "linus": 24_000}


@pytest.fixture(scope="module")
def s4() -> Loaded:
    return load_spec("s4")


@pytest.fixture
def again(stored, s4) -> Again:
    return Again(stored.changed(s4, small={"fewer_than": 20_000}))


@pytest.fixture
def base(tmp_path, stored, s4) -> Path:
    for name, parameters in AMONG.items():
        stored.publish(tmp_path / "runs", stored.measured(s4, name, parameters=parameters))
    return tmp_path / "runs"


def latest(base: Path) -> dict[str, StoredRun]:
    return {
        one.record.evidence.submission.name: one for one in stored_runs(base) if isinstance(one, StoredRun)
    }


def test_new_runs_beside_the_earlier_ones(base, again):
    before = latest(base)
    folders = applied(looked_at(base, again), again)
    after = latest(base)
    assert sorted(folders) == sorted(one.folder for one in after.values())
    assert {
        name: one.record.grade.points - before[name].record.grade.points for name, one in after.items()
    } == {
        "ada": 0,
        "grace": 0,
        "linus": -75,
    }
    for name, one in after.items():
        was = before[name]
        assert read_run(was.folder) == was.record  # the earlier run is as it was
        assert one.record.evidence == was.record.evidence  # also when it was handed in
        assert one.record.provenance.evidence_of == was.record.run_id
        assert one.record.run_id == one.folder.name > was.record.run_id
        assert {file.name for file in one.folder.iterdir()} == {
            "events.jsonl",
            *(two.file_name for two in reports()),
        }


def test_what_is_applied_is_applied_once_and_can_be_taken_back(base, again, s4):
    before = latest(base)["linus"].record.grade
    applied(looked_at(base, again), again)
    rows = looked_at(base, again)
    assert [(row.difference.move, row.is_new) for row in rows] == [("unchanged", False)] * 3
    assert applied(rows, again) == ()
    back = Again(s4)
    applied(looked_at(base, back), back)
    assert latest(base)["linus"].record.grade == before
    assert len(list((base / "s4/linus").iterdir())) == 3


def test_the_run_that_counts_and_its_lateness(base, again):
    """Of the same work the latest judgement counts; the moment of handing in is that of the work."""
    applied(looked_at(base, again), again)
    runs = [one.record for one in stored_runs(base / "s4/linus", every=True) if isinstance(one, StoredRun)]
    counted = chosen([attempt_of(record) for record in runs], "last", lambda one: one.points)
    assert (counted.points, counted.run_id) == (runs[0].grade.points - 75, runs[-1].run_id)
    assert {attempt_of(record).handed_in_seconds for record in runs} == {counted.handed_in_seconds}


def test_decisions_come_along(tmp_path, stored, s4, again):
    folder = stored.publish(tmp_path, stored.measured(s4, like="review"))
    record = decide(folder, [Wish("learns-fast", points=100)], reason="It rises.", who="Ada")
    (made,) = applied(looked_at(tmp_path, again), again)
    assert read_run(made).decisions == record.decisions
    assert read_run(made).grade.points == record.grade.points


def test_earlier_work_does_not_become_the_latest(base, again, stored, s4):
    newer = stored.measured(s4, "linus", parameters=9000, run_id="20261105-100000-bbbb", commit="f" * 40)
    stored.publish(base, newer)
    applied(looked_at(base, again, every=True), again)
    assert latest(base)["linus"].record.evidence.submission.commit == "f" * 40
    assert len(list((base / "s4/linus").iterdir())) == 4


def test_what_cannot_be_judged_again_stays_as_it_is(base, again, stored, s4):
    fault = stored.publish(base, stored.measured(s4, "mary", like="infrastructure"))
    assert len(applied(looked_at(base, again), again)) == 3
    assert [one.name for one in (base / "s4/mary").iterdir()] == [fault.name]


def test_a_decision_in_the_meantime_stores_nothing(tmp_path, stored, s4, again):
    for name in ("ada", "grace"):
        folder = stored.publish(tmp_path, stored.measured(s4, name, like="review"))
    rows = looked_at(tmp_path, again)
    decide(folder, [Wish("learns-fast", points=100)], reason="It rises.", who="Ada")
    with pytest.raises(StoreError, match="grace was graded or decided on in the meantime"):
        applied(rows, again)
    assert all(len(list(one.iterdir())) == 1 for one in (tmp_path / "s4").iterdir() if one.is_dir())


def test_a_run_in_the_meantime_stores_nothing(base, stored, s4, again):
    rows = looked_at(base, again)
    stored.publish(base, stored.measured(s4, "ada", run_id="20261110-100000-cccc"))
    with pytest.raises(StoreError, match="ada was graded or decided on"):
        applied(rows, again)
    assert len(list((base / "s4/linus").iterdir())) == 1


def test_a_clock_that_is_behind_is_said(base, stored, s4, again):
    stored.publish(base, stored.measured(s4, "ada", run_id="29991231-235959-ffff"))
    with pytest.raises(StoreError, match="newer than this machine's clock"):
        applied(looked_at(base, again), again)


def test_a_run_that_lies_elsewhere_is_not_stored_anew(base, again, tmp_path):
    copied = tmp_path / "copies" / "linus"
    copied.parent.mkdir()
    next((base / "s4/linus").iterdir()).rename(copied)
    with pytest.raises(UsageError, match="is not the place where the grader stored run"):
        applied(looked_at(copied, again), again)


def test_a_batch_goes_on_from_the_new_run(base, stored, again):
    """Else it would judge the earlier run once more, and a decision on the new one would be lost."""
    with opened(base) as database:
        database.refresh()
        database.stand("s4-roster", "linus", Standing("graded", 1, stored.run_name("linus")))
        database.stand("s4-roster", "mary", Standing("missing"))
    applied(looked_at(base / "s4/linus", again), again)
    new = latest(base)["linus"].record
    with opened(base) as database:
        rows = database.standing("s4-roster")
        assert (rows["linus"].run_id, rows["mary"].run_id) == (new.run_id, "")
        assert len(database.runs_of("linus")) == 2


def test_a_full_disk_stores_nothing(tmp_path, stored, s4, again):
    """A real file system that has room for the runs, and not for as many again with their reports."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "none", str(small)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("mounting a small file system needs root")
    try:
        for name, parameters in AMONG.items():
            stored.publish(small, stored.measured(s4, name, parameters=parameters))
        with pytest.raises(StoreError, match="disk is full"):
            applied(looked_at(small, again), again)
        assert all(len(list(one.iterdir())) == 1 for one in (small / "s4").iterdir() if one.is_dir())
        assert not (small / "s4" / FOLDER).exists()
        assert [row.difference.move for row in looked_at(small, again)].count("down") == 1
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_the_spec_that_is_applied_is_in_the_run(base, again):
    applied(looked_at(base, again), again)
    made = latest(base)["ada"].record.provenance
    assert made.spec_digest == again.loaded.digest
    assert made == replace(made, spec_id="s4", spec_edition=1)

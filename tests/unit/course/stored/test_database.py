"""The index of the stored runs: made from them, renewed from them, and never more than they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from grader.course.stored.database import Standing, device_class, evidence_key
from grader.course.stored.disk import FILE_NAME
from grader.course.stored.folder import RunFolder
from grader.course.stored.review import Wish, decide
from grader.course.stored.store import opened
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
    (base / FILE_NAME).unlink()
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


def test_any_cpu_is_one_device_and_a_gpu_goes_by_its_name():
    assert (
        device_class("cpu") == device_class("cpu for the training by the student's own loop; NVIDIA") == "cpu"
    )
    assert device_class("NVIDIA T4") == "NVIDIA T4"

"""Which runs a folder holds, and which one of a submission counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course.stored.folder import RunFolder
from grader.course.stored.results import read_run
from grader.course.stored.runs import StoredRun, Unreadable, stored_runs
from grader.errors import StoreError, UsageError
from grader.report.interface import reports


def stored(base: Path, record, spec: str, name: str, run: str) -> Path:
    with RunFolder(base, spec, name, run) as folder:
        return folder.publish({one.file_name: one.render(record) for one in reports()})


@pytest.fixture
def runs(tmp_path, example_records) -> Path:
    record = example_records["by_a_person"]
    for spec, name, run in (
        ("s4", "ada", "20261101-100000-aaaa"),
        ("s4", "ada", "20261102-100000-aaaa"),
        ("s4", "grace", "20261101-100000-bbbb"),
        ("s5", "ada", "20261101-100000-cccc"),
    ):
        stored(tmp_path / "runs", record, spec, name, run)
    (tmp_path / "runs" / "s4" / "ada" / "20261103-100000-aaaa.partial").mkdir()
    return tmp_path / "runs"


def names(found) -> list[str]:
    return [
        f"{one.folder.parent.parent.name}/{one.folder.parent.name}/{one.folder.name[6:8]}" for one in found
    ]


def test_of_each_submission_the_latest_whole_run(runs):
    assert names(stored_runs(runs)) == ["s4/ada/02", "s4/grace/01", "s5/ada/01"]
    assert names(stored_runs(runs, every=True)) == ["s4/ada/01", "s4/ada/02", "s4/grace/01", "s5/ada/01"]


def test_below_one_assignment_one_submission_and_one_run(runs):
    assert names(stored_runs(runs / "s4")) == ["s4/ada/02", "s4/grace/01"]
    assert names(stored_runs(runs / "s4" / "ada")) == ["s4/ada/02"]
    run = runs / "s4" / "ada" / "20261101-100000-aaaa"
    assert names(stored_runs(run)) == names(stored_runs(run / "result.json")) == ["s4/ada/01"]


@pytest.mark.parametrize("place", ["nothing", ".", "x.json"])
def test_a_place_without_runs(tmp_path, place):
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(UsageError, match="holds no run"):
        list(stored_runs(tmp_path / place))


def test_one_that_cannot_be_read_hides_no_other(runs):
    (runs / "s4" / "grace" / "20261101-100000-bbbb" / "result.json").write_text('{"schema": "other"}')
    (runs / "s5" / "ada" / "20261101-100000-cccc" / "result.json").write_bytes(b"\xff\xfe")
    good, *bad = stored_runs(runs)
    assert isinstance(good, StoredRun)
    assert all(isinstance(one, Unreadable) for one in bad)
    assert "schema" in bad[0].reason
    assert "is no text" in bad[1].reason


def test_a_link_is_not_followed(runs, tmp_path):
    (tmp_path / "other" / "s4").mkdir(parents=True)
    (tmp_path / "other" / "s4" / "ada").symlink_to(runs / "s4" / "ada")
    with pytest.raises(UsageError):
        list(stored_runs(tmp_path / "other"))


def test_a_result_that_is_not_there(tmp_path):
    with pytest.raises(StoreError, match="cannot be read"):
        read_run(tmp_path)

"""A run is stored whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from grader.course.stored import folder as store
from grader.course.stored.folder import RunFolder, folder_name, new_run_id
from grader.errors import GraderFault, StoreError
from grader.events import Event

FILES = {"result.json": "{}", "report.html": "<p>ä</p>"}


def folder(base) -> RunFolder:
    return RunFolder(base, "s4", "owner/name", "20261121-093000-abcd")


def test_a_finished_run_has_its_final_name_and_its_log(tmp_path):
    with folder(tmp_path) as run:
        run.listen(Event("start", "fetch", "Fetching"))
        run.listen(Event("progress", "train", "", 0.5))
        final = run.publish(FILES)
    assert final == tmp_path / "s4" / "owner-name" / "20261121-093000-abcd"
    assert {path.name for path in final.iterdir()} == {"result.json", "report.html", "events.jsonl"}
    assert (final / "report.html").read_text("utf-8") == "<p>ä</p>"
    events = [json.loads(line) for line in (final / "events.jsonl").read_text().splitlines()]
    assert [event["kind"] for event in events] == ["start"]
    assert list(final.parent.iterdir()) == [final]


@pytest.mark.parametrize(
    ("error", "status"), [(KeyboardInterrupt(), "interrupted"), (GraderFault("broken"), "failed")]
)
def test_an_unfinished_run_stays_partial_and_says_so(tmp_path, error, status):
    run = folder(tmp_path)
    with pytest.raises(type(error)), run:
        raise error
    assert not run.final.exists()
    mark = json.loads((run.partial / "partial.json").read_text())
    assert (mark["status"], mark["grade"]) == (status, None)


def test_a_full_disk_is_the_machines_fault_and_publishes_nothing(tmp_path, monkeypatch):
    """Written through a real file whose writes fail with ENOSPC, as /dev/full does."""

    def write_to_full_disk(path, content):
        with open("/dev/full", "w") as file:
            file.write(content)

    run = folder(tmp_path)
    with pytest.raises(StoreError, match="disk is full") as raised, run:
        monkeypatch.setattr(store, "_write", write_to_full_disk)
        run.publish(FILES)
    assert raised.value.exit_code == 5
    assert not run.final.exists()
    assert run.partial.is_dir()


def test_a_folder_that_cannot_be_made_is_said_with_its_place(tmp_path):
    (tmp_path / "s4").write_text("a file, not a folder")
    with pytest.raises(StoreError, match=re.escape(str(tmp_path / "s4"))), folder(tmp_path):
        pass


def test_a_log_that_cannot_be_written_is_a_fault_too(tmp_path):
    run = folder(tmp_path)
    with pytest.raises(StoreError), run:
        run._log.close()
        run._log = open("/dev/full", "w")
        run.listen(Event("note", "read", "x"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("owner/name", "owner-name"),
        ("../../etc", "etc"),
        (" lead ing", "lead-ing"),
        ("", "submission"),
        ("..", "submission"),
        ("x" * 300, "x" * 80),
    ],
)
def test_a_name_is_one_harmless_path_component(name, expected):
    assert folder_name(name) == expected


def test_run_ids_sort_by_time_and_differ():
    early, late = (new_run_id(datetime(2026, 11, day, tzinfo=UTC)) for day in (2, 21))
    assert early < late
    assert len({new_run_id(datetime(2026, 1, 1, tzinfo=UTC)) for _ in range(20)}) > 1


def test_errno_decides_what_is_said(tmp_path):
    assert "disk is full" in store._fault(OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)), tmp_path).message
    assert (
        "Permission denied"
        in store._fault(OSError(errno.EACCES, os.strerror(errno.EACCES)), tmp_path).message
    )


def test_several_runs_may_begin_at_once_in_a_folder_that_is_not_there(tmp_path):
    """Each begins at the very same moment, and each finds that the folder of runs is missing."""
    at_once = 8
    together = threading.Barrier(at_once)

    def begin(round_: int, number: int) -> None:
        together.wait(10)
        with RunFolder(tmp_path / f"{round_}", "s4", f"name{number}", "20261121-093000-abcd") as run:
            run.publish(FILES)

    with ThreadPoolExecutor(at_once) as pool:
        for round_ in range(20):
            for done in [pool.submit(begin, round_, number) for number in range(at_once)]:
                done.result()
    assert len(list(tmp_path.glob("*/s4/*/*/result.json"))) == 20 * at_once

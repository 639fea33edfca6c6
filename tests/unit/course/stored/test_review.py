"""A decision is kept with its run: whole or not at all, and none is lost where two people decide at once."""

from __future__ import annotations

import errno
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grader.course.stored import folder as store
from grader.course.stored.folder import RunFolder, locked
from grader.course.stored.results import read_run
from grader.course.stored.review import DecidedMeanwhile, Wish, decide
from grader.decisions import mark
from grader.errors import StoreError, UsageError
from grader.report.interface import reports


@pytest.fixture
def run(tmp_path, example_records) -> Path:
    record = example_records["by_a_person"]
    with RunFolder(tmp_path, "s4", "ada", "20261101-100000-aaaa") as folder:
        return folder.publish({one.file_name: one.render(record) for one in reports()})


def test_the_report_shows_who_decided_when_and_why(run):
    record = decide(run, [Wish("answers", points=40)], reason="The second is cut off.", who="Ada")
    said = f"40 of 50 points by Ada, {record.decisions[0].decided_at[:10]}"
    for name in ("report.html", "README.md"):
        text = (run / name).read_text("utf-8")
        assert said in text
        assert "The second is cut off." in text
    assert read_run(run) == record
    assert sorted(path.name for path in run.iterdir()) == [
        "README.md",
        "events.jsonl",
        "report.html",
        "result.json",
        "staff.html",
    ]


def test_complete_when_everything_is_decided(run):
    assert read_run(run).grade.status == "needs_review"
    wishes = [Wish("answers", points=50), Wish("explained", points=50), Wish("misrepresented", counts=False)]
    decide(run, wishes, reason="Seen.", who="Ada")
    assert read_run(run).grade.status == "complete"
    assert "Complete: 175 of 175" in (run / "report.html").read_text("utf-8")


def test_all_of_them_or_none(run):
    before = (run / "result.json").read_bytes()
    with pytest.raises(UsageError):
        decide(run, [Wish("answers", points=50), Wish("explained", points=51)], reason="Seen.", who="Ada")
    assert (run / "result.json").read_bytes() == before


def test_a_full_disk_changes_nothing(run, monkeypatch):
    before = {path.name: path.read_bytes() for path in run.iterdir()}

    def full(path: Path, content: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store, "_write", full)
    with pytest.raises(StoreError, match="disk is full"):
        decide(run, [Wish("answers", points=50)], reason="Seen.", who="Ada")
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


def test_what_somebody_decided_meanwhile_is_not_overwritten_unasked(run):
    shown = read_run(run)
    decide(run, [Wish("answers", points=50)], reason="Both are there.", who="Grace")
    before = (run / "result.json").read_bytes()
    seen = {"answers": mark(shown, "answers")}
    with pytest.raises(
        DecidedMeanwhile, match=r"Grace has decided answers meanwhile: 50 points\. Both"
    ) as error:
        decide(run, [Wish("answers", points=40)], reason="Cut off.", who="Ada", expecting=seen)
    assert error.value.decision.who == "Grace"
    assert (run / "result.json").read_bytes() == before
    seen = {"answers": mark(read_run(run), "answers")}
    decide(run, [Wish("answers", points=40)], reason="Cut off.", who="Ada", expecting=seen)
    assert [one.who for one in read_run(run).decisions] == ["Grace", "Ada"]


def test_what_somebody_decided_about_something_else_is_no_conflict(run):
    seen = {"answers": mark(read_run(run), "answers")}
    decide(run, [Wish("misrepresented", counts=False)], reason="A slip.", who="Grace")
    decide(run, [Wish("answers", points=40)], reason="Cut off.", who="Ada", expecting=seen)
    assert len(read_run(run).decisions) == 2


DECIDE = """
import sys
from pathlib import Path
from grader.course.stored.review import Wish, decide
for n in range(6):
    decide(Path(sys.argv[1]), [Wish(sys.argv[2], points=40 + n / 10)], reason=f"round {n}", who=sys.argv[2])
"""


def test_two_people_at_once_lose_no_decision(run):
    both = [
        subprocess.Popen([sys.executable, "-c", DECIDE, str(run), name]) for name in ("answers", "explained")
    ]
    assert [one.wait(60) for one in both] == [0, 0]
    record = read_run(run)
    assert len(record.decisions) == 12
    for name in ("answers", "explained"):
        assert [one.reason for one in record.decisions if one.id == name] == [f"round {n}" for n in range(6)]
    assert {one.id: one.points for one in record.outcomes} == {
        "small": 75,
        "answers": 40.5,
        "explained": 40.5,
    }


HOLD = """
import sys, time
from pathlib import Path
from grader.course.stored.folder import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_run_that_somebody_holds_says_so(run, monkeypatch):
    other = subprocess.Popen([sys.executable, "-c", HOLD, str(run)], stdout=subprocess.PIPE)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        monkeypatch.setattr(store, "LOCK_SECONDS", 0.2)
        begin = time.monotonic()
        with pytest.raises(StoreError, match="written by another process"), locked(run):
            pass
        assert time.monotonic() - begin < 5
    finally:
        other.kill()
        other.communicate()
    with locked(run):  # the lock went with its process
        pass

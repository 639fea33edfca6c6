"""A process for each attempt: heard, ended when asked, and gone with whoever launched it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import psutil
import pytest

from grader.course.batch.executors import local
from grader.course.batch.executors.local import Local


@pytest.fixture
def launching(monkeypatch):
    """Launches these lines of Python in place of an attempt."""

    def use(text: str) -> None:
        monkeypatch.setattr(local, "command", lambda folder: [sys.executable, "-c", text, str(folder)])

    return use


def test_events_are_heard_and_other_lines_are_not(launching, tmp_path):
    launching(
        "import sys\nprint('{\"stage\": \"train\"}')\nprint('no json')\nprint('[1]')\nprint('x' * 300000)\n"
        "print('{\"stage\": \"judge\"}')\nprint('oh', file=sys.stderr)\nsys.exit(3)"
    )
    heard: list[dict[str, object]] = []
    ended = Local(1).attempt(tmp_path, heard.append, threading.Event())
    assert heard == [{"stage": "train"}, {"stage": "judge"}]
    assert (ended.code, ended.stopped, ended.tail) == (3, False, "oh")


def test_asked_to_stop_it_ends(launching, tmp_path):
    launching("import time\nprint('{}', flush=True)\ntime.sleep(60)")
    stop = threading.Event()
    begin = time.monotonic()
    ended = Local(1).attempt(tmp_path, lambda _: stop.set(), stop)
    assert (ended.code, ended.stopped) == (-15, True)
    assert time.monotonic() - begin < 10


def test_who_does_not_listen_is_killed(launching, tmp_path, monkeypatch):
    monkeypatch.setattr(local, "GRACE_SECONDS", 0.5)
    launching(
        "import signal, time\nsignal.signal(15, signal.SIG_IGN)\nprint('{}', flush=True)\ntime.sleep(60)"
    )
    stop = threading.Event()
    assert Local(1).attempt(tmp_path, lambda _: stop.set(), stop).code == -9


def test_what_is_hidden_does_not_reach_it(launching, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_TOKEN", "secret")
    launching("import json, os\nprint(json.dumps({'seen': os.environ.get('COURSE_TOKEN', '')}))")
    heard: list[dict[str, object]] = []
    Local(1, hidden=("COURSE_TOKEN",)).attempt(tmp_path, heard.append, threading.Event())
    assert heard == [{"seen": ""}]


LAUNCH = """
import sys, threading
from pathlib import Path
from grader.course.batch.executors.local import Local
print("up", flush=True)
Local(1).attempt(Path(sys.argv[1]), lambda event: None, threading.Event())
"""


def test_an_attempt_ends_with_a_batch_that_was_killed(tmp_path):
    """The real attempt, waiting for a job that never comes: its standard input closes."""
    import os

    os.mkfifo(tmp_path / "job.json")
    batch = subprocess.Popen([sys.executable, "-c", LAUNCH, str(tmp_path)], stdout=subprocess.PIPE)
    assert batch.stdout is not None
    assert batch.stdout.readline() == b"up\n"
    (attempt,) = _children(batch.pid)
    batch.kill()
    batch.communicate()
    attempt.wait(30)


def _children(pid: int) -> list[psutil.Process]:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        found = [
            one for one in psutil.Process(pid).children() if "grader.course.batch.attempt" in one.cmdline()
        ]
        if found:
            time.sleep(2)  # until it reads its job
            return found
        time.sleep(0.05)
    raise AssertionError("no attempt was started")

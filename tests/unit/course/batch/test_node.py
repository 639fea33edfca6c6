"""An attempt on another machine: the real process, its exit codes, and what ends it. Real gradings: in `integration`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grader.course.batch.copies import COPIES, EVENTS, Copy, beat, begin, cleared, collected
from grader.course.batch.executors.interface import NO_ANSWER, OVER_TIME, command
from grader.course.batch.job import ANSWER, Answer, Job, read_answer

QUICK = """
import sys
from grader.course.batch import node
node.GONE_SECONDS, node._LOOK_SECONDS, node.END_SECONDS = {gone}, 0.05, 5.0
sys.exit(node.main(sys.argv[1:]))
"""


@pytest.fixture
def attempt(tmp_path) -> Path:
    """Its spec never comes: a pipe that nobody writes to."""
    os.mkfifo(tmp_path / "s4.yaml")
    job = Job(str(tmp_path / "s4.yaml"), str(tmp_path), str(tmp_path / "runs"), "ada", "", "grader run", 7)
    begin(tmp_path / "attempt", job, anew=False)
    beat(tmp_path / "attempt")
    return tmp_path / "attempt"


def started(attempt: Path, gone_seconds: float = 600.0) -> subprocess.Popen[bytes]:
    """A copy that is at work."""
    words = [sys.executable, "-c", QUICK.format(gone=gone_seconds), str(attempt)]
    copy = subprocess.Popen(words, stdin=subprocess.DEVNULL)
    end = time.monotonic() + 20
    while not list(attempt.glob(f"{COPIES}/*/{EVENTS}")):
        assert time.monotonic() < end
        assert copy.poll() is None
        time.sleep(0.02)
    return copy


@pytest.mark.parametrize(("told", "code"), [("SIGTERM", NO_ANSWER), ("SIGUSR1", OVER_TIME)])
def test_told_to_end_it_ends_without_an_answer(attempt, told, code):
    copy = started(attempt)
    copy.send_signal(getattr(signal, told))
    assert copy.wait(20) == code
    assert not collected(attempt)


def test_it_ends_with_0_as_soon_as_another_has_the_answer(attempt):
    copy, other = started(attempt), Copy.of(attempt)
    assert other.publish(other.own, Answer("person", "", "Somebody has to look."))
    assert copy.wait(20) == 0
    assert collected(attempt)
    assert read_answer(attempt / ANSWER).kind == "person"


@pytest.mark.slow
@pytest.mark.parametrize("what", ["nobody waits", "it begins anew"])
def test_it_ends_where_nobody_waits_for_it(attempt, what):
    copy = started(attempt, 0.5 if what == "nobody waits" else 600.0)
    if what == "it begins anew":
        cleared(attempt)
    assert copy.wait(20) == NO_ANSWER


@pytest.mark.slow
def test_it_goes_on_as_long_as_somebody_waits(attempt):
    copy = started(attempt, 0.8)
    for _ in range(12):
        time.sleep(0.15)
        beat(attempt)
    assert copy.poll() is None
    copy.send_signal(signal.SIGTERM)
    assert copy.wait(20) == NO_ANSWER


def test_where_there_is_an_answer_it_begins_nothing(attempt):
    other = Copy.of(attempt)
    other.publish(other.own, Answer("machine"))
    assert subprocess.run(command(attempt, "node"), check=False, timeout=20).returncode == 0
    assert len(list((attempt / COPIES).iterdir())) == 1


def test_without_a_job_it_says_so(tmp_path):
    done = subprocess.run(
        command(tmp_path / "gone", "node"), check=False, timeout=20, capture_output=True, text=True
    )
    assert done.returncode == NO_ANSWER
    assert "holds no job any more" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_fault_is_an_answer_that_names_the_machine(attempt, tmp_path):
    (tmp_path / "s4.yaml").unlink()
    assert subprocess.run(command(attempt, "node"), check=False, timeout=20).returncode == 0
    assert collected(attempt)
    answer = read_answer(attempt / ANSWER)
    assert answer.kind == "usage"
    assert answer.message.startswith(f"On {os.uname().nodename}: ")


@pytest.mark.parametrize("error", ["SandboxUnavailable", "DataMissing", "GraderFault", "FetchError"])
def test_a_machine_without_a_sandbox_ends_the_batch(error):
    from grader import errors
    from grader.course.batch.node import _whose

    kinds = {"GraderFault": "machine", "FetchError": "student"}
    assert _whose(getattr(errors, error)("No.", "Look.")) == kinds.get(error, "usage")

"""`grader regrade --apply` killed at random moments: the course is under the old spec or under the new one."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grader.course.stored.restoring import FOLDER
from grader.course.stored.runs import StoredRun, stored_runs
from grader.spec.load import load_spec
from grader.spec.shipped import shipped_specs

RUNS = 12
KILLS = 20


@pytest.fixture
def course(tmp_path, stored) -> Path:
    s4 = load_spec("s4")
    for index in range(RUNS):
        stored.publish(tmp_path / "runs", stored.measured(s4, f"s{index:02}", parameters=24_000))
    text = shipped_specs()["s4"].read_text("utf-8")
    for limit in (20_000, 25_000):
        (tmp_path / f"{limit}.yaml").write_text(text.replace("fewer_than: 25000", f"fewer_than: {limit}"))
    return tmp_path


def begun(*words: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "grader", *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def ended(*words: object) -> int:
    """Its exit code."""
    running = begun(*words)
    running.communicate(timeout=120)
    return running.returncode


def digests(course: Path) -> list[str]:
    found = list(stored_runs(course / "runs"))
    assert all(isinstance(one, StoredRun) for one in found)
    return [one.record.provenance.spec_digest for one in found if isinstance(one, StoredRun)]


@pytest.mark.slow
def test_killed_at_random_moments_it_is_all_or_nothing(course):
    """Forth and back between two specs; each time the command is killed somewhere on its way."""
    rng, seen = random.Random(10), set()
    begin = time.monotonic()
    assert ended("regrade", course / "20000.yaml", course / "runs") == 0
    usual = time.monotonic() - begin
    for number in range(KILLS):
        limit = (20_000, 25_000)[number % 2]
        before = digests(course)
        running = begun("regrade", course / f"{limit}.yaml", course / "runs", "--apply")
        if number == 1:
            running.communicate(timeout=120)  # one gets through
        else:
            time.sleep(rng.uniform(0.6, 2.2) * usual if number else 0.05)
        running.kill()
        running.communicate()
        assert ended("review", course / "runs", "--list") in (0, 6)  # the next command, whichever it is
        assert not list((course / "runs" / "s4").glob(f"{FOLDER}*"))
        after = digests(course)
        assert len(set(after)) == 1
        seen.add(after != before)
    assert seen == {True, False}
    assert ended("regrade", course / "20000.yaml", course / "runs", "--apply") == 0
    assert set(digests(course)) == {load_spec(course / "20000.yaml").digest}


@pytest.mark.slow
def test_interrupted_while_it_writes_it_is_all_or_nothing(course):
    running = begun("regrade", course / "20000.yaml", course / "runs", "--apply")
    deadline = time.monotonic() + 60
    while not (course / "runs/s4" / FOLDER).exists():
        assert time.monotonic() < deadline
        time.sleep(0.005)
    running.terminate()
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130, said
    assert len(set(digests(course))) == 1
    assert not (course / "runs/s4" / FOLDER).exists()

"""What goes wrong around a batch: a host that hangs, a full disk, processes that something kills. Nobody loses a point.

Each ends in the table of an undisturbed batch, bit for bit but for times.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

pytestmark = [pytest.mark.sandbox, pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory, batches) -> Path:
    folder = tmp_path_factory.mktemp("course")
    batches.write_nets(folder, 2)
    return folder


@pytest.fixture(scope="module")
def undisturbed(course, batches) -> dict[str, object]:
    done = batches.batch(course, "--json")
    assert done.returncode == 0, done.stderr
    return batches.table(done)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 300 kB."""
    place = tmp_path / "small"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300k", "none", str(place)], capture_output=True, check=False
    )
    if made.returncode != 0:
        pytest.skip("mounting a small file system needs root")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk(course, undisturbed, batches, small):
    batches.same_secret(course / "reports", small)
    full = batches.batch(course, "--json", out=small)
    assert full.returncode == 5, full.stderr
    assert "No space left" in full.stderr or "disk is full" in full.stderr or "is full" in full.stderr
    stored = {place.parent for place in small.rglob("result.json")}
    subprocess.run(["mount", "-o", "remount,size=64m", str(small)], check=True)
    again = batches.batch(course, "--json", out=small)
    assert again.returncode == 0, again.stderr
    assert batches.table(again) == undisturbed
    assert stored <= {place.parent for place in small.rglob("result.json")}


@pytest.mark.parametrize("victim", ["attempt", "worker"])
def test_processes_that_something_kills(course, undisturbed, batches, tmp_path, victim):
    out = tmp_path / "reports"
    batches.same_secret(course / "reports", out)
    started = subprocess.Popen(
        batches.words(course, "--json", out=out), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    killed = _kill_one_that_trains(started, victim)
    stdout, stderr = started.communicate(timeout=600)
    assert started.returncode == 0, stderr
    done = subprocess.CompletedProcess([], 0, stdout, stderr)
    assert killed
    attempts = sorted(row["attempts"] for row in batches.rows(done).values())
    assert attempts == [1, 2]
    assert batches.table(done) == undisturbed


def _kill_one_that_trains(batch: subprocess.Popen[str], victim: str) -> int:
    """kill -9 of an attempt's process, or of the worker below one, while it trains: the pid, or 0 where none did."""
    end = time.monotonic() + 120
    while time.monotonic() < end and batch.poll() is None:
        busy = [
            one
            for one in psutil.Process(batch.pid).children(recursive=True)
            if _seconds(one) > 4 and _is(one, victim)
        ]
        if busy:
            os.kill(busy[-1].pid, signal.SIGKILL)
            return busy[-1].pid
        time.sleep(0.2)
    return 0


def _is(process: psutil.Process, victim: str) -> bool:
    try:
        return ("grader.course.batch.attempt" in process.cmdline()) == (victim == "attempt")
    except psutil.Error:
        return False


def _seconds(process: psutil.Process) -> float:
    """Of computing; an attempt waits for its worker, so its age stands for it."""
    try:
        if "grader.course.batch.attempt" in process.cmdline():
            return max(0.0, time.time() - process.create_time() - 6)
        return float(process.cpu_times().user)
    except psutil.Error:
        return 0.0


def test_a_host_that_hangs(course, undisturbed, batches, git_server, tmp_path):
    support = git_server
    (tmp_path / "served").mkdir()
    server = support.GitServer(tmp_path / "served")
    try:
        files = {place.name: place.read_bytes() for place in (course / "net0").iterdir() if place.is_file()}
        server.publish("net0.git", support.make_repository(tmp_path / "work", files))
        shutil.copytree(course / "net1", tmp_path / "net1")
        lines = f"name,repository\nnet0,{server.url('net0.git')}\nnet1,net1\n"
        (tmp_path / "roster.csv").write_text(lines, "utf-8")
        out = tmp_path / "reports"
        batches.same_secret(course / "reports", out)
        server.hanging.set()
        first = batches.batch(tmp_path, "--json", out=out, GIT_SSL_CAINFO=str(server.certificate))
        assert first.returncode == 5, first.stderr
        found = batches.rows(first)
        assert (found["net0"]["state"], found["net1"]["state"]) == ("stuck", "graded")
        server.hanging.clear()
        again = batches.batch(tmp_path, "--json", out=out, GIT_SSL_CAINFO=str(server.certificate))
        assert again.returncode == 0, again.stderr
        last = batches.rows(again)
        assert last["net1"]["run"] == found["net1"]["run"]
        assert batches.table(again) == undisturbed
    finally:
        server.stop()

"""What is counted, and how: shared pages once, deleted files too."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest

from grader.isolation import meters
from grader.isolation.landlock import Landlock
from grader.isolation.plain import Plain

MIB = 1024 * 1024

FORKS = """
import os, sys, time
block = bytearray(os.urandom(1 << 20) * 100)
for _ in range(4):
    if os.fork() == 0:
        time.sleep(60)
        os._exit(0)
print("ready", flush=True)
sys.stdin.read()
os.killpg(0, 9)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="proportional set size is Linux's")
def test_pages_that_processes_share_are_counted_once():
    with subprocess.Popen(
        [sys.executable, "-c", FORKS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as parent:
        parent.stdout.readline()
        tree = [psutil.Process(parent.pid), *psutil.Process(parent.pid).children()]
        used = sum(meters.memory_bytes(process) for process in tree)
        resident = sum(process.memory_info().rss for process in tree)
        parent.stdin.close()
    assert len(tree) == 5
    assert 100 * MIB <= used < 200 * MIB
    assert resident > 400 * MIB


def test_files_are_counted_deep_down_and_deleted_ones_too(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").write_bytes(b"x" * MIB)
    held = open(tmp_path / "held", "wb")
    with held:
        held.write(b"y" * 2 * MIB)
        held.flush()
        os.unlink(tmp_path / "held")
        found = meters.scratch_bytes(tmp_path, [psutil.Process()], 100 * MIB)
        assert 3 * MIB <= found < 4 * MIB
    assert meters.scratch_bytes(tmp_path, [psutil.Process()], 100 * MIB) < 2 * MIB


def test_counting_stops_at_the_limit_and_follows_no_link(tmp_path):
    (tmp_path / "file").write_bytes(b"x" * 3 * MIB)
    assert meters.scratch_bytes(tmp_path, [], MIB) > MIB
    (tmp_path / "file").unlink()
    (tmp_path / "root").symlink_to("/")
    assert meters.scratch_bytes(tmp_path, [], 100 * MIB) < MIB


def test_more_files_than_honest_code_makes_are_over_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(meters, "_MOST_ENTRIES", 10)
    for number in range(12):
        (tmp_path / str(number)).touch()
    assert meters.scratch_bytes(tmp_path, [], 100 * MIB) == 100 * MIB + 1


def test_a_folder_that_is_gone_holds_nothing(tmp_path):
    assert meters.scratch_bytes(tmp_path / "gone", [], MIB) == 0


def test_the_kind_of_memory_limit_is_what_is_used(monkeypatch):
    monkeypatch.setattr(meters, "cgroup_home", lambda: "None here.")
    assert meters.memory_limit(Landlock()) == "polling"
    assert meters.cell_for(Landlock(), meters.Limits()) is None
    assert meters.memory_limit(Plain()) == "polling"


BRANCHES = """
import os, sys, threading, time
def fork(depth):
    if os.fork() == 0:
        if depth:
            fork(depth - 1)
        time.sleep(60)
        os._exit(0)
fork(2)
thread = threading.Thread(target=fork, args=(0,))
thread.start()
thread.join()
time.sleep(0.3)
print("ready", flush=True)
sys.stdin.read()
os.killpg(0, 9)
"""


@pytest.mark.parametrize("listed", [True, False], ids=["the kernel lists children", "it does not"])
def test_all_that_descend_from_a_process_are_its_family(listed, monkeypatch):
    """Children of children too, and those that another thread than the first has started."""
    monkeypatch.setattr(meters, "_lists_children", lambda: listed)
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", BRANCHES],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as parent:
        parent.stdout.readline()
        found = [process.pid for process in meters.family(parent.pid)]
        known = [child.pid for child in psutil.Process(parent.pid).children(recursive=True)]
        parent.stdin.close()
    assert found[0] == parent.pid
    assert len(known) == 4
    assert sorted(found[1:]) == sorted(known)
    assert list(meters.family(parent.pid)) == []

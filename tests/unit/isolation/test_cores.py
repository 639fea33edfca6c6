"""The core budget with real locks: no core twice, waiting, other processes, ends of every kind, folders of others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from grader.isolation import cores
from grader.isolation.cores import FOLDER_VARIABLE, free_cores, these_threads

ROOT = Path(__file__).parents[3]
FOUR = (0, 1, 2, 3)
HOLD = (
    "import sys, time\nfrom grader.isolation.cores import free_cores\n"
    "with free_cores(cores={cores}) as got:\n    print(*got.held, flush=True)\n    time.sleep(600)\n"
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    place = tmp_path / "locks"
    monkeypatch.setenv(FOLDER_VARIABLE, str(place))
    return place


def fail(_: str) -> None:
    raise AssertionError("nothing is to be waited for")


@pytest.fixture
def holder():
    """Starts another grader that takes all cores that are free; returns it and what it got."""
    started = []

    def start(of: tuple[int, ...]) -> tuple[subprocess.Popen[str], tuple[int, ...]]:
        code = HOLD.format(cores=of)
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        started.append(process)
        return process, tuple(map(int, process.stdout.readline().split()))

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_alone_it_gets_all_up_to_the_most():
    with free_cores(fail, cores=FOUR) as got:
        assert (got.threads, got.held) == (4, FOUR)
    with free_cores(fail, most=2, cores=FOUR) as got:
        assert (got.threads, got.held) == (2, (0, 1))


def test_without_being_told_it_takes_what_this_process_may_use():
    with free_cores(fail) as got:
        assert set(got.held) <= os.sched_getaffinity(0)
        assert 1 <= got.threads == len(got.held) <= cores.MOST_CORES


def test_nobody_gets_a_core_that_another_has():
    with free_cores(fail, most=3, cores=FOUR) as first, free_cores(fail, cores=FOUR) as second:
        assert (first.held, second.held) == ((0, 1, 2), (3,))
        assert (first.threads, second.threads) == (3, 1)
    with free_cores(fail, cores=FOUR) as after:
        assert after.held == FOUR


def test_it_waits_until_one_is_free_and_says_for_whom():
    told: list[str] = []
    with free_cores(fail, cores=(0, 1)):

        def wait() -> None:
            with free_cores(told.append, cores=(0, 1)) as got:
                results.append(got)

        results: list[cores.Cores] = []
        waiting = threading.Thread(target=wait)
        waiting.start()
        while len(told) < 2:
            time.sleep(0.01)
        assert not results
    waiting.join(10)
    (got,) = results
    assert got.held == (0, 1)
    assert got.waited_seconds > 0.5
    assert told[0] == f"All 2 cores are in use by another run of the grader (process {os.getpid()})"


def test_an_interrupted_wait_keeps_nothing():
    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with free_cores(fail, cores=(0,)), pytest.raises(KeyboardInterrupt), free_cores(interrupt, cores=(0,)):
        pass
    with free_cores(fail, cores=(0,)) as got:
        assert got.held == (0,)


def test_what_is_done_soon_does_not_wait():
    with free_cores(fail, cores=(0,)), free_cores(cores=(0,)) as got:
        assert (got.threads, got.held) == (1, ())


def test_who_asks_for_a_number_gets_it_at_once_and_others_know():
    with these_threads(3, cores=FOUR) as asked, free_cores(fail, cores=FOUR) as rest:
        assert (asked.threads, asked.held, rest.held) == (3, (0, 1, 2), (3,))
        with these_threads(16, cores=FOUR) as more:
            assert (more.threads, more.held) == (16, ())


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "ended"])
def test_a_process_that_is_gone_has_nothing(holder, end):
    process, held = holder((0, 1))
    assert held == (0, 1)
    with free_cores(cores=(0, 1)) as got:
        assert got.held == ()
    process.send_signal(end)
    process.wait()
    with free_cores(fail, cores=(0, 1)) as got:
        assert got.held == (0, 1)


def test_a_process_that_was_started_meanwhile_keeps_no_lock():
    with free_cores(fail, cores=(0,)):
        child = subprocess.Popen(["sleep", "60"], close_fds=False)
    with free_cores(fail, cores=(0,)) as got:
        assert got.held == (0,)
    child.kill()
    child.wait()


def test_graders_with_other_cores_do_not_hinder_each_other(holder):
    _, held = holder((0, 1))
    with free_cores(fail, cores=(1, 2)) as got:
        assert (held, got.held) == ((0, 1), (2,))


def test_a_folder_that_others_can_write_to_is_not_used(folder):
    """Whoever could remove a lock file could make everybody believe that all is free, or all is taken."""
    folder.mkdir()
    folder.chmod(0o777)
    with free_cores(fail, cores=FOUR) as first, free_cores(fail, cores=FOUR) as second:
        assert (first.threads, first.held, second.threads) == (4, (), 4)
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder that is another's")
def test_a_folder_of_another_user_is_not_used(folder):
    folder.mkdir()
    os.chown(folder, 12345, 12345)
    with free_cores(fail, cores=(0,)) as got:
        assert (got.threads, got.held) == (1, ())


def test_a_link_is_not_followed(folder, tmp_path):
    folder.mkdir(mode=0o700)
    (folder / "core-0").symlink_to(tmp_path / "elsewhere")
    with free_cores(fail, cores=(0, 1)) as got:
        assert (got.threads, got.held) == (2, ())
    assert not (tmp_path / "elsewhere").exists()


def test_files_in_place_of_the_folder_leave_it_alone(folder):
    folder.write_text("a file")
    with free_cores(fail, cores=FOUR) as got:
        assert (got.threads, got.held) == (4, ())


def test_the_usual_folder_is_private_and_named_by_the_user(monkeypatch, tmp_path):
    monkeypatch.delenv(FOLDER_VARIABLE)
    monkeypatch.setattr(cores.tempfile, "gettempdir", lambda: str(tmp_path))
    with free_cores(fail, cores=(0,)) as got:
        assert got.held == (0,)
    (made,) = tmp_path.glob("grader-*")
    assert made.name == f"grader-{os.geteuid()}"
    assert made.stat().st_mode & 0o777 == 0o700

"""What of the Ray executor needs no Ray: what a node runs, what is refused, what fits. The rest: tests/integration/test_ray.py."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import redirect_stdout

import psutil
import pytest
from rich.console import Console

from grader.course.batch.executors import ray
from grader.course.batch.executors.ray import Needs, OwnLines, room
from grader.course.batch.executors.shared import EXPORTED
from grader.errors import UsageError


class Cancelled(BaseException):
    """As Ray raises it in the middle of a task."""


@pytest.fixture
def on_a_node(tmp_path):
    def run(text: str, end_seconds: float = 60, **environment: str) -> int:
        words = [sys.executable, "-c", text]
        return ray._on_a_node()(words, str(tmp_path), environment, str(tmp_path / "errors.txt"), end_seconds)

    return run


def test_a_node_runs_the_command_with_nothing_but_what_is_given(on_a_node, tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_AUTH_TOKEN", "secret")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    (tmp_path / "errors.txt").write_text("before\n")
    code = on_a_node(
        "import os, sys; print(os.getcwd(), sorted(set(os.environ) - {'LC_CTYPE'})); sys.exit(7)", LANG="C"
    )
    assert code == 7
    assert (tmp_path / "errors.txt").read_text() == f"before\n{tmp_path} ['CUDA_VISIBLE_DEVICES', 'LANG']\n"
    assert not [name for name in EXPORTED if "TOKEN" in name or "SSH" in name or name.startswith("RAY")]


WAITS = """
import os, signal, sys, time
def told(*_):
    open("told", "w").close()
    if {listens}:
        sys.exit()
signal.signal(signal.SIGTERM, told)
open("pid", "w").write(str(os.getpid()))
os.kill(os.getppid(), signal.SIGALRM)
while True:
    time.sleep(1)
"""


@pytest.mark.parametrize(("listens", "end_seconds"), [(True, 60), (False, 0.5)], ids=["listens", "does-not"])
def test_a_cancelled_task_ends_what_it_started(on_a_node, tmp_path, listens, end_seconds):
    def cancelled(*_: object) -> None:
        raise Cancelled

    before = signal.signal(signal.SIGALRM, cancelled)
    try:
        with pytest.raises(Cancelled):
            on_a_node(WAITS.format(listens=listens), end_seconds)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert (tmp_path / "told").exists()
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


def test_a_cancel_is_heard_where_the_cluster_ignores_interrupts(on_a_node):
    """As one that was started in the background of a script does: Ray cancels by an interrupt."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with pytest.raises(KeyboardInterrupt):
            on_a_node("import os, signal, time; os.kill(os.getppid(), signal.SIGINT); time.sleep(60)")
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_missing_command_is_an_error_of_the_task(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")  # no setpriv in front of it
    with pytest.raises(FileNotFoundError):
        ray._on_a_node()(["/not/there"], str(tmp_path), {}, str(tmp_path / "errors.txt"), 2.0)


@pytest.mark.parametrize(
    ("nodes", "needs", "held"),
    [
        ([{"CPU": 4}, {"CPU": 2.0}], Needs(), 6),
        ([{"CPU": 16, "GPU": 1}, {"CPU": 64}], Needs(gpus=1 / 3), 3),
        ([{"CPU": 2, "GPU": 1}], Needs(gpus=0.25), 2),
        ([{"CPU": 8, "GPU": 4}, {"GPU": 4}], Needs(cpus=2, gpus=2), 2),
    ],
    ids=["cpus", "thirds", "cpus-short", "whole-gpus"],
)
def test_as_many_as_fit(nodes, needs, held):
    assert room(nodes, needs) == held


@pytest.mark.parametrize(
    "nodes", [[], [{"CPU": 4}], [{"CPU": 4, "GPU": 0.2}]], ids=["none", "no-gpu", "too-small"]
)
def test_what_can_never_run_is_refused(nodes):
    with pytest.raises(UsageError, match=r"needs 1 CPU and 0.25 GPU"):
        room(nodes, Needs(gpus=0.25))


@pytest.mark.parametrize("address", ["", "ray://head:10001"])
def test_an_address_that_is_none(address):
    with pytest.raises(UsageError, match="--ray-address"), ray.connected(address, Needs()):
        pass


def test_without_ray_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    for name in ("RAY_AUTH_MODE", "RAY_USAGE_STATS_ENABLED"):
        monkeypatch.setenv(name, os.environ.get(name, ""))
    with pytest.raises(UsageError, match=r"pip install \"grader\[ray\]\""), ray.connected("head:1", Needs()):
        pass


def test_a_cluster_that_cannot_be_asked_is_not_trusted(monkeypatch):
    """Without Ray the question itself fails: that is no proof that a token is asked for."""
    monkeypatch.setattr(ray.sys, "executable", "/bin/false")
    with pytest.raises(UsageError, match="not seen to refuse"):
        ray._lets_no_stranger_in("head:1")


def test_what_a_thread_of_ray_prints_is_no_line_of_the_batch(capsys):
    with redirect_stdout(OwnLines(sys.stdout)):
        for name in ("ray_listen_error_messages", "ours"):
            thread = threading.Thread(target=print, args=(name,), name=name)
            thread.start()
            thread.join()
        Console().print("the table")
    said = capsys.readouterr()
    assert (said.out, said.err) == ("ours\nthe table\n", "ray_listen_error_messages\n")

"""Cores, threads and the prepared machine with the real parts: what two runs share, and what each has for itself."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from grader.errors import FetchError, GraderFault
from grader.events import Event, Events
from grader.isolation.cores import FOLDER_VARIABLE, free_cores
from grader.isolation.interface import Limits
from grader.isolation.plain import Plain
from grader.isolation.supervisor import Ending, Patience, Worker
from grader.isolation.workplace import workplace
from grader.pipeline import Request, check_submission, grade_submission, prepare_machine
from grader.spec.load import load_spec

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "reference_models" / "s4"
FAST = Patience(120, cpu_seconds=60)
GREEDY = """
import json, sys
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        first = torch.get_num_threads()
        torch.set_num_threads(16)
        asked = torch.get_num_threads()
        sys.modules["grader.worker.threads"]._set(16)
        raise RuntimeError(json.dumps([first, asked, torch.get_num_threads()]))
"""


@pytest.fixture(autouse=True)
def _own_budget(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "cores"))


def request(tmp_path: Path, **fields) -> Request:
    plain = {"loaded": load_spec("s4"), "source": str(REFERENCE), "command": "test", "out": tmp_path / "runs"}
    return Request(**{**plain, "stand_in": True, "plain_if_needed": True, **fields})


@pytest.fixture
def counted():
    """A folder with events in it, and what they say of one stage."""
    told: list[Event] = []
    return Events([told.append]), told


def test_a_student_who_asks_for_more_threads_has_none_when_it_counts(tmp_path):
    """Not by torch's call; and what found another way to it lasts no longer than the request it was found in."""
    staged = tmp_path / "staged"
    staged.mkdir()
    (staged / "model.py").write_text(GREEDY)
    tmp_path.chmod(0o755)
    with Worker(Plain(), workplace(staged), Limits(threads=2)) as worker:
        worker.wait_until_ready()
        worker.request("load", {"file": "model.py", "cell": 0, "class_name": "Net"}, patience=FAST)
        for _ in range(2):
            answer = worker.request("build", {"arguments": {}, "seed": 1}, patience=FAST)
            assert isinstance(answer, Ending)
            assert json.loads(answer.sentence.removeprefix("RuntimeError: ")) == [2, 2, 16]


def test_a_run_waits_for_a_core_and_a_self_check_does_not(tmp_path, counted):
    events, told = counted
    waits = threading.Event()
    events.listeners.append(lambda event: waits.set() if "waiting for a free one" in event.text else None)
    failed: list[BaseException] = []

    def run() -> None:
        try:
            grade_submission(request(tmp_path, threads=None, source=str(broken)), events)
        except BaseException as error:
            failed.append(error)

    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "README.md").write_text("# Nothing to train here\n")
    waiting = threading.Thread(target=run)
    with free_cores():
        checked = check_submission(request(tmp_path, threads=None, full=False, source=str(broken)), Events())
        assert checked.folder is None
        waiting.start()
        assert waits.wait(120)
        assert not [event for event in told if event.stage in ("inspect", "store")]
    waiting.join(120)
    assert not failed
    assert [event.text for event in told if event.stage == "store" and event.kind == "end"]


def test_two_commands_never_have_the_same_core():
    code = (
        "import sys; from grader.isolation.cores import free_cores\n"
        "with free_cores(lambda who: None, most=1, cores=(0, 1)) as got:\n"
        "    print(got.held[0], flush=True); sys.stdin.read()"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(2)
    ]
    assert {one.stdout.readline().strip() for one in started} == {"0", "1"}
    for one in started:
        one.communicate()
        assert one.returncode == 0


@pytest.mark.sandbox
def test_several_submissions_share_one_machine(tmp_path):
    """Its sandbox and data are prepared once; two are checked at once, with the cores divided between them."""
    asked = request(tmp_path, full=False, threads=1)
    machine = prepare_machine(asked)
    shared = dataclasses.replace(asked, machine=machine)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(check_submission(shared, Events()))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(240)
    assert [one.record.evidence.model.parameters for one in found] == [14_642, 14_642]
    shown = [one.record.evidence.integrity.isolation for one in found]
    assert shown == [dataclasses.replace(machine.isolation, canary=())] * 2  # which is the staff's


def test_a_wrong_link_fails_before_the_machine_is_ready(tmp_path, counted):
    events, told = counted
    with pytest.raises(FetchError):
        grade_submission(request(tmp_path, source="file:///etc", stand_in=False), events)
    assert "prepare" not in [event.stage for event in told if event.kind == "start"]


def test_a_fault_of_the_machine_leaves_no_run_behind(tmp_path, monkeypatch):
    """It comes after the reading, as itself; the store is not touched."""
    monkeypatch.setenv("GRADER_DATA", "")
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(GraderFault, match="MNIST is not on this machine"):
        grade_submission(request(tmp_path, stand_in=False), Events())
    assert not (tmp_path / "runs").exists()


ENDS_EARLY = (
    "import sys, threading\n"
    "from grader.isolation.choose import forking_sandbox\n"
    "threading.Thread(target=forking_sandbox, daemon=True).start()\n"
    "import time; time.sleep(0.4)\n"
)


@pytest.mark.sandbox
def test_a_command_that_ends_while_the_zygote_starts_leaves_nothing(tmp_path):
    import psutil

    env = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", ENDS_EARLY], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")

    def left() -> list[str]:
        lines = (" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"]))
        return [line for line in lines if str(tmp_path) in line]

    for _ in range(100):
        if not left() and not list(tmp_path.iterdir()):
            break
        threading.Event().wait(0.1)
    assert left() == []
    assert list(tmp_path.iterdir()) == []

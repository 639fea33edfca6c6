"""Real workers in the real sandbox: how they start, what they can reach, and every way in which they end."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psutil
import pytest

from grader.errors import GraderFault, SandboxUnavailable
from grader.isolation import choose
from grader.isolation.bubblewrap import SANDBOX_UID, Bubblewrap
from grader.isolation.interface import Limits
from grader.isolation.plain import Plain
from grader.isolation.supervisor import Ending, Patience, Worker
from grader.isolation.workplace import workplace

MIB = 1024 * 1024
FAST = Patience(120, cpu_seconds=60)


def sandboxes() -> list:
    return [
        pytest.param(Bubblewrap, marks=pytest.mark.sandbox, id="bubblewrap"),
        pytest.param(Plain, id="plain"),
    ]


@pytest.fixture
def open_worker(tmp_path):
    """A ready worker on a submission with this model.py; whatever was opened is gone after the test."""
    opened = []

    def make(source: str, sandbox=Bubblewrap, limits: Limits | None = None) -> Worker:
        tmp_path.chmod(0o755)
        (tmp_path / "model.py").write_text("import os, sys, time, torch\nfrom torch import nn\n" + source)
        worker = Worker(sandbox(), workplace(tmp_path), limits or Limits())
        opened.append(worker)
        worker.wait_until_ready()
        return worker

    yield make
    for worker in opened:
        worker.stop()


def load(worker: Worker, patience: Patience = FAST):
    return worker.request("load", {"file": "model.py", "cell": 0, "class_name": "Net"}, patience=patience)


def build(worker: Worker, patience: Patience = FAST):
    answer = load(worker)
    assert not isinstance(answer, Ending), answer
    return worker.request("build", {"arguments": {}, "seed": 1}, patience=patience)


NET = "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.fc = nn.Linear(2, 2)\n        {deed}\n"


def with_deed(deed: str) -> str:
    return NET.format(deed=deed)


@pytest.mark.sandbox
def test_the_canary_proves_what_level_three_promises():
    sandbox, isolation = choose.full_sandbox()
    assert (sandbox.level, isolation.level) == ("3", "3")
    assert {name for name, _ in isolation.canary} == set(choose.PROMISED["3"])


@pytest.mark.sandbox
def test_a_sandbox_that_holds_less_than_it_promises_is_refused(monkeypatch):
    """With the network left open the canary connects, and the level is not given."""
    monkeypatch.setattr(
        "grader.isolation.bubblewrap.seccomp.program", lambda: b"\x06\x00\x00\x00\x00\x00\xff\x7f"
    )
    with pytest.raises(SandboxUnavailable, match="does not hold what it promises"):
        choose.full_sandbox()


def test_without_bubblewrap_the_package_is_named(monkeypatch):
    monkeypatch.setattr("grader.isolation.bubblewrap._PATH", "/nowhere")
    with pytest.raises(SandboxUnavailable, match="Install the package `bubblewrap`"):
        choose.full_sandbox()


@pytest.mark.sandbox
@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a uid to drop")
def test_a_supervisor_that_is_root_drops_to_a_plain_uid(open_worker):
    worker = open_worker(with_deed("pass"))
    tree = [
        psutil.Process(worker._process.pid),
        *psutil.Process(worker._process.pid).children(recursive=True),
    ]
    assert {uid for process in tree for uid in process.uids()} == {SANDBOX_UID}


@pytest.mark.sandbox
def test_nothing_of_the_host_is_in_the_worker(open_worker):
    """Labels, specs, checks and our own environment are not there to be read."""
    deed = (
        "import glob; found = [p for p in ('/etc/passwd', '/root', '/home', '/work', '/harness/grader/specs', "
        "'/harness/grader/checks', '/harness/grader/judge.py', '/harness/grader/data', '/harness/grader/evaluation') "
        "if os.path.exists(p)]; names = glob.glob('/opt/site*/grader*/**/s4.yaml', recursive=True); "
        "raise ValueError(repr((found, names, open('/proc/1/environ').read(), sorted(os.listdir('/')))))"
    )
    os.environ["GRADER_SECRET_TOKEN"] = "planted"
    try:
        answer = build(open_worker(with_deed(deed)))
    finally:
        del os.environ["GRADER_SECRET_TOKEN"]
    assert isinstance(answer, Ending)
    assert answer.sentence.startswith("ValueError: ([], [], ''"), answer.sentence
    assert "work" not in answer.sentence.replace("'worker'", "")


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("deed", "error"),
    [
        ("import socket; socket.create_connection(('1.1.1.1', 80), 2)", "PermissionError"),
        ("import socket; socket.getaddrinfo('example.org', 80)", "gaierror"),
        ("open('/repo/result.json', 'w')", "OSError"),
        ("open('/harness/grader/worker/main.py', 'a')", "OSError"),
        ("open('/result.json', 'w')", "OSError"),
        ("os.kill(1, 9); raise ValueError('still here')", "ValueError"),
        ("os.setuid(0)", "OSError"),
        ("open('/tmp/big', 'wb').write(b'x' * (65 << 20))", "OSError"),
    ],
)
def test_what_is_forbidden_raises_in_the_students_code(open_worker, deed, error):
    answer = build(open_worker(with_deed(deed)))
    assert isinstance(answer, Ending)
    assert answer.kind == "raised"
    refused = ("OSError", "PermissionError") if error == "OSError" else (error,)
    assert answer.sentence.startswith(refused)
    assert answer.place.startswith("model.py:")


ENDINGS = [
    ("sys.exit(0)", "raised", "SystemExit"),
    ("os._exit(0)", "exit", "ended by itself (exit code 0)"),
    ("os._exit(3)", "exit", "exit code 3"),
    ("import ctypes; ctypes.string_at(0)", "signal", "SIGSEGV"),
    ("os.abort()", "signal", "SIGABRT"),
    ("time.sleep(1000)", "stalled", "next to nothing"),
    ("while True: pass", "time", "used 2 s of CPU time"),
    ("while True: time.sleep(0.1); sum(range(100_000))", "stalled", "next to nothing"),
    ("os.kill(os.getpid(), 9); time.sleep(9)", "killed", "not for want of memory"),
    ("os._exit(137)", "killed", "not for want of memory"),
    ("os.closerange(3, 256); time.sleep(1000)", "exit", "closed its connection"),
    ("x = 1 / 0", "raised", "ZeroDivisionError"),
    ("raise KeyboardInterrupt", "raised", "KeyboardInterrupt"),
]


def endings() -> list:
    """Every ending in the sandbox; without isolation one of each class is enough."""
    plain = ("sys.exit(0)", "os._exit(0)", "import ctypes; ctypes.string_at(0)", "time.sleep(1000)")
    found = [
        pytest.param(Bubblewrap, *row, marks=pytest.mark.sandbox, id=f"bubblewrap-{row[0]}")
        for row in ENDINGS
    ]
    return found + [pytest.param(Plain, *row, id=f"plain-{row[0]}") for row in ENDINGS if row[0] in plain]


@pytest.mark.parametrize(("sandbox", "deed", "kind", "said"), endings())
def test_every_ending_has_its_name(open_worker, sandbox, deed, kind, said):
    answer = build(
        open_worker(with_deed(deed), sandbox),
        Patience(60, cpu_seconds=2 if kind == "time" else 60, stall_seconds=3),
    )
    assert isinstance(answer, Ending)
    assert (answer.kind, said in answer.sentence) == (kind, True), answer


@pytest.mark.sandbox
def test_a_supervisor_that_is_slow_to_listen_does_not_call_the_worker_idle(open_worker, monkeypatch):
    """To look at a worker's memory can take longer than its patience, where it has many processes."""
    worker = open_worker(with_deed("pass"))
    monkeypatch.setattr(worker, "_check_memory", lambda: time.sleep(2.5))
    assert not isinstance(build(worker, Patience(60, cpu_seconds=60, stall_seconds=2)), Ending)


@pytest.mark.sandbox
def test_a_flood_of_output_is_ended_and_its_start_is_kept(open_worker):
    flood = "while True: os.write(1, b'\\x1b[31mflood' * 10000)"
    answer = build(open_worker(with_deed(flood), limits=Limits(output_bytes=8 * MIB)))
    assert isinstance(answer, Ending)
    assert answer.kind == "output"
    assert answer.log.startswith("\\x1b[31mflood")
    assert len(answer.log) <= 64 * 1024


@pytest.mark.sandbox
def test_memory_is_limited(open_worker):
    hog = "self.x = [torch.ones(25_000_000) for _ in range(100)]; time.sleep(100)"
    answer = build(open_worker(with_deed(hog), limits=Limits(memory_bytes=1500 * MIB)))
    assert isinstance(answer, Ending)
    assert answer.kind == "memory"


@pytest.mark.sandbox
def test_standing_still_is_told_from_a_busy_machine(open_worker):
    """Sleeping is the student's; using up the counted time is for a person; wall clock alone is the machine's."""
    asleep = build(open_worker(with_deed("time.sleep(100)")), Patience(60, cpu_seconds=30, stall_seconds=2))
    assert isinstance(asleep, Ending)
    assert asleep.kind == "stalled"
    busy = build(open_worker(with_deed("while True: pass")), Patience(60, cpu_seconds=2, overrun="slow"))
    assert isinstance(busy, Ending)
    assert busy.kind == "slow"
    late = build(open_worker(with_deed("while True: pass")), Patience(2, cpu_seconds=100))
    assert isinstance(late, Ending)
    assert late.kind == "machine"


@pytest.mark.sandbox
def test_a_worker_that_never_stops_sending_changes_no_limit(open_worker):
    """Messages without end, each of them well-formed, neither move the deadline nor the look at memory."""
    send = (
        "import json, struct, socket; h = json.dumps({'op': 'progress', 'steps': 1, 'samples': 1, 'loss': 1.0, 'arrays': []})"
        ".encode(); s = socket.socket(fileno=[f for f in range(3, 64) if os.path.exists(f'/proc/self/fd/{f}') and 'socket' in "
        "os.readlink(f'/proc/self/fd/{f}')][0]); s.setblocking(True); m = (struct.pack('>IQ', len(h), 0) + h) * 100\n"
        "        while True: s.sendall(m)"
    )
    worker = open_worker(with_deed(send))
    load(worker)
    begin = time.monotonic()
    answer = worker.request(
        "build", {"arguments": {}, "seed": 1}, patience=Patience(3, 60), on_progress=lambda _: None
    )
    assert isinstance(answer, Ending)
    assert time.monotonic() - begin < 8
    unasked = build(open_worker(with_deed(send)))
    assert isinstance(unasked, Ending)
    assert unasked.kind == "protocol"


@pytest.mark.sandbox
def test_many_threads_are_no_fork_bomb(open_worker):
    """What the libraries' own pools need comes on top of a student's processes."""
    work = "torch.randn(500, 500) @ torch.randn(500, 500); nn.Conv2d(8, 8, 3)(torch.randn(64, 8, 64, 64)).sum().backward()"
    assert not isinstance(build(open_worker(with_deed(work), limits=Limits(threads=40))), Ending)


@pytest.mark.sandbox
def test_a_forged_answer_is_no_answer(open_worker):
    forge = "[os.write(fd, b'\\x00' * 64) for fd in range(3, 64) if os.path.exists(f'/proc/self/fd/{fd}') and 'socket' in os.readlink(f'/proc/self/fd/{fd}')]"
    answer = build(open_worker(with_deed(forge)))
    assert isinstance(answer, Ending)
    assert answer.kind == "protocol"


@pytest.mark.parametrize("sandbox", sandboxes())
def test_nothing_survives_a_worker(open_worker, sandbox):
    spawn = "import subprocess; [subprocess.Popen(['/usr/bin/sleep', '4242'], start_new_session=True) for _ in range(5)]"
    worker = open_worker(with_deed(spawn), sandbox)
    answer = build(worker)
    assert not isinstance(answer, Ending), answer
    assert len(sleepers()) >= 5
    worker.stop()
    deadline = time.monotonic() + 5
    while sleepers() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert sleepers() == []


def sleepers() -> list[int]:
    return [
        p.pid for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["/usr/bin/sleep", "4242"]
    ]


def test_a_worker_that_cannot_start_is_the_graders_fault(tmp_path, monkeypatch):
    broken = tmp_path / "grader" / "worker"
    broken.mkdir(parents=True)
    (tmp_path / "grader" / "__init__.py").write_text("")
    (broken / "start.py").write_text("raise RuntimeError('broken harness')")
    place = workplace(tmp_path)
    place = type(place)(
        **{**place.__dict__, "harness": ((tmp_path / "grader" / "__init__.py", "__init__.py"),)}
    )
    with Worker(Plain(), place, Limits()) as worker, pytest.raises(GraderFault, match="broken harness"):
        worker.wait_until_ready()


def test_what_a_worker_may_import_holds_no_label_and_no_limit():
    parts = {part for _, part in workplace(Path("/")).harness}
    assert not any(
        part.startswith(("checks", "spec", "judge", "data", "evaluation", "stages")) for part in parts
    )

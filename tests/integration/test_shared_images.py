"""Training images shared with real workers at every level: what a worker does to them is its own affair."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest

from grader.errors import SandboxUnavailable
from grader.isolation import choose, conversation, meters
from grader.isolation.bubblewrap import Bubblewrap
from grader.isolation.container import _pass_on
from grader.isolation.interface import Limits
from grader.isolation.landlock import Landlock
from grader.isolation.plain import Plain
from grader.isolation.sealed import sealed
from grader.isolation.supervisor import Ending, Patience, Worker
from grader.isolation.workplace import workplace

FAST = Patience(120, cpu_seconds=60)
MIB = 1024 * 1024
HEAD = """
import ctypes, fcntl, gc, hashlib, json, mmap, os, socket, sys
import torch
from torch import nn

def images():
    (session,) = [one for one in gc.get_objects() if type(one).__name__ == "Session"]
    return session._data[0]

def digest():
    return hashlib.sha256(images().numpy().tobytes()).hexdigest()

"""
NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        raise RuntimeError(json.dumps(deed()))
"""


class Relayed(Plain):
    """A worker whose bytes are passed on, as those of a container are: no descriptor comes through."""

    def start(self, place, limits, connection, enter=()):
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as theirs:
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(f"{folder}/socket")
            listener.listen(1)
            threading.Thread(target=_pass_on, args=(listener, connection.dup()), daemon=True).start()
            theirs.connect(f"{folder}/socket")
            return super().start(place, limits, theirs, enter)


def forked():
    try:
        return choose.forking_sandbox()[0]
    except SandboxUnavailable as error:
        pytest.skip(error.message)


def at_level(make):
    sandbox = make()
    if reason := sandbox.unavailable():
        pytest.skip(reason)
    return sandbox


BOXES = {
    "3 forked": forked,
    "3": lambda: at_level(Bubblewrap),
    "2": lambda: at_level(Landlock),
    "1": Plain,
    "bytes only": Relayed,
}
SHARING = [name for name in BOXES if name != "bytes only"]


@pytest.fixture
def open_worker(tmp_path):
    """A ready worker on a submission that says what `deed()` returns when its model is built."""
    opened = []

    def make(box: str, deed: str, limits: Limits | None = None) -> Worker:
        staged = tmp_path / str(len(opened))
        staged.mkdir()
        for folder in (tmp_path, staged):
            folder.chmod(0o755)
        (staged / "model.py").write_text(HEAD + deed + NET)
        worker = Worker(BOXES[box](), workplace(staged), limits or Limits())
        opened.append(worker)
        worker.wait_until_ready()
        answer = worker.request("load", {"file": "model.py", "cell": 0, "class_name": "Net"}, patience=FAST)
        assert not isinstance(answer, Ending), answer
        return worker

    yield make
    for worker in opened:
        worker.stop()


def told(worker: Worker):
    """What the submission's `deed` returned."""
    answer = worker.request("build", {"arguments": {}, "seed": 1}, patience=FAST)
    assert isinstance(answer, Ending), answer
    assert answer.sentence.startswith("RuntimeError: "), answer
    return json.loads(answer.sentence.removeprefix("RuntimeError: "))


def pictures(shape: tuple[int, ...] = (300, 28, 28)) -> np.ndarray:
    found = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    found.setflags(write=False)
    return found


def give(worker: Worker, images: np.ndarray) -> None:
    assert conversation.hand_over(worker, images, np.zeros(len(images), np.int64)) is None


def digest(images: np.ndarray) -> str:
    return hashlib.sha256(images.tobytes()).hexdigest()


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def mapped_by(worker: Worker) -> int:
    """Processes of a worker that have sealed memory mapped, seen from outside."""
    maps = [Path(f"/proc/{process.pid}/maps").read_text() for process in worker._tree()]
    return sum("memfd:images" in one for one in maps)


@pytest.mark.parametrize("box", SHARING, ids=SHARING)
def test_a_write_in_place_stays_with_its_worker(box, open_worker):
    """One worker writes all of it, and neither crashes nor is seen by the other, who holds the same memory."""
    images = pictures()
    writer = open_worker(box, "def deed():\n    images().fill_(7)\n    return digest()\n")
    reader = open_worker(
        box, "def deed():\n    return [digest(), str(images().dtype), list(images().shape)]\n"
    )
    give(writer, images)
    give(reader, images)
    assert mapped_by(writer) == mapped_by(reader) == 1
    assert told(writer) == digest(np.full_like(images, 7))
    assert told(reader) == [digest(images), "torch.uint8", [300, 28, 28]]


def test_where_no_descriptor_comes_through_they_are_sent_as_bytes(open_worker):
    images = pictures()
    worker = open_worker("bytes only", "def deed():\n    return digest()\n")
    give(worker, images)
    assert mapped_by(worker) == 0
    assert told(worker) == digest(images)


GRASP = """
seen = []

def attempts(fd):
    again = lambda: os.open(f"/proc/self/fd/{fd}", os.O_RDWR)
    return {
        "write": lambda: os.pwrite(fd, b"xxxx", 0),
        "write anew": lambda: os.pwrite(again(), b"xxxx", 0),
        "shorten": lambda: os.ftruncate(fd, 0),
        "shorten anew": lambda: os.ftruncate(again(), 0),
        "map": lambda: mmap.mmap(fd, 4096, mmap.MAP_SHARED, mmap.PROT_WRITE),
        "map anew": lambda: mmap.mmap(again(), 4096, mmap.MAP_SHARED, mmap.PROT_WRITE),
        "punch": lambda: os.posix_fallocate(again(), 0, 1 << 20),
    }

def arm():
    channel = sys.modules["grader.isolation.frames"].Channel
    take = channel.receive_descriptor

    def grasp(self):
        found = take(self)
        seen.append(os.dup(found))
        for name, attempt in attempts(found).items():
            try:
                attempt()
                seen.append(name)
            except OSError:
                pass
        return found

    channel.receive_descriptor = grasp

def deed():
    if not seen:
        arm()
        return "armed"
    os.lseek(seen[0], 5, os.SEEK_SET)
    return [len(seen), seen[1:], digest()]
"""


@pytest.mark.parametrize("box", SHARING, ids=SHARING)
def test_a_worker_that_grasps_the_descriptor_can_change_nothing(box, open_worker):
    """The worker that is handed the images after it sees all of them as they were."""
    images = pictures()
    hostile = open_worker(box, GRASP)
    assert told(hostile) == "armed"
    give(hostile, images)
    assert told(hostile) == [1, [], digest(images)]
    honest = open_worker(box, "def deed():\n    return digest()\n")
    give(honest, images)
    assert told(honest) == digest(images)


POURS = """
poured = []

def arm():
    frames = sys.modules["grader.isolation.frames"]

    def pour(self, header, arrays=None, deadline=None, descriptor=None):
        self._sock.setblocking(True)
        prefix, _ = frames.encode(header, {})
        with open("/dev/null") as null:
            socket.send_fds(self._sock, [prefix[:1]], [null.fileno()] * 50)
        self._sock.sendall(prefix[1:])
        poured.append(50)
        self._sock.setblocking(False)

    frames.Channel.send = pour

def deed():
    if not poured:
        arm()
        return 0
    return sum(poured)
"""


@pytest.mark.parametrize("box", SHARING, ids=SHARING)
def test_descriptors_that_a_worker_sends_are_not_received(box, open_worker):
    worker = open_worker(box, POURS)
    images = pictures()
    shared = sealed(images)
    before = descriptors()
    assert told(worker) == 0
    give(worker, images)
    assert told(worker) == 100
    assert descriptors() == before
    assert shared is not None


LIE = """
def arm(answer):
    session = [one for one in gc.get_objects() if type(one).__name__ == "Session"][0]

    def data(request):
        if request.header.get("shared"):
            session._channel.receive_descriptor()
        return {"taken": answer}, {}

    session.handlers["data"] = data

def deed():
    arm(ANSWER)
    return "armed"
"""


@pytest.mark.parametrize("lie", ["True", "False", "'yes'", "None"])
def test_a_worker_that_lies_about_having_them_harms_itself_alone(lie, open_worker):
    """It trains on nothing then, as one does that throws its data away."""
    worker = open_worker("3 forked", LIE.replace("ANSWER", lie))
    told(worker)
    give(worker, pictures())
    plan = {"plan": {}, "state_limit": 0}
    ended = worker.request("train", plan, patience=FAST)
    assert isinstance(ended, Ending)
    assert (ended.kind, ended.sentence) == ("raised", "AssertionError")


LEAVE = """
def deed():
    sys.modules["grader.isolation.frames"].Channel.receive_descriptor = lambda _: os._exit(3)
    return "armed"
"""


def test_a_worker_that_is_gone_meanwhile_is_an_ending(open_worker):
    worker = open_worker("3 forked", LEAVE)
    told(worker)
    images = pictures()
    ended = conversation.hand_over(worker, images, np.zeros(len(images), np.int64))
    assert isinstance(ended, Ending)
    assert (ended.kind, "exit code 3" in ended.sentence) == ("exit", True)


def test_shared_memory_is_not_counted_once_per_worker(open_worker):
    """Proportional size: each of three workers has a third of it. What one writes counts as its own."""
    images = pictures((60 * MIB // 784, 28, 28))
    touch = "def deed():\n    images(){}\n    return 1\n"
    workers = [open_worker("3 forked", touch.format(deed)) for deed in (".sum()", ".sum()", ".fill_(1)")]
    before = [meters.memory_bytes(next(worker._tree())) for worker in workers]
    for worker in workers:
        give(worker, images)
        told(worker)
    grown = [
        meters.memory_bytes(next(worker._tree())) - was for worker, was in zip(workers, before, strict=True)
    ]
    assert max(grown[:2]) < 45 * MIB
    assert grown[2] > 55 * MIB

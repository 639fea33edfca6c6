"""Forked workers for real: they are walled in like started ones, give the same bits, and leave nothing behind."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from grader.errors import GraderFault, SandboxUnavailable
from grader.isolation import choose, zygote_promises
from grader.isolation.bubblewrap import SANDBOX_UID, Bubblewrap
from grader.isolation.interface import Limits, Workplace
from grader.isolation.supervisor import Ending, Patience, Worker
from grader.isolation.workplace import workplace
from grader.isolation.zygote import Zygote
from grader.stages.workers import choose_sandbox

ROOT = Path(__file__).parents[2]
MIB = 1024 * 1024
FAST = Patience(120, cpu_seconds=60)


def no_zygote() -> str:
    """Why workers cannot be forked here. Plain bubblewrap is used then, so that is no failure."""
    try:
        choose.forking_sandbox()
    except SandboxUnavailable as error:
        return error.message
    return ""


@pytest.fixture(scope="module", autouse=True)
def _needed() -> None:
    if reason := no_zygote():
        pytest.skip(reason)


pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def zygote():
    found = Zygote()
    yield found
    found.close()


@pytest.fixture
def open_worker(tmp_path, zygote):
    """A ready worker on a submission of its own with this deed in the constructor of its model."""
    opened = []
    tmp_path.chmod(0o755)

    def make(deed: str, sandbox=None, limits: Limits | None = None, **files: str) -> Worker:
        folder = tmp_path / f"student-{len(opened)}"
        folder.mkdir()
        (folder / "model.py").write_text(NET.format(deed=deed))
        for name, text in files.items():
            (folder / f"{name}.txt").write_text(text)
        worker = Worker(sandbox or zygote, workplace(folder), limits or Limits())
        opened.append(worker)
        worker.wait_until_ready()
        return worker

    yield make
    for worker in opened:
        worker.stop()


NET = """
import glob, os, signal, socket, sys, time
import torch
from torch import nn

def says(what):
    raise ValueError(what if isinstance(what, str) else repr(what))

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 2)
        {deed}
"""


def build(worker: Worker, patience: Patience = FAST):
    fields = {"file": "model.py", "cell": 0, "class_name": "Net"}
    answer = worker.request("load", fields, patience=patience)
    assert not isinstance(answer, Ending), answer
    return worker.request("build", {"arguments": {}, "seed": 1}, patience=patience)


def said(worker: Worker) -> str:
    """What the deed says."""
    answer = build(worker)
    assert isinstance(answer, Ending), "the deed says nothing"
    assert (answer.kind, answer.sentence[:12]) == ("raised", "ValueError: "), answer
    return answer.sentence[12:]


def descendants(process: psutil.Process) -> set[int]:
    return {one.pid for one in process.children(recursive=True)}


def gone(numbers: set[int], seconds: float = 10) -> bool:
    """Whether all of these processes end within that time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        left = [number for number in numbers if psutil.pid_exists(number) and not _dead(number)]
        if not left:
            return True
        time.sleep(0.02)
    return False


def _dead(number: int) -> bool:
    try:
        return psutil.Process(number).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


# --- what is promised ---------------------------------------------------------------------------------------------


def test_a_forked_worker_holds_what_level_three_promises_and_more():
    sandbox, isolation = choose.forking_sandbox()
    probes = dict(isolation.canary)
    assert (sandbox.level, isolation.level) == ("3", "3")
    assert "zygote" in isolation.name
    assert choose.broken_promises("3", probes) == []
    assert zygote_promises.broken(probes) == []
    assert set(probes) == set(choose.PROMISED["3"]) | set(zygote_promises.PROMISED)


def test_a_started_worker_answers_the_common_probes_alike():
    started = dict(choose.full_sandbox()[1].canary)
    forked = dict(choose.forking_sandbox()[1].canary)
    assert {name: forked[name] for name in started} == started


def test_which_of_both_ran_is_in_the_result():
    assert "zygote" in choose_sandbox(plain_allowed=False, zygote=True)[1].name
    assert "zygote" not in choose_sandbox(plain_allowed=False)[1].name


def test_one_answer_that_differs_and_each_worker_is_started_by_itself(monkeypatch):
    choose._zygote().close()  # it is proven whenever it is started
    monkeypatch.setitem(zygote_promises.PROMISED, "other submissions", "something else")
    monkeypatch.setitem(zygote_promises.PROMISED, "a new one", "something")
    expected = "not walled in as promised: other submissions: absent; a new one: no answer"
    with pytest.raises(SandboxUnavailable, match=expected):
        choose.forking_sandbox()
    sandbox, isolation = choose_sandbox(plain_allowed=False, zygote=True)
    assert isinstance(sandbox, Bubblewrap)
    assert isolation.level == "3"


RETURNS = "def {}(*_) -> None:\n    return\n"
MISSING = [
    pytest.param("_drop_capabilities", RETURNS, "capabilities", id="capabilities kept"),
    pytest.param("_filter", RETURNS, "system call filter", id="no filter", marks=pytest.mark.slow),
    pytest.param(
        "_own_user_namespace", RETURNS, "map of users", id="no user namespace", marks=pytest.mark.slow
    ),
    pytest.param(
        "_pivot",
        "def {}() -> None:\n    os.chroot(_NEW_ROOT)\n    os.chdir('/')\n",
        "other submissions",
        id="root only changed",
        marks=pytest.mark.slow,
    ),
]


def with_walls(folder: Path, wall: str, text: str) -> Workplace:
    """A place for a canary whose zygote has this text for one of its walls."""
    place = workplace(folder)
    worker = {part: source for source, part in place.harness}["worker"]
    copied = folder / "worker"
    shutil.copytree(worker, copied, ignore=shutil.ignore_patterns("__pycache__"))
    walls = (copied / "zygote_walls.py").read_text()
    assert f"def {wall}(" in walls
    # Defined again at the end: the later one counts.
    (copied / "zygote_walls.py").write_text(f"{walls}\n\n{text.format(wall)}")
    harness = tuple((copied if part == "worker" else source, part) for source, part in place.harness)
    return replace(place, harness=harness, role="canary")


@pytest.mark.parametrize(("wall", "text", "probe"), MISSING)
def test_a_wall_that_is_missing_is_noticed(tmp_path, wall, text, probe):
    """The same zygote with one wall of its code left out does not pass: a probe tells, or the canary does not come up."""
    place = with_walls(tmp_path, wall, text)
    tmp_path.chmod(0o755)
    zygote = Zygote()
    try:
        with Worker(zygote, place, Limits()) as canary:
            greeting = canary.wait_until_ready()
    except GraderFault:
        return  # the kernel itself refuses what comes after, or a probe had an effect that it must not have
    finally:
        zygote.close()
    probes = {str(name): str(answer) for name, answer in greeting.header["probes"].items()}
    broken = choose.broken_promises("3", probes) + zygote_promises.broken(probes)
    assert any(line.startswith(f"{probe}: ") for line in broken), broken


# --- the same results ---------------------------------------------------------------------------------------------

SUMS = """
import hashlib, numpy as np
def digest():
    torch.manual_seed(5)
    found = hashlib.sha256()
    def add(tensor):
        found.update(tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    a, b = torch.randn(300, 300), torch.randn(300, 300)
    images = torch.randn(16, 8, 28, 28)
    conv = nn.Conv2d(8, 16, 3)
    for value in (a @ b, *torch.linalg.svd(a), torch.fft.fft2(a).real, conv(images), a.exp().sum(),
                  conv.to(memory_format=torch.channels_last)(images.contiguous(memory_format=torch.channels_last)),
                  (a.bfloat16() @ b.bfloat16()).float(), torch.randperm(1000), torch.get_default_dtype() and a.mean()):
        add(value)
    for value in (a.numpy() @ b.numpy(), *np.linalg.svd(a.numpy()[:100, :100]), np.random.RandomState(3).rand(5)):
        found.update(np.ascontiguousarray(value).tobytes())
    model = nn.Sequential(nn.Flatten(), nn.Linear(8 * 28 * 28, 10), nn.Dropout(0.2))
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
    for _ in range(5):
        optimizer.zero_grad(); model(images).square().mean().backward(); optimizer.step()
    for value in model.parameters():
        add(value)
    return found.hexdigest(), torch.get_num_threads(), torch.initial_seed()
"""


@pytest.mark.parametrize("threads", [1, 2])
def test_every_bit_is_that_of_a_started_worker(open_worker, threads):
    def sums(sandbox=None) -> str:
        deed = f"exec({SUMS!r}, globals()); seed = torch.initial_seed(); says((seed, digest()))"
        return said(open_worker(deed, sandbox, Limits(threads=threads)))

    started = sums(Bubblewrap())
    assert f"'{threads}'" not in started
    assert f", {threads}, " in started
    assert [sums() for _ in range(3)] == [started] * 3


def test_the_students_own_loader_processes_work_and_give_the_same(open_worker):
    deed = (
        "from torch.utils.data import DataLoader, TensorDataset; torch.manual_seed(0)\n"
        "        data = TensorDataset(torch.arange(40.0)); loader = DataLoader(data, 4, shuffle=True, num_workers=2)\n"
        "        says([batch.tolist() for batch, in loader])"
    )
    assert said(open_worker(deed)) == said(open_worker(deed, Bubblewrap()))


def test_two_workers_draw_different_random_numbers_where_started_ones_do(open_worker):
    deed = (
        "import random, tempfile, uuid, numpy as np; "
        "says((random.Random().random(), tempfile.mktemp(), uuid.uuid4().hex, np.random.default_rng().random()))"
    )
    first, second = (set(said(open_worker(deed)).strip("()").split(", ")) for _ in range(2))
    assert not first & second


# --- students side by side ----------------------------------------------------------------------------------------


def test_two_students_at_once_cannot_see_each_other(open_worker):
    """Files, processes, tmp, shared memory, sockets, descriptors and memory of the one are not there for the other."""
    secret = "kept-" + "by-the-first"
    leave = (
        "import ctypes, threading; open('/tmp/mine', 'w').write('x'); open('/dev/shm/mine', 'w').write('x')\n"
        "        self.pair = socket.socket(socket.AF_UNIX); self.pair.bind(chr(0) + 'meeting'); self.pair.listen(1)\n"
        "        ctypes.CDLL(None).shmget(4242, 4096, 0o1666)\n"
        "        self.secret = open('/repo/secret.txt').read(); self.fc.note = self.secret * 1000"
    )
    first = open_worker(leave, secret=secret)
    assert not isinstance(build(first), Ending)
    look = (
        "import ctypes; listed = [os.listdir(f) for f in ('/tmp', '/dev/shm', '/repo')]\n"
        "        pids = [n for n in os.listdir('/proc') if n.isdigit()]\n"
        "        try:\n"
        "            socket.socket(socket.AF_UNIX).connect(chr(0) + 'meeting'); met = True\n"
        "        except OSError:\n"
        "            met = False\n"
        "        segment = ctypes.CDLL(None).shmget(4242, 4096, 0)\n"
        "        roots = ('/', '/*', os.path.join('/proc/1', 'root'))\n"
        "        stages = [found for root in roots for found in glob.glob(os.path.join(root, 'stage*'))]\n"
        "        part = 'kept-'; memory = open('/proc/self/mem', 'rb', 0); found = 0\n"
        "        for line in open('/proc/self/maps').read().splitlines():\n"
        "            span, rights = line.split()[:2]\n"
        "            if rights[:2] == 'rw':\n"
        "                low, high = (int(n, 16) for n in span.split('-')); memory.seek(low)\n"
        "                try:\n"
        "                    found += memory.read(high - low).count((part + 'by-the-' + 'first').encode()) \n"
        "                except OSError:\n"
        "                    pass\n"
        "        says((listed, pids, met, segment, stages, found))"
    )
    answer = said(open_worker(look))
    assert answer == "([['home'], [], ['model.py']], ['1'], False, -1, [], 0)"


def test_the_submission_is_read_only_and_the_hosts_files_are_absent(open_worker):
    deed = (
        "refused = []\n"
        "        for name in ('/repo/model.py', '/repo/new', '/harness/grader/worker/main.py', '/usr/new', '/new', torch.__file__):\n"
        "            try:\n"
        "                open(name, 'a').close()\n"
        "            except OSError as error:\n"
        "                refused.append(error.errno)\n"
        "        there = [n for n in ('/etc/passwd', '/root', '/home', '/work', '/sys', '/run', '/var', '/stage') if os.path.exists(n)]\n"
        "        says((refused, there, open('/proc/1/environ').read(), open('/proc/1/cmdline').read()))"
    )
    os.environ["GRADER_SECRET_TOKEN"] = "planted"
    try:
        answer = said(open_worker(deed))
    finally:
        del os.environ["GRADER_SECRET_TOKEN"]
    refused, there = answer.split("], ")[:2]
    assert set(refused.strip("([").split(", ")) <= {str(errno.EROFS), str(errno.EACCES)}, answer
    assert len(refused.split(", ")) == 6
    assert there == "["
    assert "student" not in answer
    assert "planted" not in answer


def test_mounts_name_no_student(open_worker):
    """The source of every bind can be read inside."""
    answer = said(
        open_worker("says([l.split()[3] for l in open('/proc/self/mountinfo') if l.split()[4] == '/repo'])")
    )
    assert "student" not in answer
    assert "stage" in answer


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a uid to drop")
def test_below_a_supervisor_that_is_root_nothing_runs_as_root(open_worker, zygote):
    worker = open_worker("pass")
    jail = psutil.Process(zygote._jail._process.pid)
    tree = [jail, *jail.children(recursive=True)]
    assert worker._process.pid in {process.pid for process in tree}
    assert {uid for process in tree for uid in process.uids()} == {SANDBOX_UID}


def test_a_zygote_refuses_to_run_as_root(tmp_path):
    """Its first look is at the map of users, not at the number that it has inside."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from grader.worker import zygote\n"
        "try:\n    zygote._refuse_root()\nexcept PermissionError as error:\n    print(error)\n"
    )
    jail = ["/usr/bin/bwrap", "--ro-bind", "/", "/", "--proc", "/proc", "--unshare-user", "--uid", "65534"]
    command = [*(jail if os.geteuid() == 0 else []), sys.executable, "-c", code, str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if os.geteuid() == 0:
        assert done.stdout == "a zygote does not run as root\n", done.stderr


# --- endings ------------------------------------------------------------------------------------------------------

ENDINGS = [
    ("sys.exit(0)", "raised", "SystemExit"),
    ("os._exit(0)", "exit", "ended by itself (exit code 0)"),
    ("os._exit(3)", "exit", "exit code 3"),
    ("import ctypes; ctypes.string_at(0)", "signal", "SIGSEGV"),
    ("os.abort()", "signal", "SIG"),
    ("time.sleep(1000)", "stalled", "next to nothing"),
    ("while True: pass", "time", "used 2 s of CPU time"),
    ("os.closerange(3, 256); time.sleep(1000)", "exit", "closed its connection"),
    # The first process of a namespace gets no signal from itself: it goes on, and is ended as one that sleeps.
    ("os.kill(os.getpid(), 9); time.sleep(1000)", "stalled", "next to nothing"),
    ("raise KeyboardInterrupt", "raised", "KeyboardInterrupt"),
]


@pytest.mark.parametrize(
    ("deed", "kind", "expected"), ENDINGS, ids=[f"ending-{n}" for n in range(len(ENDINGS))]
)
def test_every_ending_has_its_name(open_worker, deed, kind, expected):
    patience = Patience(60, cpu_seconds=2 if kind == "time" else 60, stall_seconds=3)
    answer = build(open_worker(deed), patience)
    assert isinstance(answer, Ending)
    assert (answer.kind, expected in answer.sentence) == (kind, True), answer


def test_the_limit_of_cpu_time_ends_it_too(open_worker):
    answer = build(open_worker("while True: pass", limits=Limits(cpu_seconds=2)))
    assert isinstance(answer, Ending)
    assert answer.kind == "killed"


def test_what_it_prints_is_kept_and_a_flood_is_ended(open_worker):
    worker = open_worker("print('hello'); os.system('echo from a child'); says('done')")
    assert said(worker) == "done"
    worker.stop()
    assert worker.log() == "hello\nfrom a child\n"
    flood = build(
        open_worker("while True: os.write(1, b'flood' * 10000)", limits=Limits(output_bytes=8 * MIB))
    )
    assert isinstance(flood, Ending)
    assert flood.kind == "output"


@pytest.mark.parametrize("polled", [False, True], ids=["as it is here", "by polling"])
def test_memory_is_limited_and_the_next_worker_is_served(open_worker, monkeypatch, polled):
    if polled:
        monkeypatch.setattr("grader.isolation.supervisor.cell_for", lambda sandbox, limits: None)
    hog = "self.x = [torch.ones(25_000_000) for _ in range(100)]; time.sleep(100)"
    worker = open_worker(hog, limits=Limits(memory_bytes=900 * MIB))
    answer = build(worker)
    assert isinstance(answer, Ending)
    assert answer.kind == "memory"
    assert not isinstance(build(open_worker("pass")), Ending)


def test_what_is_shared_with_the_zygote_is_not_charged(open_worker):
    """A limit far below the size of the libraries leaves room for a small model."""
    worker = open_worker("self.x = torch.ones(10_000_000)", limits=Limits(memory_bytes=300 * MIB))
    assert not isinstance(build(worker), Ending)


def test_scratch_space_has_a_limit(open_worker):
    fill = "[open(f'/tmp/f{i}', 'wb').write(b'x' * (8 << 20)) for i in range(12)]"
    answer = build(open_worker(fill, limits=Limits(tmp_bytes=32 * MIB)))
    assert isinstance(answer, Ending)
    assert "No space left" in answer.sentence


# --- nothing is left ----------------------------------------------------------------------------------------------

BOMB = (
    "import resource; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "        try:\n"
    "            while True:\n"
    "                if os.fork() == 0:\n"
    "                    os.setsid(); time.sleep(1000)\n"
    "        except OSError:\n"
    "            pass\n"
    "        self.count = len([n for n in os.listdir('/proc') if n.isdigit()])\n"
    "        time.sleep(1000)"
)


def wait_for_bomb(worker: Worker, least: int = 40) -> set[int]:
    process = psutil.Process(worker._process.pid)
    deadline = time.monotonic() + 60
    while len(descendants(process)) < least and time.monotonic() < deadline:
        time.sleep(0.1)
    found = {process.pid, *descendants(process)}
    assert len(found) > least
    return found


def send_build(worker: Worker) -> None:
    """Ask for the model without waiting for it."""
    fields = {"file": "model.py", "cell": 0, "class_name": "Net"}
    assert not isinstance(worker.request("load", fields, patience=FAST), Ending)
    worker._channel.send({"op": "build", "arguments": {}, "seed": 1}, None, time.monotonic() + 10)


def test_a_fork_bomb_is_bounded_and_gone_and_its_neighbour_works(open_worker):
    bomb = open_worker(BOMB)
    send_build(bomb)
    numbers = wait_for_bomb(bomb)
    assert len(numbers) <= Limits().processes + 4
    assert not isinstance(
        build(open_worker("self.x = torch.randn(200, 200) @ torch.randn(200, 200)")), Ending
    )
    bomb.stop()
    assert gone(numbers)
    assert not isinstance(build(open_worker("pass")), Ending)


def test_stopping_a_worker_removes_its_staged_submission(open_worker, zygote):
    worker = open_worker("pass")
    folder = zygote._stage.folder
    assert len(list(folder.iterdir())) == 1
    worker.stop()
    worker.stop()
    assert list(folder.iterdir()) == []


def test_closing_a_zygote_ends_its_workers_and_removes_its_folder(tmp_path):
    tmp_path.chmod(0o755)
    zygote = Zygote()
    worker = Worker(zygote, workplace(tmp_path), Limits())
    worker.wait_until_ready()
    home = zygote._stage.folder.parent
    jail = psutil.Process(zygote._jail._process.pid)
    numbers = {jail.pid, *descendants(jail)}
    assert worker._process.pid in numbers
    zygote.close()
    zygote.close()
    assert gone(numbers)
    assert not home.exists()
    answer = worker.request("load", {}, patience=FAST)
    assert isinstance(answer, Ending)
    worker.stop()


def test_a_zygote_that_was_killed_is_started_and_proven_anew(tmp_path):
    tmp_path.chmod(0o755)
    proven = []
    zygote = Zygote(proven.append)
    try:
        with Worker(zygote, workplace(tmp_path), Limits()) as first:
            first.wait_until_ready()
            jail = psutil.Process(zygote._jail._process.pid)
            jail.kill()
            assert gone({jail.pid, first._process.pid})
            assert first._process.wait(5) == -signal.SIGKILL
        with Worker(zygote, workplace(tmp_path), Limits()) as second:
            second.wait_until_ready()
        assert len(proven) == 2
    finally:
        zygote.close()


def test_a_zygote_serves_several_threads_and_outlives_the_one_that_needed_it_first(tmp_path):
    tmp_path.chmod(0o755)
    zygote = Zygote()
    opened: list[Worker] = []

    def open_one() -> None:
        worker = Worker(zygote, workplace(tmp_path), Limits())
        worker.wait_until_ready()
        opened.append(worker)

    try:
        threads = [threading.Thread(target=open_one) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        time.sleep(0.5)
        assert len({worker._process.pid for worker in opened}) == 4
        assert all(worker._process.poll() is None for worker in opened)
        first = zygote._jail
        open_one()
        assert zygote._jail is first
    finally:
        for worker in opened:
            worker.stop()
        zygote.close()


def test_a_zygote_with_a_second_thread_refuses_to_serve():
    code = (
        "import sys, threading, time; sys.path.insert(0, sys.argv[1]); from grader.worker import zygote\n"
        "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "try:\n    zygote._prepare()\nexcept RuntimeError as error:\n    print(error)\n"
    )
    one = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", code, str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=one)
    assert done.stdout == "2 threads run after the imports\n"


SUPERVISOR = """
import json, sys, time
from pathlib import Path
import psutil
from grader.isolation.interface import Limits
from grader.isolation.supervisor import Patience, Worker
from grader.isolation.workplace import workplace
from grader.isolation.zygote import Zygote

zygote = Zygote()
workers = [Worker(zygote, workplace(Path(sys.argv[1])), Limits()) for _ in range(2)]
for worker in workers:
    worker.wait_until_ready()
    worker.request("load", {"file": "model.py", "cell": 0, "class_name": "Net"}, patience=Patience(120, 60))
    worker._channel.send({"op": "build", "arguments": {}, "seed": 1}, None, time.monotonic() + 10)
below = psutil.Process().children(recursive=True)
while len(below) < 40:
    time.sleep(0.1)
    below = psutil.Process().children(recursive=True)
print(json.dumps([[process.pid for process in below], str(zygote._stage.folder.parent)]), flush=True)
time.sleep(1000)
"""


def test_nothing_outlives_a_supervisor_that_is_killed(tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "model.py").write_text(NET.format(deed=BOMB))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SUPERVISOR, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as supervisor:
        assert supervisor.stdout is not None
        numbers, home = json.loads(supervisor.stdout.readline())
        supervisor.kill()
        supervisor.wait()
    assert len(numbers) >= 40
    assert gone(set(numbers), 30)
    deadline = time.monotonic() + 10
    while Path(home).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(home).exists()

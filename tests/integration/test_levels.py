"""Level 2 for real: workers behind Landlock, what they cannot reach, how they end, and that nothing stays behind.

And which level is chosen, and what the control group says of memory.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from grader.errors import SandboxUnavailable
from grader.events import Events
from grader.fetch.access import NO_ACCESS, Access, Token
from grader.isolation import cgroups, choose, confine, keeper, meters
from grader.isolation.bubblewrap import Bubblewrap
from grader.isolation.interface import Limits
from grader.isolation.landlock import Landlock
from grader.isolation.supervisor import Ending, Patience, Worker
from grader.isolation.workplace import workplace
from grader.pipeline import Request, prepare_machine
from grader.spec.load import load_spec
from grader.stages.inspect import InspectionRequest, inspect_submission
from grader.stages.workers import choose_sandbox

ROOT = Path(__file__).parents[2]
MIB = 1024 * 1024
FAST = Patience(120, cpu_seconds=60)
ALLOW_ALL = b"\x06\x00\x00\x00\x00\x00\xff\x7f"
landlock = pytest.mark.skipif(bool(Landlock().unavailable()), reason="no Landlock here")
NET = "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.fc = nn.Linear(2, 2)\n        {deed}\n"


@pytest.fixture
def open_worker(tmp_path):
    """A ready worker on a submission with this deed in its constructor."""
    opened = []
    staged = tmp_path / "staged"
    staged.mkdir()

    def make(deed: str, sandbox=None, limits: Limits | None = None) -> Worker:
        tmp_path.chmod(0o755)
        staged.chmod(0o755)
        source = "import os, sys, time, torch\nfrom torch import nn\n" + NET.format(deed=deed)
        (staged / "model.py").write_text(source)
        worker = Worker(sandbox or Landlock(), workplace(staged), limits or Limits())
        opened.append(worker)
        worker.wait_until_ready()
        return worker

    yield make
    for worker in opened:
        worker.stop()


def build(worker: Worker, patience: Patience = FAST):
    fields = {"file": "model.py", "cell": 0, "class_name": "Net"}
    answer = worker.request("load", fields, patience=patience)
    assert not isinstance(answer, Ending), answer
    return worker.request("build", {"arguments": {}, "seed": 1}, patience=patience)


@pytest.fixture
def own_boxes(monkeypatch):
    """Boxes in a folder of this test's own: other tests open some at the same time."""
    with tempfile.TemporaryDirectory(prefix="levels-") as place:
        Path(place).chmod(0o755)
        monkeypatch.setattr(tempfile, "tempdir", place)
        monkeypatch.setenv("TMPDIR", place)
        yield


def boxes() -> set[str]:
    return {path.name for path in Path(tempfile.gettempdir()).glob("box-*")}


# --- choosing -------------------------------------------------------------------------------------------------------


@landlock
def test_the_canary_proves_what_level_two_promises():
    sandbox, isolation = choose.kernel_sandbox()
    assert (sandbox.level, isolation.level) == ("2", "2")
    assert {name for name, _ in isolation.canary} == set(choose.PROMISED["2"])
    (note,) = choose.level_note(isolation)
    assert note.weight == "note"
    assert "no process namespace" in note.detail


@landlock
@pytest.mark.parametrize("abi", [confine.LEAST_ABI, 4, 5])
def test_older_kernels_keep_the_same_promises(abi):
    """What Landlock does not do before ABI 6, the filter does."""
    assert choose.broken_promises("2", choose.canary(Landlock(abi))) == []


def test_a_kernel_that_is_too_old_is_refused_with_its_version(monkeypatch):
    monkeypatch.setattr(confine, "landlock_abi", lambda: 2)
    assert "ABI 3 (Linux 6.2) is needed" in Landlock().unavailable()
    with pytest.raises(SandboxUnavailable, match="ABI 2"):
        choose.kernel_sandbox()


@landlock
def test_without_user_namespaces_level_two_is_taken(monkeypatch):
    monkeypatch.setattr("grader.isolation.bubblewrap._PATH", "/nowhere")
    sandbox, isolation = choose_sandbox(plain_allowed=True)
    assert (sandbox.level, isolation.level) == ("2", "2")
    with pytest.raises(SandboxUnavailable, match="bubblewrap is not installed"):
        choose_sandbox(plain_allowed=True, level="3")


@pytest.mark.sandbox
def test_level_three_is_taken_where_it_holds_and_two_where_asked_for():
    assert choose_sandbox(plain_allowed=False)[0].level == "3"
    if not Landlock().unavailable():
        assert choose_sandbox(plain_allowed=False, level="2")[0].level == "2"


def test_below_level_two_nobody_elses_code_runs(monkeypatch):
    monkeypatch.setattr("grader.isolation.bubblewrap._PATH", "/nowhere")
    monkeypatch.setattr(confine, "landlock_abi", lambda: 0)
    with pytest.raises(SandboxUnavailable) as caught:
        choose_sandbox(plain_allowed=False)
    assert "bubblewrap is not installed" in caught.value.message
    assert "Nor at level 2" in caught.value.message
    assert choose_sandbox(plain_allowed=True)[0].level == "1"


def test_no_plain_process_is_started_beside_a_token(monkeypatch):
    """It could read the grader's environment."""
    monkeypatch.setattr("grader.isolation.bubblewrap._PATH", "/nowhere")
    monkeypatch.setattr(confine, "landlock_abi", lambda: 0)
    access = Access((Token("planted", "github.com"),))
    run = Request(
        load_spec("s4"), ".", "grader run", trust_code=True, stand_in=True, zygote=False, access=access
    )
    for ask in (
        lambda: prepare_machine(run),
        lambda: prepare_machine(replace(run, trust_code=False, plain_if_needed=True, full=False)),
        lambda: inspect_submission(InspectionRequest(".", trust_code=True, access=access), Events([])),
    ):
        with pytest.raises(SandboxUnavailable) as caught:
            ask()
        assert "could read the token" in caught.value.hint
        assert "bubblewrap is not installed" in caught.value.message
    assert prepare_machine(replace(run, access=NO_ACCESS)).isolation.level == "1"


@landlock
def test_a_level_two_that_holds_less_than_it_promises_is_refused(monkeypatch):
    """With a filter that lets everything through, the canary gets a socket."""
    monkeypatch.setattr("grader.isolation.landlock.seccomp.program", lambda more=(): ALLOW_ALL)
    with pytest.raises(SandboxUnavailable, match=r"does not hold what it promises here: network"):
        choose.kernel_sandbox()


# --- walls ----------------------------------------------------------------------------------------------------------

FORBIDDEN = [
    "open('/etc/passwd').read()",
    "os.listdir('/home')",
    "os.listdir('/proc')",
    "os.listdir('/tmp')",
    "open(f'/proc/{os.getppid()}/cmdline').read()",
    "open(f'/proc/{os.getppid()}/environ').read()",
    "open('/dev/shm/x', 'w')",
    "open('/tmp/x', 'w')",
    "open(__import__('grader').__file__, 'a')",
    "import socket; socket.create_connection(('127.0.0.1', 80), 2)",
    "import socket; socket.socket(socket.AF_UNIX)",
    "import socket; socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
    "os.kill(os.getppid(), 9)",
    "import resource; resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1))",
    "os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
    "os.sched_setaffinity(os.getppid(), {0})",
    "import fcntl; fcntl.fcntl(1, fcntl.F_SETOWN, os.getppid())",
    "os.rename(sys.modules['torch'].__file__, 'x')",
    "os.setuid(0)",
    "open('big', 'wb').write(b'x' * (65 << 20))",
]


@landlock
@pytest.mark.parametrize("deed", FORBIDDEN, ids=[f"deed-{index}" for index in range(len(FORBIDDEN))])
def test_what_is_forbidden_raises_in_the_students_code(open_worker, deed):
    answer = build(open_worker(deed))
    assert isinstance(answer, Ending), f"{deed} went through"
    assert answer.kind == "raised"
    assert answer.sentence.startswith(("PermissionError", "OSError", "gaierror")), answer.sentence


@landlock
def test_modes_stay_as_they_are_and_honest_copying_works(open_worker, tmp_path):
    deed = (
        "import shutil; open('mine', 'w').write('x'); shutil.copy('mine', 'copy'); os.chmod('mine', 0o777)\n"
        f"        os.chmod({str(tmp_path / 'staged')!r}, 0)\n"
        "        raise ValueError(oct(os.stat('mine').st_mode & 0o777))"
    )
    before = (tmp_path / "staged").stat().st_mode
    answer = build(open_worker(deed))
    assert isinstance(answer, Ending)
    assert "0o777" not in answer.sentence
    assert answer.sentence.startswith("ValueError: 0o6"), answer.sentence
    assert (tmp_path / "staged").stat().st_mode == before


@landlock
def test_an_installed_grader_is_not_readable_where_the_packages_are(open_worker, tmp_path):
    """The specs, with their thresholds, lie in it."""
    site = tmp_path / "site"
    (site / "grader" / "specs").mkdir(parents=True)
    (site / "grader" / "specs" / "s4.yaml").write_text("secret")
    (site / "other.py").write_text("known = 1")
    site.chmod(0o755)
    staged = tmp_path / "staged"
    deed = (
        "import other; base = os.path.dirname(other.__file__)\n"
        "        open(base + '/grader/specs/s4.yaml').read()"
    )
    open_worker("pass").stop()
    (staged / "model.py").write_text("import os, sys\nfrom torch import nn\n" + NET.format(deed=deed))
    place = workplace(staged)
    place = type(place)(**{**place.__dict__, "packages": (*place.packages, site)})
    with Worker(Landlock(), place, Limits()) as worker:
        worker.wait_until_ready()
        answer = build(worker)
    assert isinstance(answer, Ending)
    assert answer.sentence.startswith("PermissionError"), answer.sentence


@landlock
@pytest.mark.skipif(os.geteuid() != 0, reason="only root has uids to give")
def test_root_gives_every_worker_a_uid_of_its_own(open_worker):
    found = set()
    for worker in (open_worker("pass"), open_worker("pass")):
        (inside,) = psutil.Process(worker._process.pid).children()
        uids = set(inside.uids())
        assert len(uids) == 1
        assert uids <= set(range(keeper.FIRST_UID, keeper.FIRST_UID + keeper.UIDS))
        found |= uids
    assert len(found) == 2


# --- endings --------------------------------------------------------------------------------------------------------

ENDINGS = [
    ("pass", "", ""),
    ("sys.exit(0)", "raised", "SystemExit"),
    ("os._exit(0)", "exit", "ended by itself (exit code 0)"),
    ("import ctypes; ctypes.string_at(0)", "signal", "SIGSEGV"),
    ("os.abort()", "signal", "SIGABRT"),
    ("os.kill(os.getpid(), 9); time.sleep(9)", "killed", "not for want of memory"),
    ("os.closerange(3, 256); time.sleep(1000)", "exit", "closed its connection"),
    ("time.sleep(1000)", "stalled", "next to nothing"),
]


@landlock
@pytest.mark.parametrize(("deed", "kind", "said"), ENDINGS)
@pytest.mark.usefixtures("own_boxes")
def test_every_ending_has_its_name(open_worker, deed, kind, said):
    worker = open_worker(deed)
    answer = build(worker, Patience(60, cpu_seconds=60, stall_seconds=3))
    if kind:
        assert isinstance(answer, Ending)
        assert (answer.kind, said in answer.sentence) == (kind, True), answer
    else:
        assert not isinstance(answer, Ending), answer
    worker.stop()
    assert boxes() == set()


@landlock
def test_the_tmp_folder_has_a_limit(open_worker):
    """Root's worker has a file system of its own that is full; a user's worker is ended."""
    fill = "[open(f'f{i}', 'wb').write(b'x' * (8 << 20)) for i in range(12)]; time.sleep(20)"
    answer = build(open_worker(fill, limits=Limits(tmp_bytes=32 * MIB)))
    assert isinstance(answer, Ending)
    if answer.kind == "raised":
        assert os.geteuid() == 0
        assert "No space left" in answer.sentence
    else:
        assert answer.kind == "disk"
        assert "more than 32 MiB" in answer.sentence


SPAWN = "import subprocess; [subprocess.Popen(['/usr/bin/sleep', '4243'], start_new_session=True) for _ in range(5)]"
BOMB = (
    "n = 0\n"
    "        try:\n"
    "            while n < 500:\n"
    "                if os.fork() == 0: os.setsid(); time.sleep(600)\n"
    "                n += 1\n"
    "        except OSError: pass\n"
    "        raise ValueError(str(n))"
)


def sleepers() -> list[int]:
    return [
        p.pid for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["/usr/bin/sleep", "4243"]
    ]


@landlock
def test_nothing_survives_a_worker(open_worker):
    worker = open_worker(SPAWN)
    answer = build(worker)
    assert not isinstance(answer, Ending), answer
    assert len(sleepers()) == 5
    worker.stop()
    assert sleepers() == []


@landlock
def test_a_fork_bomb_is_stopped_and_cleared(open_worker):
    worker = open_worker(BOMB, limits=Limits(processes=40))
    answer = build(worker)
    assert isinstance(answer, Ending)
    made = int(answer.sentence.removeprefix("ValueError: "))
    assert 5 <= made <= 44
    tree = psutil.Process(worker._process.pid).children(recursive=True)
    assert len(tree) >= made
    worker.stop()
    assert not any(process.is_running() for process in tree)


KILLED = """
import sys
from pathlib import Path
from grader.isolation.interface import Limits
from grader.isolation.landlock import Landlock
from grader.isolation.supervisor import Patience, Worker
from grader.isolation.workplace import workplace
worker = Worker(Landlock(), workplace(Path(sys.argv[1])), Limits())
worker.wait_until_ready()
worker.request("load", {"file": "model.py", "cell": 0, "class_name": "Net"}, patience=Patience(60, 60))
worker.request("build", {"arguments": {}, "seed": 1}, patience=Patience(60, 60))
print("built", flush=True)
sys.stdin.read()
"""


@landlock
@pytest.mark.usefixtures("own_boxes")
def test_nothing_survives_a_grader_that_is_killed(open_worker, tmp_path):
    open_worker(SPAWN).stop()
    before = boxes()
    grader = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path / "staged")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert grader.stdout.readline() == b"built\n"
    deadline = time.monotonic() + 10
    while len(sleepers()) < 5 and time.monotonic() < deadline:  # the last one may not have begun yet
        time.sleep(0.05)
    assert len(sleepers()) == 5
    assert boxes() - before
    grader.send_signal(signal.SIGKILL)
    grader.communicate()
    deadline = time.monotonic() + 10
    while (sleepers() or boxes() - before) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert sleepers() == []
    assert boxes() - before == set()


# --- memory ---------------------------------------------------------------------------------------------------------

HOG = "self.x = [torch.ones(25_000_000) for _ in range(100)]; time.sleep(100)"


@pytest.mark.parametrize(
    "sandbox", [pytest.param(Bubblewrap, marks=pytest.mark.sandbox), pytest.param(Landlock, marks=landlock)]
)
@pytest.mark.skipif(isinstance(meters.cgroup_home(), str), reason="no control group can be made here")
def test_the_kernel_holds_the_memory_limit_and_its_word_is_read(open_worker, sandbox):
    home = meters.cgroup_home()
    worker = open_worker(HOG, sandbox(), Limits(memory_bytes=1200 * MIB))
    cell = worker._cell
    assert cell is not None
    assert len((cell.folders[0] / "cgroup.procs").read_text().split()) >= 1
    answer = build(worker)
    assert isinstance(answer, Ending)
    assert (answer.kind, answer.sentence) == ("memory", "It used more than 1,200 MiB of memory.")
    assert not cell.folders[0].exists()
    assert isinstance(home, cgroups.Home)
    assert not list(home.memory.glob(f"grader-{os.getpid()}-*"))


@landlock
def test_without_a_control_group_memory_is_watched(open_worker, monkeypatch):
    monkeypatch.setattr(meters, "cgroup_home", lambda: "None here.")
    answer = build(open_worker(HOG, limits=Limits(memory_bytes=1200 * MIB)))
    assert isinstance(answer, Ending)
    assert (answer.kind, answer.sentence) == ("memory", "It used more than 1,200 MiB of memory.")


# --- doctor ---------------------------------------------------------------------------------------------------------


def doctor(*words: str, before: str = "") -> subprocess.CompletedProcess[str]:
    code = f"{before}\nimport sys; sys.argv = ['grader', 'doctor', *sys.argv[1:]]\nfrom grader.cli import main; main()"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env, timeout=60)


@pytest.mark.sandbox
def test_doctor_shows_what_runs_here():
    done = doctor()
    assert done.returncode == 0, done.stderr
    for words in (
        "level 3",
        "holds; memory limit by",
        "torch",
        "git",
        "mnist",
        "disk space",
        "tried from inside, level 3",
    ):
        assert words in done.stdout, words
    assert "`grader run` works here, at isolation level 3." in done.stdout


def test_doctor_says_how_to_get_higher():
    hidden = (
        "import grader.isolation.bubblewrap as b, grader.isolation.machine as m, grader.isolation.confine as c\n"
        "b._PATH = m._PATH = '/nowhere'; c.landlock_abi = m.landlock_abi = lambda: 0"
    )
    done = doctor("--json", before=hidden)
    assert done.returncode == 5, done.stderr
    found = json.loads(done.stdout)
    assert (found["schema"], found["run_works"], found["level"]) == ("grader/doctor/1", False, "1")
    steps = {row["name"]: row["next_step"] for row in found["rows"]}
    assert steps["level 3"] == "Install the package `bubblewrap`."
    assert "lsm=" in steps["level 2"]
    assert [state["level"] for state in found["levels"]] == ["3", "2", "1"]

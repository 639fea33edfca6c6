"""`grader batch --executor ray` on a real cluster: two nodes of this machine, in a network of their own.

They need an interpreter that has Ray: `make ray` makes one (`tests/ray_environment.py`), and GRADER_RAY_PYTHON names it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.course.batch.executors.shared import EXPORTED

ROOT = Path(__file__).resolve().parents[2]
CLUSTER = ROOT / "tests" / "fixtures" / "ray_cluster.py"
PYTHON = os.environ.get("GRADER_RAY_PYTHON", sys.executable)
NETS = 39
LOST_AFTER = 15

pytestmark = [pytest.mark.sandbox, pytest.mark.slow, pytest.mark.timeout(5400)]

LOOKS_AROUND = '''
import os
import socket

import torch.nn as nn


def found():
    """Whatever of the cluster can be reached from here."""
    seen = [f"environment {name}" for name in os.environ if name.startswith("RAY_") or "TOKEN" in name]
    for place in (TOKEN, OTHER):
        try:
            with open(place) as file:
                file.read(1)
            seen.append(f"file {os.path.basename(place)}")
        except OSError:
            pass
    for port in range(1024, 65536):
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                seen.append(f"port {port}")
        except OSError:
            pass
    return seen


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        raise RuntimeError(f"reached: {found() or 'nothing'}")

    def forward(self, x):
        return x
'''


@pytest.fixture(scope="module")
def cluster():
    """Runs a command in a cluster of its own, which ends with it."""
    has_ray = subprocess.run([PYTHON, "-c", "import ray"], capture_output=True, check=False).returncode == 0
    if not has_ray:
        pytest.skip("Ray is not installed: `make ray` makes an environment with it, and runs these tests")
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    apart = ["unshare", *as_root, "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if subprocess.run([*apart, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip(
            "no network namespace can be made here (unshare --net): a cluster would be open to others"
        )

    def run(folder: Path, *words: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*apart, PYTHON, str(CLUSTER), str(folder), *options, "--", *words],
            capture_output=True,
            text=True,
            timeout=5000,
            check=False,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )

    return run


@pytest.fixture
def short(tmp_path_factory: pytest.TempPathFactory):
    """A folder with a short name: Ray puts sockets in it, whose names are short."""
    place = Path("/tmp") / f"ray-{os.getpid()}"
    place.mkdir()
    yield place
    shutil.rmtree(place, ignore_errors=True)


def test_a_lost_node_costs_nothing_and_nobody_sees_the_cluster(cluster, batches, short, tmp_path):
    """40 submissions, one node killed in the middle: the table of the local executor, bit for bit."""
    batches.write_nets(tmp_path, NETS)
    spy = _spy(tmp_path, short / "token")
    undisturbed = batches.batch(tmp_path, "--json")
    assert undisturbed.returncode == 0, undisturbed.stderr

    out = tmp_path / "ray"
    batches.same_secret(tmp_path / "reports", out)
    words = [PYTHON, *batches.words(tmp_path, "--json", "--executor", "ray", out=out)[1:]]
    control = f"exec(open({str(spy)!r}).read()); import sys; print('control', found(), file=sys.stderr)"
    both = f"{PYTHON} -c '{_quoted(control)}' && exec \"$@\""
    done = cluster(short, "sh", "-c", both, "sh", *words, options=("--lose", str(LOST_AFTER), str(out)))
    assert done.returncode == 0, done.stderr
    assert (short / "lost").read_text("utf-8")  # attempts that were under way on the lost node
    rows = batches.rows(done)
    assert len(rows) == NETS + 1
    assert batches.table(done) == batches.table(undisturbed)
    assert len(list(out.glob("*/*/*/result.json"))) == NETS + 1  # nothing was stored twice

    report = Path(str(rows["spy"]["run"])) / "result.json"
    assert "reached: nothing" in report.read_text("utf-8")
    said = next(line for line in done.stderr.splitlines() if line.startswith("control"))
    for what in ("port 26379", "file token", "file model.py", "environment RAY_AUTH_TOKEN_PATH"):
        assert what in said  # the same lines, outside of the sandbox


def _spy(course: Path, token: Path) -> Path:
    """A submission that looks around, and its row."""
    (course / "spy").mkdir()
    own = f"TOKEN = {str(token)!r}\nOTHER = {str(course / 'net0' / 'model.py')!r}\n"
    (course / "spy" / "model.py").write_text(own + LOOKS_AROUND, "utf-8")
    (course / "spy" / "README.md").write_text("# Looks around\n", "utf-8")
    with (course / "roster.csv").open("a", encoding="utf-8") as roster:
        roster.write("spy,spy\n")
    return course / "spy" / "model.py"


def _quoted(text: str) -> str:
    return text.replace("'", "'\\''")


def test_how_tasks_end(cluster, short, tmp_path):
    engine = ROOT / "tests" / "fixtures" / "ray_engine.py"
    done = cluster(short, PYTHON, str(engine), str(tmp_path))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])  # Ray prints, too
    assert told["slots"] == 2
    assert told["exit code"] == [7, ""]
    assert told["missing"][1] == "set-up"
    assert set(told["environment"]) <= {*EXPORTED, "LC_CTYPE", "CUDA_VISIBLE_DEVICES"}
    assert told["place"] == str(ROOT)
    assert told["cancelled"] == {
        "waiting": "Waits for a node with 1 CPU free",
        "ends": [[-15, "cancelled"]] * 3,
    }
    assert (told["worker killed"], told["copies"]) == ([5, ""], 2)
    assert "No node of the Ray cluster can hold an attempt" in told["impossible"]


def test_a_cluster_without_a_token_is_refused(cluster, batches, short, tmp_path):
    batches.write_nets(tmp_path, 1)
    words = [PYTHON, *batches.words(tmp_path, "--executor", "ray")[1:]]
    done = cluster(short, *words, options=("--open",))
    assert done.returncode == 2
    assert "not seen to refuse somebody without a token" in done.stderr
    assert not list((tmp_path / "reports").glob("*/*/*/result.json"))

"""`grader batch --executor slurm` on a real Slurm cluster of two nodes on this machine: the table of a local batch.

`slurmctld`, two `slurmd` and `munged` come from Debian's packages (see `tests/fixtures/slurm_cluster.py`); where they are not
installed, the tests say so and are skipped.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader.course.batch.copies import attempt_name, is_answered

pytestmark = [pytest.mark.sandbox, pytest.mark.slow, pytest.mark.timeout(1800)]
ROWS, NETS = 20, 5
TOKEN = "ghp_planted_where_no_student_may_look"
PATIENCE_SECONDS = 300.0


@pytest.fixture(scope="module")
def cluster(slurm_cluster) -> Iterator[object]:
    if why := slurm_cluster.missing():
        pytest.skip(f"no Slurm cluster can be started here: {why}")
    with slurm_cluster.cluster() as made:
        yield made


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory, batches) -> Path:
    folder = tmp_path_factory.mktemp("course")
    batches.write_course(folder, NETS, ROWS - NETS)
    return folder


@pytest.fixture(scope="module")
def undisturbed(course, batches) -> dict[str, object]:
    done = batches.batch(course, "--json")
    assert done.returncode == 0, done.stderr
    table = batches.table(done)
    assert len(table) == ROWS
    return table


@pytest.fixture
def started(course, cluster, batches, tmp_path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts the batch on the cluster, with what it says in files of `tmp_path`."""
    running: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        more = ("--json", "--executor", "slurm", "--slots", "4", "--git-token-env", "COURSE_TOKEN")
        with (tmp_path / "said").open("w") as said, (tmp_path / "faults").open("w") as faults:
            running.append(
                subprocess.Popen(
                    batches.words(course, *more, out=tmp_path / "reports"),
                    stdout=said,
                    stderr=faults,
                    text=True,
                    env={**os.environ, **cluster.environment, "COURSE_TOKEN": TOKEN},
                )
            )
        return running[-1]

    yield start
    for one in running:
        one.kill()
        one.wait()


def ended(batch: subprocess.Popen[str], folder: Path, cluster) -> subprocess.CompletedProcess[str]:
    code = batch.wait(PATIENCE_SECONDS * 2)
    done = subprocess.CompletedProcess(
        [], code, (folder / "said").read_text(), (folder / "faults").read_text()
    )
    assert code == 0, (done.stderr, cluster.log())
    return done


def trained(reports: Path) -> list[Path]:
    """Folders of attempts of which a copy is at work now."""
    found = reports.glob(".batches/*/attempts/*/.copies/*/events.jsonl")
    return sorted({place.parents[2] for place in found if not is_answered(place.parents[2])})


def until(true: Callable[[], object], batch: subprocess.Popen[str]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < end, "it did not come to that"
        assert batch.poll() is None, "the batch ended before"
        time.sleep(0.1)


def job_of(folder: Path, cluster) -> str:
    """The number of the job that does the work in a folder."""
    name = "-".join(("grader", *attempt_name(folder)))
    jobs = dict(line.split() for line in cluster.run("squeue", "-h", "-t", "R", "-o", "%j %A").splitlines())
    return jobs.get(name, "")


def disturbed(reports: Path, batch: subprocess.Popen[str], cluster, words: list[str], done: set[str]) -> str:
    """Do something to a job that has no answer yet: the key of its row."""
    hit: list[str] = []

    def once() -> bool:
        for folder in trained(reports):
            if folder.name in done or not (number := job_of(folder, cluster)):
                continue
            cluster.run(*words, number)
            time.sleep(0.5)
            if folder.is_dir() and not is_answered(folder):
                hit.append(folder.name)
                return True
            done.add(folder.name)  # it had just finished: the next one
        return False

    until(once, batch)
    done.update(hit)
    return hit[0]


def test_one_cancelled_and_one_requeued_it_is_the_same_table(
    course, undisturbed, batches, cluster, started, tmp_path
):
    reports = tmp_path / "reports"
    batches.same_secret(course / "reports", reports)
    batch = started()
    done: set[str] = set()
    cancelled = disturbed(reports, batch, cluster, ["scancel"], done)
    requeued = disturbed(reports, batch, cluster, ["scontrol", "requeue"], done)
    finished = ended(batch, tmp_path, cluster)
    assert batches.table(finished) == undisturbed
    rows = {row["key"]: row for row in batches.rows(finished).values()}
    assert rows[cancelled]["attempts"] == 2
    assert rows[requeued]["attempts"] == 1  # Slurm itself began it again
    assert "CANCELLED" in cluster.run("squeue", "-h", "--me", "-t", "all", "-o", "%T")
    assert len(list(reports.glob("s4/*/*/result.json"))) == ROWS
    assert not list(reports.glob(".batches/*/attempts/*"))
    assert TOKEN not in cluster.log()


def test_killed_and_started_again_it_takes_over_what_runs(
    course, undisturbed, batches, cluster, started, tmp_path
):
    reports = tmp_path / "reports"
    batches.same_secret(course / "reports", reports)
    batch = started()
    taken: dict[str, str] = {}

    def running() -> bool:
        taken.update((one.name, job_of(one, cluster)) for one in trained(reports) if job_of(one, cluster))
        return bool(taken)

    until(running, batch)
    batch.send_signal(signal.SIGKILL)
    batch.wait()
    finished = ended(started(), tmp_path, cluster)
    assert batches.table(finished) == undisturbed
    assert len(list(reports.glob("s4/*/*/result.json"))) == ROWS
    states = cluster.run("squeue", "-h", "--me", "-t", "all", "-o", "%A %T")
    for number in taken.values():  # what ran went on to its end, and nobody cancelled it
        assert f"{number} COMPLETED" in states


PROBE = """
import os
import socket


def seen():
    found = [name for name, value in os.environ.items() if TOKEN in value]
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                found += [f"environment of {pid}"] if TOKEN.encode() in file.read() else []
        except OSError:
            pass
    found += [place for place in PLACES if os.path.exists(place)]
    try:
        socket.create_connection(("127.0.0.1", PORT), 2).close()
        found.append("the controller")
    except OSError:
        pass
    return found
"""
NET = """
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        raise RuntimeError(f"seen: {seen() or 'nothing'}")

    def forward(self, x):
        return x
"""


def test_a_worker_of_a_job_sees_no_token_no_other_student_and_no_slurm(
    batches, cluster, tmp_path, course, started
):
    other = course / "net0" / "model.py"
    conf = Path(cluster.environment["SLURM_CONF"])
    port = int(conf.read_text().partition("SlurmctldPort=")[2].split()[0])
    places = [str(other), str(tmp_path), str(conf), str(conf.parents[1] / "munge" / "munge.sock")]
    probe = f"TOKEN, PLACES, PORT = {TOKEN[::-1]!r}[::-1], {places!r}, {port}\n{PROBE}"
    control = subprocess.run(
        [sys.executable, "-c", f"{probe}\nprint(seen())"],
        env={**os.environ, "COURSE_TOKEN": TOKEN},
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(
        word in control.stdout for word in ("COURSE_TOKEN", "environment of", *places, "the controller")
    )
    nosy = tmp_path / "course"
    (nosy / "nosy").mkdir(parents=True)
    (nosy / "nosy" / "model.py").write_text(probe + NET, "utf-8")
    shutil.copytree(course / "other0", nosy / "other")
    (nosy / "roster.csv").write_text("name,repository\nnosy,nosy\nother,other\n", "utf-8")
    more = ("--json", "--executor", "slurm", "--git-token-env", "COURSE_TOKEN")
    done = batches.batch(nosy, *more, **cluster.environment, COURSE_TOKEN=TOKEN)
    assert done.returncode == 0, (done.stderr, cluster.log())
    text = (Path(str(batches.rows(done)["nosy"]["run"])) / "result.json").read_text("utf-8")
    assert "seen: nothing" in text
    assert "seen: [" not in text
    written = [path for path in nosy.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]
    assert written == []


def test_a_card_is_asked_for_where_one_is_to_be_used(batches, cluster, tmp_path):
    """Slurm's cards here are none: a first job finds that, and with `auto` the CPU is taken."""
    batches.write_course(tmp_path, 0, 1)
    more = ("--json", "--executor", "slurm", "--device")
    done = batches.batch(tmp_path, *more, "auto", **cluster.environment)
    assert done.returncode == 0, (done.stderr, cluster.log())
    asked = cluster.run("squeue", "-h", "--me", "-t", "all", "-O", "tres-per-node:40")
    assert len([line for line in asked.splitlines() if "gpu:1" in line]) == 2
    refused = batches.batch(tmp_path, *more, "cuda", **cluster.environment)
    assert refused.returncode == 5
    assert "The device cuda" in refused.stderr
    assert "cannot be used" in refused.stderr


def test_what_slurm_refuses_ends_the_batch_with_its_words(batches, cluster, tmp_path):
    batches.write_course(tmp_path, 0, 1)
    done = batches.batch(
        tmp_path, "--json", "--executor", "slurm", "--sbatch", "--partition=nowhere", **cluster.environment
    )
    assert done.returncode == 5
    row = batches.rows(done)["other0"]
    assert row["state"] == "blocked"
    assert "invalid partition specified: nowhere" in str(row["text"])

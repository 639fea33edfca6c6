"""The command as its users meet it: real processes, exit codes, and what is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

REFERENCE = Path(__file__).parents[2] / "reference_models" / "s4"
GRADER = [sys.executable, "-m", "grader"]


def grader(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    # The tests' own interpreter may not have the package installed: a checkout beside them is enough.
    env = {**os.environ, "PYTHONPATH": str(REFERENCE.parents[1]), "COLUMNS": "100", **environment}
    return subprocess.run([*GRADER, *words], capture_output=True, text=True, check=False, cwd=cwd, env=env)


def without_network_and_data(tmp_path: Path) -> dict[str, str]:
    """An environment in which MNIST is nowhere, and every download runs into a closed port."""
    (tmp_path / "home").mkdir(exist_ok=True)
    closed = "http://127.0.0.1:9"
    return {
        "GRADER_DATA": "",
        "HOME": str(tmp_path / "home"),
        "XDG_CACHE_HOME": "",
        "https_proxy": closed,
        "http_proxy": closed,
    }


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "Usage"),
        (("run",), 2, "Missing argument 'SPEC'"),
        (("run", "s4"), 2, "--repo"),
        (("run", "s5", "--repo", "."), 2, "s4"),
        (("run", "missing.yaml", "--repo", "."), 2, "missing.yaml"),
        (("run", "s4", "--repo", ".", "--seeds", "one"), 2, "whole numbers"),
        (("run", "s4", "--repo", ".", "--seeds", "1,1"), 2, "no two are the same"),
        (("run", "s4", "--repo", ".", "--before", ""), 2, "it is empty"),
        (("inspect", ".", "--before", " "), 2, "it is empty"),
        (("inspect", ".", "--input", "28x28"), 2, "channels are missing: 1x28x28"),
        (("frobnicate",), 2, "No such command"),
        (("spec", "list"), 0, "s4"),
        (("spec", "show", "s4"), 0, "fewer than 25,000 parameters"),
        (("--version",), 0, "grader"),
    ],
)
def test_usage(words, code, said, tmp_path):
    done = grader(*words, cwd=tmp_path)
    assert (done.returncode, said in done.stdout + done.stderr) == (code, True), done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_spec_is_told_with_place_and_next_step(tmp_path):
    (tmp_path / "my.yaml").write_text(
        (REFERENCE.parents[1] / "specs" / "s4.yaml").read_text().replace("25000", "25k")
    )
    done = grader("run", "my.yaml", "--repo", ".", cwd=tmp_path)
    assert done.returncode == 2
    assert "my.yaml:" in done.stderr
    assert "25000" in done.stderr


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("source", "code", "said"),
    [
        ("./nowhere", 2, "nowhere"),
        ("ext::sh -c id", 4, "ext"),
        ("file:///etc", 4, "file://"),
        ("https://colab.research.google.com/drive/1", 4, "Colab"),
    ],
)
def test_a_source_that_cannot_be_graded(source, code, said, tmp_path):
    done = grader("run", "s4", "--repo", source, "--stand-in", cwd=tmp_path)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.sandbox
def test_without_data_and_network_the_three_ways_are_told(tmp_path):
    done = grader("run", "s4", "--repo", str(REFERENCE), cwd=tmp_path, **without_network_and_data(tmp_path))
    assert done.returncode == 5, done.stderr
    for way in ("grader data fetch mnist", "--data-dir", "--stand-in"):
        assert way in done.stderr


WITHOUT_ISOLATION = (
    "import grader.isolation.bubblewrap as b; b._PATH = '/nowhere'; import sys; "
    "import grader.isolation.confine as c; c.landlock_abi = lambda: 0; "
    f"sys.argv = ['grader', 'run', 's4', '--repo', {str(REFERENCE)!r}, '--stand-in', *sys.argv[1:]]; "
    "from grader.cli import main; main()"
)
"""Neither bwrap nor Landlock: the grader asks for each at one place, which this points elsewhere."""


def run_without_isolation(folder, *options):
    env = {**os.environ, "PYTHONPATH": str(REFERENCE.parents[1])}
    command = [sys.executable, "-c", WITHOUT_ISOLATION, *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=env)


def test_without_bubblewrap_a_run_stops_and_names_the_package(tmp_path):
    done = run_without_isolation(tmp_path)
    assert done.returncode == 5
    assert "bubblewrap" in done.stderr
    assert "--trust-this-code" in done.stderr
    assert not (tmp_path / "reports").exists()


@pytest.mark.slow
def test_without_isolation_ones_own_code_is_trained_and_the_result_says_so(tmp_path):
    trusted = run_without_isolation(tmp_path, "--trust-this-code", "--json")
    assert trusted.returncode == 0, trusted.stderr
    result = json.loads(trusted.stdout)
    assert result["evidence"]["integrity"]["isolation"]["level"] == "1"
    assert any("without isolation" in reason for reason in result["not_a_grade"])
    for report in (tmp_path / "reports").rglob("report.html"):
        assert "without isolation" in report.read_text("utf-8")


@pytest.mark.slow
@pytest.mark.sandbox
def test_a_link_and_a_folder_get_the_same_grade(tmp_path):
    """A bare repository and the working folder it came from: same tree, same seed, same bits."""
    work = tmp_path / "work"
    subprocess.run(["cp", "-r", str(REFERENCE), str(work)], check=True)
    git = [
        "git",
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@t",
        "-c",
        "init.defaultBranch=main",
        "-C",
        str(work),
    ]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "handed in"]):
        subprocess.run([*git, *words], check=True)
    subprocess.run(["git", "clone", "-q", "--bare", str(work), str(tmp_path / "bare.git")], check=True)
    results = []
    for source in ("work", "bare.git"):
        done = grader(
            "run",
            "s4",
            "--repo",
            source,
            "--stand-in",
            "--seeds",
            "1",
            "--secret",
            "1",
            "--threads",
            "1",
            "--json",
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stderr
        results.append(json.loads(done.stdout))
    one, other = results
    assert one["grade"] == other["grade"]
    assert one["evidence"]["trials"][0]["state_digest"] == other["evidence"]["trials"][0]["state_digest"]
    for key in ("commit", "tree_digest", "dirty"):
        assert one["evidence"]["submission"][key] == other["evidence"]["submission"][key]
    assert len(one["evidence"]["submission"]["commit"]) == 40


def processes_of(marker: str) -> list[int]:
    """Processes whose command line names the marker, and their descendants."""
    found = [p for p in psutil.process_iter(["cmdline"]) if marker in " ".join(p.info["cmdline"] or ())]
    return [child.pid for p in found for child in (p, *p.children(recursive=True))]


@pytest.mark.sandbox
@pytest.mark.parametrize("stage", ["Fetching", "Building", "Training"])
def test_ctrl_c_leaves_no_process_and_a_marked_run(stage, tmp_path):
    env = {**os.environ, "PYTHONPATH": str(REFERENCE.parents[1]), "PYTHONUNBUFFERED": "1"}
    command = [*GRADER, "run", "s4", "--repo", str(REFERENCE), "--stand-in", "--out", str(tmp_path / "out")]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=env, cwd=tmp_path
    ) as process:
        for line in process.stderr:
            if line.startswith(stage):
                break
        time.sleep(1.5 if stage != "Fetching" else 0)
        tree = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        assert "Interrupted" in process.stderr.read()
    assert not [
        pid for pid in tree if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    ]
    assert not list((tmp_path / "out").rglob("report.html"))
    if stage != "Fetching":
        (partial,) = (tmp_path / "out").rglob("*.partial")
        assert json.loads((partial / "partial.json").read_text())["status"] == "interrupted"


@pytest.mark.sandbox
@pytest.mark.parametrize("out", ["reports", pytest.param(".", marks=pytest.mark.slow)])
def test_a_run_inside_of_a_submission_does_not_become_part_of_it(out, tmp_path):
    subprocess.run(["cp", "-r", str(REFERENCE), str(tmp_path / "mine")], check=True)
    (tmp_path / "mine" / "model.py").write_text("no model here")
    (tmp_path / "mine" / "mnist_one_epoch.ipynb").unlink()
    digests = set()
    for _ in range(2):
        done = grader("run", "s4", "--repo", ".", "--stand-in", "--json", "--out", out, cwd=tmp_path / "mine")
        assert done.returncode == 4, done.stderr
        digests.add(json.loads(done.stdout)["evidence"]["submission"]["tree_digest"])
    assert len(digests) == 1


CHECK = f"check s4 {REFERENCE} --stand-in --json"
WITH_A_RESULT = [pytest.mark.slow, pytest.mark.sandbox]


@pytest.mark.parametrize(
    ("verb", "sink", "code"),
    [
        ("spec schema", "> /dev/full", 5),
        pytest.param(CHECK, "> /dev/full", 5, marks=WITH_A_RESULT, id="check, full"),
        pytest.param(CHECK, "| head -c 10", 0, marks=WITH_A_RESULT, id="check, closed"),
    ],
)
def test_output_that_nobody_takes_is_no_mistake_of_the_grader(verb, sink, code, tmp_path):
    script = f"set -o pipefail; {sys.executable} -m grader {verb} {sink}"
    env = {**os.environ, "PYTHONPATH": str(REFERENCE.parents[1])}
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path, env=env
    )
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr


@pytest.mark.slow
@pytest.mark.sandbox
def test_a_folder_alone_is_checked_against_the_default_spec(tmp_path):
    done = grader("check", str(REFERENCE), "--stand-in", cwd=tmp_path)
    assert (done.returncode, "14,642" in done.stdout) == (0, True), done.stderr


@pytest.mark.sandbox
def test_a_full_disk_is_the_machines_fault(tmp_path):
    """A real file system of 64 kB, where this machine lets us mount one."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(small)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("mounting a small file system needs root")
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "README.md").write_text("# Nothing to train\n" + "Much text. " * 6000, "utf-8")
    try:
        done = grader("run", "s4", "--repo", "work", "--stand-in", "--out", str(small), cwd=tmp_path)
        assert done.returncode == 5, done.stderr
        assert "disk is full" in done.stderr
        assert not list(small.rglob("report.html")) or list(small.rglob("*.partial"))
    finally:
        subprocess.run(["umount", str(small)], check=True)


@pytest.mark.sandbox
def test_a_self_check_is_quick_and_stores_nothing(tmp_path):
    begin = time.monotonic()
    done = grader("check", "s4", str(REFERENCE), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "NOT A GRADE" in done.stdout
    assert "whole training would take" in " ".join(done.stdout.split())
    assert not list(tmp_path.iterdir())
    assert time.monotonic() - begin < 60  # the figure itself is measured in benchmarks/, not here

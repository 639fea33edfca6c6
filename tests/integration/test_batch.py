"""`grader batch` as a teaching assistant runs it: the real command, real attempts, generated digits."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(1800)]
ROOT = Path(__file__).resolve().parents[2]
NOTHING_TO_TRAIN = {
    "empty": {"README.md": "# Nothing here\n"},
    "broken": {"model.py": "import torch.nn as nn\nclass Net(nn.Module)\n", "README.md": "# Broken\n"},
}


@pytest.fixture
def course(tmp_path) -> Path:
    for name, files in NOTHING_TO_TRAIN.items():
        (tmp_path / name).mkdir()
        for file, text in files.items():
            (tmp_path / name / file).write_text(text)
    (tmp_path / "roster.csv").write_text(
        "name,repository\nAda,empty\nGrace,broken\nAlan,\nBarbara,not-there\n", encoding="utf-8-sig"
    )
    return tmp_path


def words(course: Path, *more: str) -> list[str]:
    place = ("--roster", str(course / "roster.csv"), "--out", str(course / "reports"))
    return [sys.executable, "-m", "grader", "batch", "s4", *place, "--stand-in", "--slots", "2", *more]


def batch(course: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words(course, *more), capture_output=True, text=True, timeout=900, check=False)


def rows(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, object]]:
    """The last that was said of each row."""
    return {line["name"]: line for line in map(json.loads, done.stdout.splitlines())}


def test_everybody_is_accounted_for_and_nothing_is_done_twice(course):
    dry = batch(course, "--dry-run")
    assert dry.returncode == 5, dry.stderr
    assert "2 fetched" in dry.stdout
    assert "2 to grade. No earlier run says how long one takes" in dry.stdout
    first = batch(course, "--json")
    assert first.returncode == 5, first.stderr
    found = rows(first)
    assert {name: (row["state"], row["status"]) for name, row in found.items()} == {
        "Ada": ("graded", "ungradable"),
        "Grace": ("graded", "ungradable"),
        "Alan": ("missing", ""),
        "Barbara": ("blocked", ""),
    }
    (course / "not-there").mkdir()
    shutil.copytree(course / "empty", course / "not-there", dirs_exist_ok=True)
    again = batch(course, "--json")
    assert again.returncode == 0, again.stderr
    last = rows(again)
    assert [last[name]["run"] for name in ("Ada", "Grace")] == [
        found[name]["run"] for name in ("Ada", "Grace")
    ]
    assert all(
        row["reused"] for name, row in last.items() if name != "Alan"
    )  # Barbara handed in what Ada did
    for row in last.values():
        assert not row["run"] or (Path(str(row["run"])) / "report.html").is_file()


def test_one_batch_at_a_time(course):
    first = subprocess.Popen(
        words(course, "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert first.stdout is not None
        first.stdout.readline()
        second = batch(course)
        assert (second.returncode, "by another process" in second.stderr) == (2, True)
        first.send_signal(signal.SIGINT)
        error = first.communicate(timeout=120)[1]
        assert first.returncode == 130, error
        assert "Finishing what runs" in error
    finally:
        first.kill()
        first.communicate()


# --- kills, with real trainings --------------------------------------------------------------------------------------

KILLS = 20
NETS = 4


@pytest.fixture
def nets(tmp_path) -> Path:
    """Small networks that differ, with a recipe of their own."""
    for number in range(NETS):
        shutil.copytree(ROOT / "reference_models" / "s4", tmp_path / f"net{number}")
        readme = tmp_path / f"net{number}" / "README.md"
        readme.write_text(readme.read_text("utf-8") + f"\nNumber {number}.\n", "utf-8")
    lines = "".join(f"net{number},net{number}\n" for number in range(NETS))
    (tmp_path / "roster.csv").write_text(f"name,repository\n{lines}")
    return tmp_path


def table(course: Path) -> dict[str, object]:
    """What a batch comes to, but for times and names of runs."""
    found = {}
    for name, row in rows(batch(course, "--json")).items():
        record = json.loads((Path(str(row["run"])) / "result.json").read_text("utf-8"))
        trials = record["evidence"]["trials"]
        found[name] = (
            row["state"],
            record["grade"],
            [(one["seed"], one["state_digest"], one["correct"], one["confusion"]) for one in trials],
        )
    return found


@pytest.mark.slow
def test_killed_at_random_moments_it_comes_to_the_same(nets, tmp_path_factory):
    """kill -9 of the batch: after that it is started again, and its table is that of an undisturbed one, bit for bit."""
    undisturbed = table(nets)
    killed = tmp_path_factory.mktemp("killed")
    shutil.copytree(nets, killed, dirs_exist_ok=True, ignore=shutil.ignore_patterns("reports"))
    secret = next((nets / "reports" / ".batches").glob("*/secret"))
    (killed / "reports" / ".batches" / secret.parent.name).mkdir(parents=True)
    shutil.copy(secret, killed / "reports" / ".batches" / secret.parent.name / "secret")
    chance = random.Random(20)
    for _ in range(KILLS):
        started = subprocess.Popen(words(killed), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.5, 25))
        started.kill()
        started.wait()
    before = sorted(path.parent for path in (killed / "reports").rglob("result.json"))
    assert table(killed) == undisturbed
    runs = sorted(path.parent for path in (killed / "reports").rglob("result.json"))
    assert set(before) <= set(runs)
    assert len(runs) == NETS  # nothing that was finished ran twice
    assert not [name for name in os.listdir("/proc") if name.isdecimal() and _is_attempt_of(name, killed)]


def _is_attempt_of(pid: str, course: Path) -> bool:
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return b"grader.course.attempt" in line and str(course).encode() in line

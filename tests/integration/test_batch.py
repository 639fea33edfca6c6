"""`grader batch` as a teaching assistant runs it: the real command, real attempts, generated digits."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
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


def test_everybody_is_accounted_for_and_nothing_is_done_twice(course, batches):
    batch, rows = batches.batch, batches.rows
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
    page = (course / "reports" / "s4" / "batch.html").read_text("utf-8")
    assert "The page of the batch: " in first.stderr
    assert page.count('<tr data-s="ungradable"') == 2
    assert page.count('<tr data-s="missing"') == page.count('<tr data-s="blocked"') == 1
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


def test_one_batch_at_a_time(course, batches):
    first = subprocess.Popen(
        batches.words(course, "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert first.stdout is not None
        first.stdout.readline()
        second = batches.batch(course)
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


@pytest.mark.slow
def test_killed_at_random_moments_it_comes_to_the_same(tmp_path, batches):
    """kill -9 of the batch: after that it is started again, and its table is that of an undisturbed one, bit for bit."""
    batches.write_nets(tmp_path, NETS)
    undisturbed = batches.table(batches.batch(tmp_path, "--json"))
    killed = tmp_path / "killed"
    batches.same_secret(tmp_path / "reports", killed)
    chance = random.Random(20)
    for _ in range(KILLS):
        started = subprocess.Popen(
            batches.words(tmp_path, out=killed), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(chance.uniform(0.5, 25))
        started.kill()
        started.wait()
    before = sorted(path.parent for path in killed.rglob("result.json"))
    assert batches.table(batches.batch(tmp_path, "--json", out=killed)) == undisturbed
    runs = sorted(path.parent for path in killed.rglob("result.json"))
    assert set(before) <= set(runs)
    assert len(runs) == NETS  # nothing that was finished ran twice
    assert not [
        name for name in os.listdir("/proc") if name.isdecimal() and batches.is_attempt_of(name, killed)
    ]

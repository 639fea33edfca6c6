"""From a repository over two batches to the file that goes to the platform: the real commands, nothing to train."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.sandbox, pytest.mark.slow, pytest.mark.timeout(900)]
ROOT = Path(__file__).resolve().parents[2]
SPEC = """id: words
edition: 1
title: A README with an order
course: My course
points: 100
checks:
  - {id: explained, check: readme, well_formatted: true, points: 100}
"""
COURSE = """id: mine
title: My course
attempts: last
not_handed_in: -30 %
late: -50 %
specs: [words]
dates:
  words: {due: 2026-03-01T23:59:00+00:00, hard: 2026-03-04T23:59:00+00:00}
"""
MINE = "courses/mine.yaml"
CANVAS = 'Student,ID,Section,Words (77)\n    Points Possible,,,100.00\n"=1+1",s1,EVA,\nCy,s2,EVA,\n'


@pytest.fixture
def course(tmp_path) -> Path:
    (tmp_path / "courses").mkdir()
    (tmp_path / "courses" / "mine.yaml").write_text(COURSE)
    (tmp_path / "words.yaml").write_text(SPEC)
    (tmp_path / "canvas.csv").write_text(CANVAS)
    (tmp_path / "class.csv").write_text("name,id,repository\n=1+1,s1,work\nCy,s2,\n")
    (tmp_path / "work").mkdir()
    git(tmp_path, "init", "-q")
    (tmp_path / "work" / "README.md").write_text("# Digits\n\n## Network\n\nSmall.\n\n## Log\n\nShort.\n")
    commit(tmp_path, 1)
    return tmp_path


def git(course: Path, *words: str, day: int = 1) -> None:
    moment = f"2026-03-{day:02}T12:00:00+00:00"
    names = {f"GIT_{who}_{what}": "a@x.edu" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    dates = {"GIT_AUTHOR_DATE": moment, "GIT_COMMITTER_DATE": moment}
    subprocess.run(["git", *words], cwd=course / "work", check=True, env={**os.environ, **names, **dates})


def commit(course: Path, day: int) -> None:
    git(course, "add", "-A")
    git(course, "commit", "-q", "-m", f"day {day}", day=day)


def grader(course: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "grader", *words]
    return subprocess.run(
        command, cwd=course, capture_output=True, text=True, timeout=300, check=False, env=env
    )


def batch(course: Path) -> None:
    done = grader(course, "batch", "words.yaml", "--course", MINE, "--roster", "class.csv")
    assert done.returncode == 0, done.stderr


def first(course: Path, *words: str) -> dict[str, object]:
    done = grader(course, "grades", MINE, "--roster", "class.csv", "--json", *words)
    assert done.returncode in (0, 6), done.stderr
    return dict(json.loads(done.stdout)["rows"][0])


def test_two_commits_last_and_best_and_the_file_for_the_platform(course):
    batch(course)
    early = first(course)
    points = early["points"]
    assert isinstance(points, float)
    assert points > 0
    assert early["assignments"][0]["late_seconds"] == 0  # type: ignore[index]
    (course / "work" / "README.md").write_text("# Nothing\n")
    commit(course, 3)
    batch(course)
    late = first(course)
    assert (late["points"], late["steps"][1]["text"][:14]) == (0.0, "words: late by")  # type: ignore[index]
    (course / MINE).write_text(COURSE.replace("last", "best"))
    assert first(course)["points"] == points
    given = ("--roster", "class.csv", "--fill", "canvas.csv", "--column", "Words", "--to", "out.csv")
    done = grader(course, "export", "canvas", MINE, *given)
    assert done.returncode == 0, done.stderr
    filled = CANVAS.replace("s1,EVA,", f"s1,EVA,{points:g}").replace("s2,EVA,", "s2,EVA,-30")
    assert (course / "out.csv").read_text() == filled

"""Several copies of one attempt in a shared folder: one answer, whole, made once, and none for another job."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from grader.course.batch import copies
from grader.course.batch.copies import (
    ALIVE,
    COPIES,
    EVENTS,
    Copy,
    Said,
    attempt_name,
    beat,
    begin,
    begin_look,
    cleared,
    collected,
    is_answered,
)
from grader.course.batch.job import ANSWER, FINISH, JOB, Answer, Job, read_answer, read_job, write
from grader.course.stored import folder as folder_module
from grader.errors import StoreError

ROUNDS = 25


@pytest.fixture
def job(tmp_path) -> Job:
    return Job("s4.yaml", "clone", str(tmp_path / "reports"), "ada", "", "grader run s4", 7)


@pytest.fixture
def attempt(tmp_path, job) -> Path:
    begin(tmp_path / "attempt", job, anew=False)
    return tmp_path / "attempt"


def graded(copy: Copy, place: Path, name: str = "20261122-080000-aaaa") -> Answer:
    """An answer with a run, as a copy stores it."""
    run = Path(read_job(place / JOB).out) / "s4" / "ada" / name
    run.mkdir(parents=True)
    (run / "result.json").write_text(f'"{copy.own.name}"')
    return Answer("graded", str(run))


def published(copy: Copy) -> bool:
    (place,) = copy.published
    return copy.publish(place, graded(copy, place))


def test_the_first_answer_wins_and_its_run_is_put_where_runs_are(attempt, tmp_path):
    first, second = Copy.of(attempt), Copy.of(attempt)
    assert (is_answered(attempt), collected(attempt), first.is_needed()) == (False, False, True)
    assert (published(second), published(first)) == (True, False)
    assert (is_answered(attempt), first.is_needed()) == (True, False)
    assert collected(attempt)
    answer = read_answer(attempt / ANSWER)
    run = tmp_path / "reports" / "s4" / "ada" / "20261122-080000-aaaa"
    assert (answer.kind, Path(answer.folder)) == ("graded", run)
    assert (run / "result.json").read_text() == f'"{second.own.name}"'
    assert (tmp_path / "reports" / "s4" / ".gitignore").is_file()


RACE = """
import sys
from pathlib import Path
from grader.course.batch.copies import Copy
from grader.course.batch.job import Answer
copies = [Copy.of(folder) for folder in sorted(Path(sys.argv[1]).iterdir())]
print("ready", flush=True)
sys.stdin.readline()
for copy in copies:
    (place,) = copy.published
    print(int(copy.publish(place, Answer("graded", copy.own.name))))
"""


def test_of_two_at_the_same_moment_one_wins(tmp_path, job):
    for number in range(ROUNDS):
        begin(tmp_path / f"{number:02}", job, anew=False)
    words = [sys.executable, "-c", RACE, str(tmp_path)]
    racers = [
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    wins = [[int(line) for line in racer.communicate(timeout=60)[0].splitlines()] for racer in racers]
    assert [sum(both) for both in zip(*wins, strict=True)] == [1] * ROUNDS
    for number in range(ROUNDS):
        (won,) = (tmp_path / f"{number:02}").glob("answer-*.json")
        assert read_answer(won).kind == "graded"


def test_a_link_whose_reply_was_lost_is_a_link(attempt, monkeypatch):
    """A network disk does it, and says that it was there before when it is asked again."""
    real = os.link

    def link(source, target):
        real(source, target)
        raise FileExistsError(errno.EEXIST, "File exists")

    monkeypatch.setattr(os, "link", link)
    assert published(Copy.of(attempt))


def test_a_disk_without_hard_links_says_so(attempt, monkeypatch):
    def link(source, target):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    with pytest.raises(StoreError, match="The shared folder needs hard links"):
        published(Copy.of(attempt))


def test_the_answer_to_an_older_job_is_none(attempt, job):
    old = Copy.of(attempt)
    answer = graded(old, old.own)
    begin(attempt, replace(job, secret=8), anew=True)
    assert not old.is_needed()
    old.own.mkdir(parents=True)  # it is in the middle of writing
    assert old.publish(old.own, answer)
    assert (is_answered(attempt), collected(attempt)) == (False, False)


def test_an_attempt_that_may_be_under_way_is_taken_up(attempt, job):
    copy = Copy.of(attempt)
    beat(attempt)
    begin(attempt, job, anew=False)
    assert published(copy)
    assert collected(attempt)


@pytest.mark.parametrize("change", ["anew", "another job", "never launched", "answered", "damaged"])
def test_else_it_begins_anew(attempt, job, change):
    copy = Copy.of(attempt)
    if change != "never launched":
        beat(attempt)
    if change == "answered":
        write(attempt / ANSWER, Answer("machine", "", "The disk hiccuped."))
    if change == "damaged":
        (attempt / JOB).write_text("{")
    wanted = replace(job, plan="another") if change == "another job" else job
    begin(attempt, wanted, anew=change == "anew")
    assert not copy.own.exists()
    assert [place.name for place in attempt.iterdir()] == [JOB]
    assert read_job(attempt / JOB) == wanted


def test_a_folder_in_which_somebody_still_writes_can_be_cleared(attempt):
    with (Copy.of(attempt).own / EVENTS).open("a") as events:
        cleared(attempt)
        events.write("late\n")
    assert not attempt.exists()
    assert list(attempt.parent.iterdir()) == []
    cleared(attempt)


def test_a_submitter_that_was_killed_between_two_steps_goes_on(attempt, tmp_path):
    assert published(Copy.of(attempt))
    assert collected(attempt)
    (attempt / ANSWER).unlink()  # killed once the run was moved
    assert collected(attempt)
    assert Path(read_answer(attempt / ANSWER).folder).is_dir()


def test_a_run_comes_from_another_disk(attempt, tmp_path, monkeypatch):
    """A copy that was killed half-way through is no run."""
    real, runs = Path.rename, tmp_path / "reports" / "s4" / "ada"

    def rename(self, target):
        if COPIES in self.parts:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return real(self, target)

    assert published(Copy.of(attempt))
    (runs / "20261122-080000-aaaa.partial").mkdir(parents=True)
    (runs / "20261122-080000-aaaa.partial" / "half").touch()
    monkeypatch.setattr(folder_module.Path, "rename", rename)
    assert collected(attempt)
    assert [place.name for place in runs.iterdir()] == ["20261122-080000-aaaa"]
    assert [place.name for place in (runs / "20261122-080000-aaaa").iterdir()] == ["result.json"]
    assert not list(attempt.glob(f"{COPIES}/*/runs/s4/ada/*"))


def test_an_answer_that_is_none_is_a_fault_of_the_machine(attempt):
    (place,) = Copy.of(attempt).published.values()
    place.write_text("{}")
    assert collected(attempt)
    assert read_answer(attempt / ANSWER).kind == "machine"


def test_a_look_has_an_answer_of_each(tmp_path, job):
    folder = tmp_path / "looks"
    for name in ("ada", "grace"):
        begin(folder / name, replace(job, name=name), anew=True)
    copy = Copy.of(folder)
    ada, grace = sorted(copy.published)
    assert copy.publish(ada, Answer("trains", message="Net()"))
    assert (collected(folder), read_answer(folder / "ada" / ANSWER).message) == (False, "Net()")
    late = Copy.of(folder)
    assert [place.name for place in late.published] == ["grace"]
    assert not (copy.own / FINISH).exists()
    (folder / FINISH).touch()
    assert (copy.own / FINISH).exists()
    assert copy.publish(grace, Answer("machine"))
    assert (collected(folder), is_answered(folder), late.is_needed()) == (True, True, False)


def test_a_look_that_may_be_under_way_is_taken_up(tmp_path, job):
    folder = tmp_path / "looks"
    jobs = {name: replace(job, name=name) for name in ("ada", "grace")}
    begin_look(folder, jobs)
    copy = Copy.of(folder)
    beat(folder)
    assert copy.publish(copy.own / "ada", Answer("trains"))
    assert not collected(folder)
    (folder / FINISH).touch()
    begin_look(folder, jobs)
    assert (copy.is_needed(), (folder / "ada" / ANSWER).is_file(), (folder / FINISH).exists()) == (
        True,
        True,
        False,
    )
    begin_look(folder, {"ada": jobs["ada"]})
    assert not copy.is_needed()
    assert sorted(path.name for path in folder.rglob("*")) == ["ada", JOB]


def test_each_line_of_each_copy_is_heard_once(attempt):
    said = Said(attempt)
    assert list(said.new()) == []
    first, second = Copy.of(attempt), Copy.of(attempt)
    (first.own / EVENTS).write_bytes(b"1\n2\nhal")
    assert list(said.new()) == [b"1", b"2"]
    with (first.own / EVENTS).open("ab") as events:
        events.write(b"f\n")
    (second.own / EVENTS).write_bytes(b"3\n")
    assert sorted(said.new()) == [b"3", b"half"]
    assert list(said.new()) == []


def test_a_line_without_end_is_passed_over(attempt, monkeypatch):
    monkeypatch.setattr(copies, "_READ_BYTES", 8)
    said, copy = Said(attempt), Copy.of(attempt)
    (copy.own / EVENTS).write_bytes(b"x" * 30 + b"\n1\n")
    found = [line for _ in range(6) for line in said.new()]
    assert found[-1] == b"1"


@pytest.mark.parametrize(
    ("asked", "given", "taken"),
    [
        ("cuda", "1", "cuda:1"),
        ("cuda", "", "cuda"),
        ("cuda", "GPU-1f2e", "cuda"),
        ("cuda:0", "1", "cuda:0"),
        ("cpu", "1", "cpu"),
    ],
)
def test_it_takes_the_card_that_the_engine_gave_it(attempt, job, monkeypatch, asked, given, taken):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", given)
    begin(attempt, replace(job, device=asked), anew=True)
    assert read_job(Copy.of(attempt).own / JOB).device == taken


def test_names_of_attempts(attempt, tmp_path, job):
    name = attempt_name(attempt)
    assert attempt_name(attempt) == name
    begin(attempt, replace(job, secret=8), anew=True)
    other = attempt_name(attempt)
    assert (other[0], other[1] == name[1]) == (name[0], False)
    begin(tmp_path / "second", replace(job, secret=8), anew=True)
    assert attempt_name(tmp_path / "second")[0] != name[0]
    assert not (attempt / ALIVE).exists()

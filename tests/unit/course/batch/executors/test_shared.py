"""Attempts on other machines, with an engine that launches real processes here: what it says is a hint, no more."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from grader.course.batch.copies import begin
from grader.course.batch.executors import shared
from grader.course.batch.executors.interface import Ended
from grader.course.batch.executors.shared import Seen, Shared, Task
from grader.course.batch.job import ANSWER, FINISH, Answer, Job, read_answer
from grader.errors import UsageError

COPY = """
import json, sys, time
from pathlib import Path
from grader.course.batch.copies import Copy, EVENTS
from grader.course.batch.job import Answer
copy = Copy.of(Path(sys.argv[1]))
with (copy.own / EVENTS).open("a") as events:
    def say(text, **more):
        events.write(json.dumps({"stage": "train", "text": text, **more}) + "\\n")
        events.flush()
"""
ANSWERS = "say('Training')\nfor place in copy.published:\n    copy.publish(place, Answer('trains', message=place.name)); say('', key=place.name)"


class Here:
    """Launches copies as processes of this machine. `says`: what is told of them in place of the truth."""

    def __init__(self, text: str, copies: int = 1, says: Seen | None = None, busy: int = 0) -> None:
        self.text, self.copies, self.says, self.busy = text, copies, says, busy
        self.tasks: list[Task] = []
        self.started: list[subprocess.Popen[bytes]] = []
        self.released: list[str] = []

    def launch(self, task: Task) -> str | None:
        if self.busy:
            self.busy -= 1
            return None
        self.tasks.append(task)
        words = [sys.executable, "-c", COPY + "\n".join(f"    {line}" for line in self.text.splitlines())]
        with task.errors.open("ab") as errors:
            self.started = [
                subprocess.Popen([*words, str(task.folder)], stderr=errors) for _ in range(self.copies)
            ]
        return "job 1"

    def seen(self, handle: str) -> Seen:
        assert handle == "job 1"
        codes = [one.poll() for one in self.started]
        if self.says is not None:
            return self.says
        return Seen(text="Waiting (Priority)") if None in codes else Seen(Ended(max(codes)))

    def cancel(self, handle: str) -> None:
        for one in self.started:
            one.terminate()

    def release(self, handle: str) -> None:
        self.released.append(handle)


@pytest.fixture
def attempt(tmp_path) -> Path:
    begin(tmp_path / "attempt", Job("s4.yaml", "", str(tmp_path), "ada", "", "grader run", 7), anew=False)
    return tmp_path / "attempt"


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(shared, "LAG_SECONDS", 0.3)


def run(engine: Here, folder: Path, hear=lambda _: None, stop: threading.Event | None = None) -> Ended:
    ended = Shared(1, engine, turn_seconds=0.05).attempt(folder, hear, stop or threading.Event())
    for one in engine.started:
        one.wait(20)
    return ended


def test_an_answer_ends_it_and_events_are_heard(attempt):
    heard: list[object] = []
    engine = Here(ANSWERS)
    assert run(engine, attempt, lambda event: heard.append(event["text"])) == Ended(0)
    assert read_answer(attempt / ANSWER).message
    assert heard == ["Waiting (Priority)", "Training", ""]
    assert engine.released == ["job 1"]
    (task,) = engine.tasks
    assert (task.folder, task.several, task.words[-2:]) == (
        attempt,
        False,
        ["grader.course.batch.node", str(attempt)],
    )


def test_two_copies_have_one_answer(attempt):
    assert run(Here(ANSWERS, copies=2), attempt) == Ended(0)
    assert len(list(attempt.glob("answer-*.json"))) == 1


def test_an_answer_counts_whatever_the_engine_says(attempt):
    says = Seen(Ended(1, why="node lost"))
    assert run(Here("time.sleep(0.2)\n" + ANSWERS, says=says), attempt) in (Ended(0), says.ended)
    for one in ("forgot it", "failed"):
        begin(attempt, Job("s4.yaml", "", "", one, "", "", 7), anew=True)
        engine = Here(ANSWERS + "\nsys.exit(9)")
        assert run(engine, attempt) == Ended(0)


def test_an_end_without_an_answer_is_told_with_what_was_said(attempt):
    engine = Here("print('no room', file=sys.stderr); sys.exit(7)")
    assert run(engine, attempt) == Ended(7, tail="no room")
    begin(attempt, Job("s4.yaml", "", "", "ada", "", "", 7), anew=True)
    lost = Here("pass", says=Seen(Ended(0, tail="NODE_FAIL", why="node lost")))
    assert run(lost, attempt) == Ended(0, tail="NODE_FAIL", why="node lost")


def test_asked_to_stop_it_cancels(attempt):
    stop = threading.Event()
    begun = time.monotonic()
    ended = run(Here("say('Training'); time.sleep(60)"), attempt, lambda _: stop.set(), stop)
    assert (ended.stopped, time.monotonic() - begun < 20) == (True, True)


def test_an_engine_that_cannot_be_asked_is_waited_for(attempt):
    heard: list[object] = []
    engine = Here(ANSWERS, busy=3)
    assert run(engine, attempt, lambda event: heard.append(event["text"])) == Ended(0)
    assert heard[0] == "Nobody can be asked there"


def test_who_stops_before_it_could_be_launched(attempt):
    stop = threading.Event()
    stop.set()
    engine = Here(ANSWERS)
    assert run(engine, attempt, stop=stop) == Ended(130, stopped=True)
    assert engine.tasks == []


def test_what_the_engine_refuses_is_a_matter_of_set_up(attempt):
    class Refusing(Here):
        def launch(self, task: Task) -> str | None:
            raise UsageError("There is no partition gpu.", "Give another.")

    ended = run(Refusing(""), attempt)
    assert (ended.why, ended.tail) == ("set-up", "There is no partition gpu. Give another.")


def test_the_answers_of_a_look_are_there_when_it_is_heard_of_them(tmp_path):
    looks = tmp_path / "looks"
    for name in ("ada", "grace"):
        begin(looks / name, Job("s4.yaml", "", str(tmp_path), name, "", "", 7), anew=True)
    found: list[Answer | None] = []

    def hear(event):
        if "key" in event:
            found.append(read_answer(looks / event["key"] / ANSWER))
            (looks / FINISH).touch()

    engine = Here(ANSWERS)
    assert run(engine, looks, hear) == Ended(0)
    assert [answer.message for answer in found] == ["ada", "grace"]
    assert engine.tasks[0].several

"""`grader review`: what is open, decided with options or at the prompt."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from grader.course.stored.folder import RunFolder
from grader.course.stored.results import read_run
from grader.report.interface import reports

RUN = "20261101-100000-aaaa"


@pytest.fixture
def runs(tmp_path, example_records) -> Path:
    for name, record in (("ada", "by_a_person"), ("grace", "full_marks")):
        with RunFolder(tmp_path / "runs", "s4", name, RUN) as folder:
            folder.publish({one.file_name: one.render(example_records[record]) for one in reports()})
    return tmp_path / "runs"


def review(*words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "grader", "review", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        cwd=cwd,
        check=False,
    )


def test_the_list_names_what_is_open_with_its_span(runs):
    found = review(runs)
    assert found.returncode == 6
    assert "answers: 0 to 50 points." in found.stdout
    assert "misrepresented: penalty of 100 %, yes or no." in found.stdout
    assert "3 open decisions in 1 of 2 runs." in found.stdout


def test_decided_with_options(runs):
    run = runs / "s4" / "ada" / RUN
    given = ("--set", "answers=40", "--set", "misrepresented=no", "--reason", "Seen.", "--by", "Ada")
    found = review(run, *given)
    assert (found.returncode, found.stderr) == (6, "")
    assert "1 open decision in 1 of 1 run." in found.stdout
    found = review(run, "--set", "explained=50", "--reason", "It is a log.", "--by", "Ada")
    assert found.returncode == 0
    assert "Nothing is open in the run." in found.stdout
    assert read_run(run).grade.status == "complete"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--set", "answers=51", "--reason", "x", "--by", "A"], "can get 0 to 50 points, and not 51"),
        (["--set", "answers", "--reason", "x"], '"answers" is no decision'),
        (["--set", "answers=many", "--reason", "x"], "is no decision"),
        (["--set", "answers=40", "--by", "A"], "needs a reason"),
        (["--set", "small=76", "--reason", "x", "--by", "A"], "small can get 0 to 75 points"),
        (["--set", "small=50", "--by", "A"], "needs a reason"),
        (["--set", "answers=40", "--reason", "x", "--by", "A", "--by", "B"], "one person decides"),
        (["--set", "answers=40", "--page"], "neither --set nor --list"),
        (["--port", "8000"], "are about --page"),
    ],
)
def test_a_mistake_in_the_command_changes_nothing(runs, words, says):
    run = runs / "s4" / "ada" / RUN
    before = (run / "result.json").read_bytes()
    found = review(run, *words)
    assert found.returncode == 2
    assert says in found.stderr
    assert "next:" in found.stderr
    assert (run / "result.json").read_bytes() == before


def test_an_appeal_overrides_what_the_grader_decided(runs):
    run = runs / "s4" / "grace" / RUN
    assert "small: 75 points by the grader; 0 to 75 points" in review(run, "--list").stdout
    found = review(run, "--set", "small=50", "--reason", "The layer was pasted.", "--by", "Ada")
    assert (found.returncode, found.stderr) == (0, "")
    said = "The layer was pasted. The grader had found: Passed, 75 points."
    assert said in (run / "report.html").read_text("utf-8")
    assert read_run(run).grade.points == 225
    run = runs / "s4" / "ada" / RUN
    given = ("--set", "explained=10", "--reason", "Copied.", "--by", "Ada")
    assert review(run, *given, "--override").returncode == 6
    assert {one.id: one.points for one in read_run(run).outcomes}["explained"] == 10


def test_set_decides_in_one_run_alone(runs):
    found = review(runs, "--set", "answers=40", "--reason", "x", "--by", "A")
    assert found.returncode == 2
    assert "there are 2 here" in found.stderr


def test_another_assignment_and_no_runs(runs, tmp_path):
    found = review(runs, "--spec", "s5")
    assert found.returncode == 2
    assert "There are runs of s4." in found.stderr
    (tmp_path / "empty").mkdir()
    found = review(cwd=tmp_path / "empty")
    assert found.returncode == 2
    assert "reports holds no run" in found.stderr


def test_one_broken_run_is_said_and_the_others_are_listed(runs):
    (runs / "s4" / "grace" / RUN / "result.json").write_text("{")
    found = review(runs)
    assert found.returncode == 5
    assert "cannot be read as JSON" in found.stdout
    assert "answers: 0 to 50 points" in found.stdout


class Terminal:
    """The command on a terminal of its own, as a person sits before it."""

    def __init__(self, *words: object, **variables: str) -> None:
        self._fd, theirs = pty.openpty()
        command = [sys.executable, "-m", "grader", "review", *map(str, words)]
        with_size = os.environ | {"TERM": "xterm", "COLUMNS": "120"} | variables
        self._process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=with_size)
        os.close(theirs)
        self.seen = ""

    def until(self, words: str, seconds: float = 30) -> str:
        """What was seen before these words."""
        end = time.monotonic() + seconds
        while words not in self.seen:
            left = end - time.monotonic()
            assert left > 0, f"never seen: {words!r}, but: {self.seen}"
            if select.select([self._fd], [], [], left)[0]:
                try:
                    self.seen += os.read(self._fd, 65536).decode("utf-8", "replace")
                except OSError:  # the other end is gone
                    assert words in self.seen, self.seen
        before, _, self.seen = self.seen.partition(words)
        return before

    def type(self, text: str) -> None:
        os.write(self._fd, f"{text}\n".encode())

    def ended(self) -> int:
        try:
            while os.read(self._fd, 65536):
                pass
        except OSError:
            pass
        os.close(self._fd)
        return self._process.wait(30)


def test_at_the_prompt(runs):
    """A mistake is asked again, Enter skips, what was decided is stored at once."""
    there = Terminal(runs, "--by", "Ada")
    there.until("3 open, decided by Ada")
    there.until("The log in the screenshot shows two answers of the model.")
    there.until("Two answers, at 10:00 and 10:03.")
    there.until("staff.html#check-2")
    there.until("0 to 50 points:")
    there.type("60")
    there.until("Reason:")
    there.type("too many")
    there.until("can get 0 to 50 points, and not 60")
    there.until("0 to 50 points:")
    there.type("40")
    there.until("Reason:")
    there.type("The second is cut off.")
    there.until("kept:")
    there.until("33.33 to 50 points:")
    there.type("")
    there.until("penalty of 100 %, yes or no:")
    there.type("no")
    there.until("Reason:")
    there.type("A slip of the pen.")
    there.until("1 open decision")
    assert there.ended() == 6
    record = read_run(runs / "s4" / "ada" / RUN)
    assert [(one.id, one.points, one.counts, one.reason, one.who) for one in record.decisions] == [
        ("answers", 40, False, "The second is cut off.", "Ada"),
        ("misrepresented", 0, False, "A slip of the pen.", "Ada"),
    ]


def test_leaving_early_keeps_what_was_decided(runs):
    there = Terminal(runs, "--by", "Ada")
    there.until("0 to 50 points:")
    there.type("40")
    there.until("Reason:")
    there.type("Seen.")
    there.until("33.33 to 50 points:")
    there.type("q")
    assert there.ended() == 6
    assert len(read_run(runs / "s4" / "ada" / RUN).decisions) == 1


def test_a_page_with_a_link_for_each_person(runs):
    """Enter gives new links, q ends; what is open afterwards decides about the exit code."""
    there = Terminal(runs, "--page", "--no-browser", "--by", "Ada", "--by", "Grace", "--by", "Ada")
    first = there.until("Enter: new links. q: end.")
    assert re.findall(r"(\w+): http://127\.0\.0\.1:\d+/enter\?token=[\w-]{43}\r", first) == ["Ada", "Grace"]
    there.type("")
    links = re.findall(r"http://\S+", there.until("Each link works once") + first)
    assert len(set(links)) == 4
    answers = []
    for link in links:
        try:
            with urllib.request.urlopen(link, timeout=10) as answer:
                answers.append(answer.status)
        except urllib.error.HTTPError as error:
            answers.append(error.code)
            error.close()
    assert answers == [200, 200, 403, 403]  # the new ones, and those that they replace
    there.type("q")
    there.until("3 open decisions in 1 of 2 runs.")
    assert there.ended() == 6


def test_the_browser_is_started_without_the_token(runs, tmp_path):
    """Everybody on a machine sees what a program is started with."""
    script = tmp_path / "browser"
    script.write_text(
        f'#!/bin/sh\nprintf %s "$1" > "{tmp_path}/given"\ncat "${{1#file://}}" > "{tmp_path}/opened"\n'
    )
    script.chmod(0o755)
    there = Terminal(runs, "--page", "--by", "Ada", DISPLAY=":9", BROWSER=f"{script} %s")
    token = re.findall(r"token=([\w-]{43})", there.until("Each link works once"))[0]
    there.until("Enter: new links.")
    there.type("q")
    assert there.ended() == 6
    assert token not in (tmp_path / "given").read_text()
    assert f"token={token}" in (tmp_path / "opened").read_text()
    assert not Path((tmp_path / "given").read_text().removeprefix("file://")).exists()

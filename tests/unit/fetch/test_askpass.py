"""The program that git asks: what it answers, and how often."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from grader.errors import GraderFault
from grader.fetch.access import Token
from grader.fetch.askpass import Handed, handed

SECRET = "planted-0123456789"


def asked(question: str, way: Handed) -> subprocess.CompletedProcess[str]:
    """As git asks: the question is the only argument."""
    environment = {"PATH": os.environ["PATH"], **way.settings}
    command = [way.settings["GIT_ASKPASS"], question]
    return subprocess.run(
        command, env=environment, pass_fds=way.descriptors, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("place", "user"),
    [("github.com", "x-access-token"), ("localhost:8443", "oauth2"), ("[::1]:8443", "oauth2")],
)
def test_two_questions_are_answered(place: str, user: str, tmp_path: Path) -> None:
    with handed(Token(SECRET, place), tmp_path) as way:
        assert asked(f"Username for 'https://{place}': ", way).stdout == f"{user}\n"
        assert asked(f"Password for 'https://{user}@{place}': ", way).stdout == f"{SECRET}\n"
        again = asked(f"Password for 'https://{user}@{place}': ", way)
        assert again.stdout == "", "it is handed out once"


@pytest.mark.parametrize(
    "question",
    [
        "Password for 'https://x-access-token@evil.example': ",
        "Password for 'https://x-access-token@github.com.evil.example': ",
        "Password for 'https://x-access-token@github.com:8443': ",
        "Password for 'http://x-access-token@github.com': ",
        "Password for 'https://x-access-token%40github.com@evil.example': ",
        "Password for 'https://somebody@github.com': ",
        "Password for 'https://github.com': ",
        "Password for 'https://x-access-token@github.com/o/r': ",
        "Username for 'https://evil.example': ",
        "Username for 'https://github.com@evil.example': ",
        "Enter passphrase for key: ",
        "*",
        "",
    ],
)
def test_no_other_one_is(question: str, tmp_path: Path) -> None:
    with handed(Token(SECRET, "github.com"), tmp_path) as way:
        done = asked(question, way)
        assert (done.returncode, done.stdout, done.stderr) == (1, "", "")


def test_a_host_is_compared_by_its_letters(tmp_path: Path) -> None:
    """What stands in quotes is no pattern, whatever it looks like."""
    with handed(Token(SECRET, "*"), tmp_path) as way:
        assert asked("Username for 'https://evil.example': ", way).returncode == 1


def test_the_program_holds_no_secret_and_is_nobody_elses(tmp_path: Path) -> None:
    with handed(Token(SECRET, "github.com"), tmp_path) as way:
        program = Path(way.settings["GIT_ASKPASS"])
        assert program.parent == tmp_path
        assert program.stat().st_mode & 0o777 == 0o700
        assert SECRET not in program.read_text()
        assert SECRET not in str(way.settings)
        (descriptor,) = way.descriptors
        assert not os.get_inheritable(descriptor), "only the process that is given it gets it"
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_without_a_token_there_is_no_program(tmp_path: Path) -> None:
    with handed(None, tmp_path) as way:
        assert way == Handed()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_programs_is_the_machines_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file system that is mounted noexec answers `access` so."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(GraderFault, match="noexec"), handed(Token(SECRET, "github.com"), tmp_path):
        pass

"""The doorway to git: what it sees, and how it ends."""

from __future__ import annotations

import os
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from grader.errors import GraderFault
from grader.fetch.digest import blob_id
from grader.fetch.errand import Caps, Errand
from grader.fetch.git import Call, Git, GitFailed, _gitpython


@pytest.fixture
def errand(tmp_path: Path) -> Errand:
    return Errand(tmp_path, Caps(seconds=20), time.monotonic() + 20, lambda text: None)


def put_in_place_of_git(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `git` of our own in PATH: the doorway is the same for whatever it starts.

    GitPython asks git for its version when it is first imported: that has to be the real one.
    """
    assert _gitpython()
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_git_sees_a_short_list_and_nothing_else(
    errand: Errand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "GITHUB_TOKEN",
        "GIT_DIR",
        "GIT_SSH",
        "GIT_CONFIG_COUNT",
        "LD_PRELOAD_X",
        "GIT_SSL_NO_VERIFY",
    ):
        monkeypatch.setenv(name, "s3cret")
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    put_in_place_of_git(tmp_path / "bin", "env", monkeypatch)
    printed = Git(errand).output(Call(("status",))).decode()
    seen = dict(line.split("=", 1) for line in printed.splitlines())
    assert "s3cret" not in printed
    assert seen["https_proxy"] == "http://proxy:3128"
    assert seen["HOME"] == str(tmp_path / "home")
    assert seen["GIT_TERMINAL_PROMPT"] == "0"
    assert seen["GIT_ALLOW_PROTOCOL"] == "none"
    assert seen["GIT_CONFIG_GLOBAL"] == os.devnull
    assert set(seen) <= {
        *(
            "PATH",
            "LD_LIBRARY_PATH",
            "SSH_AUTH_SOCK",
            "HOME",
            "TMPDIR",
            "LC_ALL",
            "LANGUAGE",
            "PWD",
            "OLDPWD",
            "SHLVL",
            "_",
        ),
        *(
            "GIT_CONFIG_GLOBAL",
            "GIT_CONFIG_NOSYSTEM",
            "GIT_ATTR_NOSYSTEM",
            "GIT_TERMINAL_PROMPT",
            "GIT_ASKPASS",
        ),
        *(
            "SSH_ASKPASS",
            "SSH_ASKPASS_REQUIRE",
            "GIT_SSH_COMMAND",
            "GIT_LFS_SKIP_SMUDGE",
            "GIT_NO_LAZY_FETCH",
        ),
        *("GIT_NO_REPLACE_OBJECTS", "GIT_OPTIONAL_LOCKS", "GIT_CEILING_DIRECTORIES", "GIT_ALLOW_PROTOCOL"),
        *(
            name
            for name in seen
            if name.lower().endswith("_proxy") or name.startswith(("GIT_SSL_CA", "SSL_CERT"))
        ),
    }


def test_not_even_the_programs_before_git_see_more(
    errand: Errand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`env` takes the names away; the values are gone before it starts."""
    monkeypatch.setenv("GITHUB_TOKEN", "s3cret")
    put_in_place_of_git(tmp_path / "bin", "true", monkeypatch)
    noted = tmp_path / "noted"
    (tmp_path / "bin/env").write_text(f'#!/bin/sh\n/usr/bin/env >{noted}\nexec /usr/bin/env "$@"\n')
    (tmp_path / "bin/env").chmod(0o755)
    Git(errand).output(Call(("status",)))
    assert "GITHUB_TOKEN=\n" in noted.read_text()
    assert "s3cret" not in noted.read_text()


def test_the_agent_is_for_ssh_alone(errand: Errand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", "/run/agent")
    put_in_place_of_git(tmp_path / "bin", "env", monkeypatch)
    printed = {
        kind: Git(errand).output(Call(("status",), protocols=kind)).decode() for kind in ("https", "ssh")
    }
    assert "SSH_AUTH_SOCK" not in printed["https"]
    assert "SSH_AUTH_SOCK=/run/agent" in printed["ssh"]


def test_what_git_prints_and_how_it_ends(errand: Errand) -> None:
    git = Git(errand)
    assert git.output(Call(("hash-object", "--stdin"), stdin=b"x")).decode().strip() == blob_id(b"x")
    with pytest.raises(GitFailed) as raised:
        git.output(Call(("no-such-verb",)))
    assert (raised.value.verb, raised.value.returncode) == ("no-such-verb", 1)
    assert "no-such-verb" in raised.value.stderr


@pytest.mark.parametrize(
    "url", ["https://localhost:9/x", "ssh://localhost/x", "/nowhere", "ext::true", "http://localhost:9/x"]
)
def test_no_transport_unless_it_is_named(errand: Errand, url: str) -> None:
    with pytest.raises(GitFailed) as raised:
        Git(errand).output(Call(("ls-remote", "--", url)))
    assert "not allowed" in raised.value.stderr


SLEEP = f"sleep 98.{os.getpid()}"  # nobody else's


def left_running() -> list[str]:
    """Our sleepers that are alive; one that was killed is given a moment to be gone."""
    for _ in range(40):
        lines = [" ".join(p.info["cmdline"] or []) for p in psutil.process_iter(["cmdline"])]
        found = [line for line in lines if line == SLEEP]
        if not found:
            return []
        time.sleep(0.05)
    return found


def test_the_deadline_ends_the_whole_group(
    errand: Errand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child of git ignores a polite end and keeps the pipes open; git itself is gone already."""
    put_in_place_of_git(tmp_path / "bin", f"(trap '' TERM HUP INT; {SLEEP}) & exit 0", monkeypatch)
    late = Errand(tmp_path, Caps(seconds=0.5), time.monotonic() + 0.5, lambda text: None)
    began = time.monotonic()
    with pytest.raises(GraderFault, match=r"within 0\.5 s"):
        Git(late).output(Call(("fetch",)))
    assert time.monotonic() - began < 5
    assert left_running() == []


def test_a_reader_that_stops_leaves_no_process(
    errand: Errand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in_place_of_git(tmp_path / "bin", f"{SLEEP} & echo hello; wait", monkeypatch)
    with closing(Git(errand).stream(Call(("log",)))) as chunks:
        assert next(chunks) == b"hello\n"
    assert left_running() == []


def test_a_flood_is_stopped(errand: Errand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_in_place_of_git(tmp_path / "bin", "yes >&2 & yes", monkeypatch)
    with pytest.raises(GraderFault, match="printed more than"):
        Git(errand).output(Call(("log",)), limit_bytes=100_000)


def test_only_the_end_of_the_complaints_is_kept(
    errand: Errand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "yes 'remote: hello' | head -c 1000000 >&2; echo 'fatal: end' >&2; exit 3"
    put_in_place_of_git(tmp_path / "bin", script, monkeypatch)
    with pytest.raises(GitFailed) as raised:
        Git(errand).output(Call(("fetch",)))
    assert raised.value.stderr.endswith("fatal: end\n")
    assert len(raised.value.stderr) <= 1 << 16


def test_a_watch_that_raises_ends_the_call(
    errand: Errand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in_place_of_git(tmp_path / "bin", SLEEP, monkeypatch)

    def watch() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Git(errand).output(Call(("fetch",), watch=watch))
    assert left_running() == []

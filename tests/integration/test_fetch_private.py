"""Private repositories: over a real https server that asks for a token, and by ssh."""

from __future__ import annotations

import base64
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil
import pytest

from grader.errors import FetchError, GraderError, UsageError
from grader.fetch.access import NO_ACCESS, Access, read_access
from grader.fetch.also import earlier
from grader.fetch.environment import settings
from grader.fetch.interface import fetch
from grader.records import Submission

TOKEN = "planted-5d41402abc4b2a76b9719d911017c592"
HEADER = base64.b64encode(f"oauth2:{TOKEN}".encode()).decode()
FILES: dict[str, bytes | str] = {"README.md": "# Work\n", "S4/train.py": "print(1)\n"}


def _load(name: str) -> ModuleType:
    place = Path(__file__).parents[1] / "fixtures" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"grader_test_{name}", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


support = _load("git_server")


@pytest.fixture
def servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Any]]:
    """Two servers with the same private repository, which the same token would open; both are trusted here."""
    tree = support.make_repository(tmp_path / "work", FILES)
    support.write_files(tree, {"later.py": "pass\n"})
    support.commit(tree)
    running = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        server = support.GitServer(tmp_path / name)
        server.token = TOKEN
        server.publish("work.git", tree)
        running.append(server)
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(b"".join(server.certificate.read_bytes() for server in running))
    monkeypatch.setenv("GIT_SSL_CAINFO", str(trusted))
    monkeypatch.setenv("PLANTED", TOKEN)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    try:
        yield running[0], running[1]
    finally:
        for server in running:
            server.stop()
    assert list((tmp_path / "temporary").iterdir()) == [], "something was left behind"


def place(server: Any, host: str = "localhost") -> str:
    return f"{host}:{server.server_address[1]}"


def access_to(server: Any, name: str = "PLANTED") -> Access:
    return read_access((f"{place(server)}={name}",))


def submission(source: str, **options: Any) -> Submission:
    with fetch(source, **options) as fetched:
        return fetched.submission


def fault(source: str, kind: type[GraderError], **options: Any) -> str:
    """What is said; and the token is in nothing that hangs on the error."""
    with pytest.raises(kind) as raised:
        submission(source, **options)
    error: BaseException | None = raised.value
    while error:
        kept = f"{error} {vars(error)!r}"
        assert TOKEN not in kept
        assert HEADER not in kept
        error = error.__cause__ or error.__context__
    assert raised.value.hint
    return str(raised.value)


def test_a_token_opens_its_host(servers: tuple[Any, Any]) -> None:
    server, _ = servers
    found = submission(server.url("work.git", "guarded") + "/tree/main/S4", access=access_to(server))
    assert [file.path for file in found.files] == ["S4/train.py"]
    assert found.source == server.url("work.git", "guarded") + "/tree/main/S4"
    assert set(server.given) == {f"oauth2:{TOKEN}"}


def test_a_history_and_a_second_repository_of_the_same_host(servers: tuple[Any, Any]) -> None:
    """Each of them is a call of git of its own, also the one that walks back after the fetch."""
    server, _ = servers
    url = server.url("work.git", "guarded")
    with fetch(
        url, before="2026-02-01T00:00:00Z", also=(f"more={url}",), access=access_to(server)
    ) as fetched:
        assert (fetched.root / "more/later.py").exists()
        walked = earlier(fetched)
        assert (walked.root / "more/README.md").exists()
        assert not (walked.root / "more/later.py").exists()
    assert set(server.given) == {f"oauth2:{TOKEN}"}


def test_no_process_shows_the_token(
    servers: tuple[Any, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looked at from two places: the server, while git waits for its answer, and `cat`, while it hands the token out."""
    server, _ = servers
    seen: list[str] = []
    beside = tmp_path / "bin"
    beside.mkdir()
    noted = tmp_path / "noted"
    look = f"for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline; done >>{noted} 2>/dev/null; env >>{noted}"
    (beside / "cat").write_text(f'#!/bin/sh\n{look}\nexec {shutil.which("cat")} "$@"\n')
    (beside / "cat").chmod(0o755)
    monkeypatch.setenv("PATH", f"{beside}:{os.environ['PATH']}")

    def watch() -> None:
        for process in psutil.Process().children(recursive=True):
            seen.append(f"{process.cmdline()} {process.environ()}")

    server.watch = watch
    submission(server.url("work.git", "guarded"), access=access_to(server))
    assert any("git-remote-https" in line or "remote-https" in line for line in seen)
    assert "askpass" in noted.read_text()
    assert TOKEN not in " ".join(seen) + noted.read_text()


def test_a_large_hosts_token_goes_to_no_other_host(servers: tuple[Any, Any]) -> None:
    """Without HOST= the token is for the link's host, and only for one that no student runs."""
    server, _ = servers
    said = fault(server.url("work.git", "guarded"), FetchError, access=read_access(("PLANTED",)))
    assert "is private, or does not exist" in said
    assert f"--git-token-env {place(server)}=NAME" in said
    assert server.given == []


def test_no_token_names_the_option(servers: tuple[Any, Any]) -> None:
    said = fault(servers[0].url("work.git", "guarded"), FetchError, access=NO_ACCESS)
    assert "--git-token-env NAME" in said


def test_a_token_that_is_refused(servers: tuple[Any, Any]) -> None:
    """The fault of who grades: trying again helps nothing, and the student has no part in it."""
    server, _ = servers
    server.token = "another"
    said = fault(server.url("work.git", "guarded"), UsageError, access=access_to(server))
    assert "localhost refuses the token of --git-token-env" in said


def test_a_repository_that_is_not_there_for_the_token(servers: tuple[Any, Any]) -> None:
    server, _ = servers
    said = fault(server.url("none.git", "guarded"), FetchError, access=access_to(server))
    assert "or the token of --git-token-env may not see it" in said


def test_a_repository_that_moved_on_its_host(servers: tuple[Any, Any]) -> None:
    server, _ = servers
    assert submission(server.url("work.git", "moved"), access=access_to(server)).commit


@pytest.mark.parametrize("behaviour", ["elsewhere", "later"])
@pytest.mark.parametrize("way", ["other port", "other name"])
def test_a_redirect_to_another_host_takes_no_token_along(
    servers: tuple[Any, Any], behaviour: str, way: str
) -> None:
    server, other = servers
    there = place(other) if way == "other port" else place(other, "127.0.0.1")
    server.elsewhere = f"https://{there}"
    said = fault(server.url("work.git", behaviour), GraderError, access=access_to(server))
    assert any("/guarded/" in path for path in other.requests), "it was not led there"
    assert other.given == []
    if behaviour == "elsewhere":
        assert f"leads to {there}, which asks for a password" in said
        assert server.given == []


def test_a_second_repository_on_another_host_gets_none(servers: tuple[Any, Any]) -> None:
    server, other = servers
    also = (other.url("work.git", "guarded"),)
    said = fault(server.url("work.git", "guarded"), FetchError, also=also, access=access_to(server))
    assert said.startswith("The second repository")
    assert server.given
    assert other.given == []


def test_two_tokens_for_two_hosts(servers: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    server, other = servers
    other.token = "the-other-one"
    monkeypatch.setenv("SECOND", other.token)
    access = read_access((f"{place(server)}=PLANTED", f"{place(other)}=SECOND"))
    also = (other.url("work.git", "guarded"),)
    assert submission(server.url("work.git", "guarded"), also=also, access=access).also
    assert set(server.given) == {f"oauth2:{TOKEN}"}
    assert set(other.given) == {"oauth2:the-other-one"}


SSH = """#!/bin/sh
{ printf '%%s\\n' "$@"; env; } >%(noted)s
for last; do :; done
cd %(folder)s && eval "exec $last"
"""
"""Stands where ssh would be, and runs on this machine what the other one would be asked to run."""


@pytest.fixture
def by_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the stand-in notes how it was called. `git@example.edu:work.git` is a repository behind it."""
    tree = support.make_repository(tmp_path / "tree", FILES)
    support.git("clone", "--quiet", "--bare", str(tree), str(tmp_path / "work.git"), cwd=tmp_path)
    (tmp_path / "bin").mkdir()
    noted = tmp_path / "noted"
    (tmp_path / "bin/ssh").write_text(SSH % {"noted": noted, "folder": tmp_path})
    (tmp_path / "bin/ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/nowhere/agent")
    monkeypatch.setenv("PLANTED", TOKEN)
    return noted


def test_by_ssh_with_the_agent_and_without_a_token(by_ssh: Path) -> None:
    access = read_access(("example.edu=PLANTED",), ssh=True)
    found = submission("git@example.edu:work.git", access=access)
    assert [file.path for file in found.files] == ["README.md", "S4/train.py"]
    noted = by_ssh.read_text()
    assert "SSH_AUTH_SOCK=/nowhere/agent" in noted
    assert "GRADER_TOKEN" not in noted
    assert TOKEN not in noted


@pytest.mark.parametrize("link", ["git@example.edu:work.git", "ssh://git@example.edu/work.git"])
def test_an_ssh_address_needs_the_option(by_ssh: Path, link: str) -> None:
    said = fault(link, UsageError)
    assert "is an ssh address" in said
    assert "add --git-ssh" in said
    assert not by_ssh.exists()


@pytest.mark.skipif(shutil.which("ssh") is None, reason="no ssh here")
def test_what_ssh_makes_of_its_settings(tmp_path: Path) -> None:
    """`ssh -G` prints them and connects nowhere."""
    words = settings(tmp_path, "ssh")["GIT_SSH_COMMAND"].split()
    printed = subprocess.run([*words, "-G", "git@example.edu"], capture_output=True, text=True, check=True)
    lines = set(printed.stdout.splitlines())
    assert lines >= {
        "batchmode yes",
        "forwardagent no",
        "forwardx11 no",
        "clearallforwardings yes",
        "permitlocalcommand no",
        "stricthostkeychecking true",
        "passwordauthentication no",
        "kbdinteractiveauthentication no",
        "updatehostkeys false",
    }
    assert {line for line in lines if line.startswith("identityfile")} <= {"identityfile none"}
    assert not any(line.startswith(("proxycommand", "localcommand", "knownhostscommand")) for line in lines)

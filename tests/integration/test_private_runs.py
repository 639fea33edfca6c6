"""The command on a private repository whose code looks for secrets: they are nowhere but in git's hands."""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil
import pytest

ROOT = Path(__file__).parents[2]
NAMED = "COURSE_TOKEN"
SECRETS = {
    NAMED: "planted-5d41402abc4b2a76b9719d911017c592",
    "GITHUB_TOKEN": "planted-7d793037a0760186574b0282f2f435e7",
    "GH_TOKEN": "planted-9d5ed678fe57bcca610140957afab571",
    "AWS_SECRET_ACCESS_KEY": "planted-0d107d09f5bbe40cade3de5c71e9e9b7",
    "HF_TOKEN": "planted-e1671797c52e15f763380b45e841ec32",
}
FORMS = {
    form
    for secret in SECRETS.values()
    for form in (
        secret.encode(),
        secret.encode()[::-1],
        base64.b64encode(f"oauth2:{secret}".encode()),
        base64.b64encode(secret.encode()).rstrip(b"="),
    )
}


def _load(name: str) -> ModuleType:
    place = ROOT / "tests" / "fixtures" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"grader_test_{name}", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


support = _load("git_server")
hunting = _load("hunting")


@dataclass
class Ended:
    code: int
    out: str
    err: str
    shown: set[str] = field(default_factory=set)  # where a secret stood, of the processes below the command


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Any]:
    (tmp_path / "srv").mkdir()
    running = support.GitServer(tmp_path / "srv")
    running.token = SECRETS[NAMED]
    running.publish("work.git", support.make_repository(tmp_path / "work", hunting.FILES))
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def temporary() -> Iterator[Path]:
    """For temporary files, where every user may enter: root gives its workers at level 2 a uid of their own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def grader(server: Any, folder: Path, temporary: Path, *words: str, **more: str) -> Ended:
    """The command in an environment that is full of secrets, watched from outside."""
    given = f"localhost:{server.server_address[1]}={NAMED}"
    env = {
        **os.environ,
        **SECRETS,
        "PYTHONPATH": str(ROOT),
        "GIT_SSL_CAINFO": str(server.certificate),
        "TMPDIR": str(temporary),
        **more,
    }
    with subprocess.Popen(
        [sys.executable, "-m", "grader", *words, "--git-token-env", given],
        env=env,
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        shown: set[str] = set()
        over = threading.Event()
        watching = threading.Thread(target=_watch, args=(process.pid, temporary, shown, over))
        watching.start()
        try:
            out, err = process.communicate()
        finally:
            over.set()
            watching.join()
    return Ended(process.returncode, out, err, shown)


def _watch(pid: int, temporary: Path, shown: set[str], over: threading.Event) -> None:
    """Every process below the grader, and every file below its folder for temporary ones, again and again."""
    while not over.wait(0.1):
        for child in _descendants(pid):
            _look_at(child, shown)
        for place in _files_below(temporary):
            if _holds(place):
                shown.add(f"file {place}")


def _files_below(folder: Path) -> list[Path]:
    """Files come and go while this looks: `os.walk` minds less than `rglob`."""
    return [Path(above) / name for above, _, names in os.walk(folder) for name in names]


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def _look_at(child: psutil.Process, shown: set[str]) -> None:
    try:
        line, environment = " ".join(child.cmdline()), json.dumps(child.environ())
    except (psutil.Error, OSError):
        return
    if any(secret in line for secret in SECRETS.values()):
        shown.add("a command line")
    if "grader.course.batch.attempt" in line and SECRETS[NAMED] in environment:
        shown.add("environment of an attempt")
    # GitPython asks git for its version when it is imported, with all of our environment; that is git, too. And a
    # process that the grader has forked, and that is about to become another program, still looks like the grader.
    if (
        line != "git version"
        and "-m grader" not in line
        and any(secret in environment for secret in SECRETS.values())
    ):
        shown.add(f"environment of {line[:80]}")


def _holds(place: Path) -> bool:
    try:
        content = place.read_bytes()
    except OSError:
        return False
    return any(form in content for form in FORMS)


def without_secrets(ended: Ended, folder: Path, temporary: Path) -> None:
    printed = (ended.out + ended.err).encode()
    assert not [form for form in FORMS if form in printed], printed
    assert ended.shown == set()
    assert list(temporary.iterdir()) == []
    ours = [place for place in _files_below(folder) if "srv" not in place.parts]
    assert [place for place in ours if _holds(place)] == []


def test_the_search_finds_a_secret_that_is_there(tmp_path: Path) -> None:
    """Started without a sandbox, beside a secret: if this finds nothing, the others prove nothing."""
    support.write_files(tmp_path, hunting.FILES)
    command = [sys.executable, "-c", "import look; look.look([look.HERE], ['self'])"]
    env = {"PATH": os.environ["PATH"], **SECRETS}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    for secret in SECRETS.values():
        assert secret[::-1] in done.stderr


@pytest.mark.sandbox
def test_inspect(server: Any, tmp_path: Path, temporary: Path) -> None:
    ended = grader(server, tmp_path, temporary, "inspect", server.url("work.git", "guarded"), "--json")
    assert ended.code == 0, ended.out + ended.err
    assert json.loads(ended.out)["model"]["parameters"]
    without_secrets(ended, tmp_path, temporary)
    assert set(server.given) == {f"oauth2:{SECRETS[NAMED]}"}


@pytest.mark.sandbox
@pytest.mark.slow
@pytest.mark.parametrize("level", ["3", "2"])
def test_run(server: Any, tmp_path: Path, temporary: Path, level: str) -> None:
    url = server.url("work.git", "guarded")
    options = ("--stand-in", "--seeds", "1", "--threads", "1", "--isolation", level, "--out", "out", "--json")
    ended = grader(server, tmp_path, temporary, "run", "s4", "--repo", url, *options)
    record = json.loads(ended.out) if ended.out else {}
    assert ended.code in (0, 3, 6), record.get("grade", {}).get("reason", ended.err)
    assert record["evidence"]["trials"], "the model looked, found nothing, and was trained"
    assert "value" in record["evidence"]["test_accuracy"]
    assert record["evidence"]["training"]["sessions"][0]["way"] == "captured", "so did the training code"
    assert f"--git-token-env localhost:{server.server_address[1]}={NAMED}" in record["provenance"]["command"]
    assert list((tmp_path / "out").rglob("report.html"))
    without_secrets(ended, tmp_path, temporary)
    assert set(server.given) == {f"oauth2:{SECRETS[NAMED]}"}


@pytest.mark.sandbox
@pytest.mark.slow
def test_batch(server: Any, tmp_path: Path, temporary: Path) -> None:
    """Three rows: one is looked at beside the others, and each is trained by an attempt of its own."""
    for number in range(2):
        files = {**hunting.FILES, "notes.txt": f"{number}"}
        server.publish(f"more{number}.git", support.make_repository(tmp_path / f"more{number}", files))
    names = ("work", "more0", "more1")
    lines = "".join(f"{name},{server.url(f'{name}.git', 'guarded')}\n" for name in names)
    (tmp_path / "roster.csv").write_text(f"name,repository\n{lines}", "utf-8")
    options = ("--roster", "roster.csv", "--stand-in", "--slots", "1", "--out", "out", "--json")
    ended = grader(server, tmp_path, temporary, "batch", "s4", *options)
    assert ended.code == 0, ended.out + ended.err
    rows = {row["name"]: row for row in map(json.loads, ended.out.splitlines())}
    assert {(row["state"], row["attempts"]) for row in rows.values()} == {("graded", 1)}
    assert len(list((tmp_path / "out").rglob("report.html"))) == len(names)
    without_secrets(ended, tmp_path, temporary)
    assert set(server.given) == {f"oauth2:{SECRETS[NAMED]}"}


def test_a_variable_with_more_than_a_token(server: Any, tmp_path: Path, temporary: Path) -> None:
    value = f"{SECRETS[NAMED]}\nX-Header: y"
    ended = grader(
        server, tmp_path, temporary, "inspect", server.url("work.git", "guarded"), **{NAMED: value}
    )
    assert (ended.code, "holds is no token" in ended.err) == (2, True), ended.err
    assert "Traceback" not in ended.err
    without_secrets(ended, tmp_path, temporary)
    assert server.requests == []

"""Fetching from a real git server over https, honest and hostile."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil
import pytest

from grader.errors import FetchError, GraderError, GraderFault
from grader.fetch.interface import Caps, fetch
from grader.records import Submission

ROOT = Path(__file__).parents[2]


def _load(name: str) -> ModuleType:
    place = ROOT / "tests" / "fixtures" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"grader_test_{name}", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


support = _load("git_server")

FILES: dict[str, bytes | str] = {
    "README.md": "# Work\n",
    "models/net.py": "import torch\n",
    "S4/README.md": "# Session 4\n",
    "S4/train.py": "print(1)\n",
    "S5/notes me.txt": "x",
    ".gitattributes": "*.py filter=evil\n* text eol=crlf\n",
    "run.sh": "#!/bin/sh\n",
}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    folder = tmp_path / "srv"
    folder.mkdir()
    running = support.GitServer(folder)
    monkeypatch.setenv("GIT_SSL_CAINFO", str(running.certificate))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    try:
        yield running
    finally:
        running.stop()
    assert list(temporary.iterdir()) == [], "something was left behind"
    assert _talking_to(running) == [], "a process was left behind"


@pytest.fixture
def work(server: Any, tmp_path: Path) -> str:
    """The address of an honest repository; its work tree is `tmp_path / "work"`."""
    tree = support.make_repository(tmp_path / "work", FILES)
    support.git("branch", "feature/x", cwd=tree)
    support.write_files(tree, {"later.py": "pass\n"})
    support.commit(tree)
    support.git("tag", "-a", "-m", "first", "v1", "feature/x", cwd=tree)
    server.publish("work.git", tree)
    return server.url("work.git")


def _talking_to(server: Any) -> list[str]:
    """Command lines of processes that name this server; what is ending is given a moment."""
    place = f"localhost:{server.server_address[1]}/"
    for _ in range(20):
        lines = [" ".join(p.info["cmdline"] or []) for p in psutil.process_iter(["cmdline"])]
        left = [line for line in lines if place in line and "pytest" not in line]
        if not left:
            return []
        time.sleep(0.05)
    return left


def submission(source: str, **options: Any) -> Submission:
    with fetch(source, **options) as fetched:
        return fetched.submission


def paths(found: Submission) -> list[str]:
    return [file.path for file in found.files]


def reasons(found: Submission) -> dict[str, str]:
    return {item.path: item.reason for item in found.left_out}


def fault(source: str, kind: type[GraderError], **options: Any) -> str:
    with pytest.raises(kind) as raised:
        submission(source, **options)
    assert raised.value.hint
    return str(raised.value)


def test_a_plain_clone(work: str) -> None:
    with fetch(work) as fetched:
        found, root = fetched.submission, fetched.root
        assert (root / "later.py").read_text() == "pass\n"
        assert (root / "models/net.py").read_bytes() == b"import torch\n"
        modes = {stat.S_IMODE(place.lstat().st_mode) for place in root.rglob("*") if place.is_file()}
        assert modes == {0o644}
        assert {
            stat.S_IMODE(place.lstat().st_mode) for place in [root, *root.rglob("*")] if place.is_dir()
        } == {0o755}
        assert not (root / ".git").exists()
        assert "work" not in root.name
    assert not root.exists()
    assert (found.kind, found.name, found.subfolder, found.ref, found.dirty) == (
        "git",
        "plain/work",
        "",
        "",
        False,
    )
    assert len(found.commit) == 40
    assert found.committed_at == "2026-01-02T03:04:05+00:00"
    assert sorted(paths(found)) == sorted([*FILES, "later.py"])
    assert found.source == work
    assert found.left_out == ()


def test_the_folder_is_gone_after_an_error_of_the_caller(work: str) -> None:
    for error in (ValueError, KeyboardInterrupt, OSError):
        with pytest.raises(error), fetch(work) as fetched:
            root = fetched.root
            raise error("of the caller")
        assert not root.parent.exists()


@pytest.mark.parametrize(
    ("behind", "subfolder", "readme", "ref"),
    [
        ("/tree/main/S4", "S4", "", "main"),
        ("/tree/main/S4/", "S4", "", "main"),
        ("/tree/main", "", "", "main"),
        ("/blob/main/README.md", "", "README.md", "main"),
        ("/blob/main/S4/README.md?plain=1#top", "S4", "S4/README.md", "main"),
        ("/tree/feature/x/S4", "S4", "", "feature/x"),
        ("/-/tree/feature/x/S4?ref_type=heads", "S4", "", "feature/x"),
        ("/tree/v1/models", "models", "", "v1"),
        ("/src/branch/main/S4", "S4", "", "main"),
    ],
)
def test_links_into_a_repository(work: str, behind: str, subfolder: str, readme: str, ref: str) -> None:
    found = submission(work + behind)
    assert (found.subfolder, found.readme_path, found.ref) == (subfolder, readme, ref)
    assert all(path.startswith(subfolder) for path in paths(found))
    assert ("later.py" in paths(found)) == (subfolder == "" and ref == "main")


def test_the_whole_repository_is_staged_for_imports(work: str) -> None:
    with fetch(f"{work}/tree/main/S4") as fetched:
        assert (fetched.root / "models/net.py").exists()
        assert paths(fetched.submission) == ["S4/README.md", "S4/train.py"]


def test_an_explicit_ref_wins(work: str, tmp_path: Path) -> None:
    first = support.git("rev-parse", "feature/x", cwd=tmp_path / "work")
    for ref in ("feature/x", "v1", "refs/heads/feature/x", first, first.upper()):
        found = submission(f"{work}/tree/main/S4", ref=ref)
        assert (found.commit, found.ref, found.subfolder) == (first, ref, "S4")


@pytest.mark.parametrize("behaviour", ["plain", "old"])
def test_a_commit_in_the_link(work: str, server: Any, tmp_path: Path, behaviour: str) -> None:
    first = support.git("rev-parse", "feature/x", cwd=tmp_path / "work")
    found = submission(f"{server.url('work.git', behaviour)}/tree/{first}/S4")
    assert (found.commit, found.subfolder) == (first, "S4")


def test_a_server_that_refuses_a_commit_is_said_so(server: Any, tmp_path: Path) -> None:
    tree = support.make_repository(tmp_path / "work", FILES)
    first = support.git("rev-parse", "HEAD", cwd=tree)
    support.write_files(tree, {"more.py": "1"})
    support.commit(tree)
    server.publish("work.git", tree)
    assert submission(server.url("work.git"), ref=first).commit == first
    said = fault(server.url("work.git", "old"), FetchError, ref=first)
    assert f"does not give out the commit {first}" in said


def test_a_missing_commit(work: str) -> None:
    assert "does not give out the commit 1234512345" in fault(work, FetchError, ref="12345" * 8)


def test_a_missing_branch_names_those_that_are_there(work: str) -> None:
    said = fault(work, FetchError, ref="feature/y")
    assert 'no branch or tag "feature/y"' in said
    assert "it has feature/x, main" in said
    assert 'no branch or tag "mian"' in fault(f"{work}/tree/mian/S4", FetchError)


def test_a_short_commit_asks_for_all_digits(work: str) -> None:
    assert "all of its 40 digits" in fault(work, FetchError, ref="abcdef1")


def test_a_tag_of_something_that_is_no_commit(server: Any, tmp_path: Path) -> None:
    tree = support.make_repository(tmp_path / "work", FILES)
    support.git("tag", "odd", "HEAD:README.md", cwd=tree)
    server.publish("work.git", tree)
    assert '"odd" is not a commit' in fault(server.url("work.git"), FetchError, ref="odd")


def test_a_missing_repository(server: Any) -> None:
    url = server.url("nothing.git")
    assert f"There is no repository at {url}" in fault(url, FetchError)


def test_a_private_repository_never_prompts(server: Any) -> None:
    began = time.monotonic()
    said = fault(server.url("work.git", "private"), FetchError)
    assert "is private, or does not exist" in said
    assert time.monotonic() - began < 10


def test_a_password_helper_of_the_person_is_not_asked(
    server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tmp_path / "called"
    helper = tmp_path / "helper"
    helper.write_text(f"#!/bin/sh\ntouch {called}\necho secret\n")
    helper.chmod(0o755)
    for name in ("GIT_ASKPASS", "SSH_ASKPASS"):
        monkeypatch.setenv(name, str(helper))
    for index, (key, value) in enumerate(
        {"credential.helper": str(helper), "core.askPass": str(helper)}.items()
    ):
        monkeypatch.setenv("GIT_CONFIG_COUNT", str(index + 1))
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{index}", key)
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{index}", value)
    fault(server.url("work.git", "private"), FetchError)
    assert not called.exists()


def test_an_empty_repository(server: Any) -> None:
    server.publish("empty.git")
    assert "is empty" in fault(server.url("empty.git"), FetchError)


def test_a_commit_without_files(server: Any, tmp_path: Path) -> None:
    server.publish("bare.git", support.make_repository(tmp_path / "work", {}))
    assert "holds no files" in fault(server.url("bare.git"), FetchError)


def test_a_default_branch_that_was_never_pushed(server: Any, tmp_path: Path) -> None:
    bare = server.publish("work.git", support.make_repository(tmp_path / "work", FILES))
    support.git("symbolic-ref", "HEAD", "refs/heads/trunk", cwd=bare)
    assert "default branch" in fault(server.url("work.git"), FetchError)
    assert submission(server.url("work.git"), ref="main").ref == "main"


def test_a_web_page_is_not_a_repository(server: Any) -> None:
    assert "is not a git repository" in fault(server.url("work", "page"), FetchError)


def test_a_way_that_leads_to_plain_http_is_not_taken(server: Any) -> None:
    assert "not https" in fault(server.url("work", "away"), FetchError)


def test_a_server_that_is_down_is_nobodys_shortfall(server: Any) -> None:
    assert "could not be reached" in fault(server.url("work.git", "down"), GraderFault)


def test_a_certificate_that_is_not_trusted(work: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GIT_SSL_CAINFO")
    assert "certificate" in fault(work, GraderFault)
    monkeypatch.setenv("GIT_SSL_NO_VERIFY", "1")
    assert "certificate" in fault(work, GraderFault)


def test_the_common_name_of_the_certificates_counts(work: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", os.environ["GIT_SSL_CAINFO"])
    monkeypatch.delenv("GIT_SSL_CAINFO")
    assert submission(work).commit


def test_nobody_listens(server: Any) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    assert "could not be reached" in fault(f"https://localhost:{port}/o/r", GraderFault)


def test_a_name_that_no_server_has(server: Any) -> None:
    assert "could not be reached" in fault("https://nowhere.invalid/o/r", GraderFault)


def test_git_that_is_not_installed(work: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "Install git" in fault(work, GraderFault)


def test_a_server_that_hangs_is_left_at_the_deadline(server: Any) -> None:
    began = time.monotonic()
    said = fault(server.url("work.git", "hang"), GraderFault, caps=Caps(seconds=1.5))
    assert "within 1.5 s" in said
    assert time.monotonic() - began < 6
    assert _talking_to(server) == []


def test_ctrl_c_leaves_nothing(server: Any, tmp_path: Path) -> None:
    # A shell starts what goes to the background with this signal ignored, and children inherit that.
    hears = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    code = f"{hears}\nimport sys; from grader.fetch.interface import fetch\nwith fetch(sys.argv[1]): pass"
    temporary = tmp_path / "interrupted"
    temporary.mkdir()
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, server.url("work.git", "hang")]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as process:
        for _ in range(1200):  # starting may take long on a busy machine
            if server.requests:
                break
            time.sleep(0.05)
        assert server.requests
        assert any(temporary.iterdir())
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    assert b"KeyboardInterrupt" in stderr
    assert list(temporary.iterdir()) == []
    assert _talking_to(server) == []


@pytest.mark.parametrize("behaviour", ["plain", "trickle"])
def test_the_clone_is_stopped_at_its_cap(server: Any, tmp_path: Path, behaviour: str) -> None:
    server.publish("big.git", support.make_repository(tmp_path / "work", {"data.bin": os.urandom(3 << 20)}))
    said: list[str] = []
    began = time.monotonic()
    message = fault(
        server.url("big.git", behaviour), FetchError, caps=Caps(clone_bytes=1 << 20), progress=said.append
    )
    assert "larger than 1 MiB" in message
    assert time.monotonic() - began < 4
    assert said


def test_the_size_is_told_while_it_arrives(server: Any, tmp_path: Path) -> None:
    server.publish("big.git", support.make_repository(tmp_path / "work", {"data.bin": os.urandom(3 << 20)}))
    said: list[str] = []
    submission(server.url("big.git", "trickle"), progress=said.append)
    assert any(line.startswith("Receiving: ") and line.endswith(" MiB") for line in said)


def test_caps_on_files(server: Any, tmp_path: Path) -> None:
    deep = "/".join("d" * 5)
    files: dict[str, bytes | str] = {"a.py": "1", "b.bin": b"x" * 5000, f"{deep}/c.py": "2"}
    server.publish("work.git", support.make_repository(tmp_path / "work", files))
    url = server.url("work.git")
    left_out = reasons(submission(url, caps=Caps(file_bytes=4000)))
    assert left_out == {"b.bin": "0.0048 MiB, and no file over 0.0038 MiB is taken"}
    assert "more than 2 files" in fault(url, FetchError, caps=Caps(files=2))
    assert submission(url, caps=Caps(files=3)).files
    assert "nested deeper than 4" in fault(url, FetchError, caps=Caps(depth=4))
    assert submission(url, caps=Caps(depth=5)).files
    assert "together" in fault(url, FetchError, caps=Caps(total_bytes=5001))
    assert submission(url, caps=Caps(total_bytes=5002)).files


def test_a_tree_that_unfolds_without_end(server: Any) -> None:
    """Ten levels of ten names for one subtree: 10^10 files in eleven objects."""
    bare = server.publish("bomb.git")
    tree = support.make_tree(bare, [("100644", "blob", support.make_blob(bare, b"x"), b"f")])
    for _ in range(10):
        tree = support.make_tree(bare, [("040000", "tree", tree, b"%d" % index) for index in range(10)])
    support.commit_tree(bare, tree)
    began = time.monotonic()
    assert "more than 10,000 files" in fault(server.url("bomb.git"), FetchError)
    assert time.monotonic() - began < 20


def test_what_is_no_regular_file_is_left_out(server: Any) -> None:
    bare = server.publish("odd.git")
    blob = support.make_blob(bare, b"print(1)\n")
    link = support.make_blob(bare, b"/etc/passwd")
    good = support.make_tree(bare, [("100755", "blob", blob, b"net.py")])
    tree = support.make_tree(
        bare,
        [
            ("100644", "blob", blob, b"model.py"),
            ("120000", "blob", link, b"passwd"),
            ("160000", "commit", "1" * 40, b"module"),
            ("100644", "blob", blob, b"new\nline.py"),
            ("100644", "blob", blob, b"\x1b[31mred"),
            ("100644", "blob", blob, b"caf\xe9.py"),
            ("100644", "blob", blob, b"n" * 256),
            ("100644", "blob", blob, "gnp.\u202efdp".encode()),
            ("040000", "tree", good, b".."),
            ("040000", "tree", good, b".Git"),
            ("040000", "tree", good, b" space"),
            ("100644", "blob", support.make_blob(bare, b"[submodule]\n"), b".gitmodules"),
        ],
    )
    support.commit_tree(bare, tree)
    with fetch(server.url("odd.git")) as fetched:
        found = fetched.submission
        on_disk = sorted(str(place.relative_to(fetched.root)) for place in fetched.root.rglob("*"))
    assert paths(found) == [" space/net.py", ".gitmodules", "model.py"]
    assert on_disk == [" space", " space/net.py", ".gitmodules", "model.py"]
    assert reasons(found) == {
        "passwd": "a symbolic link",
        "module": "a submodule: another repository",
        "new\\x0aline.py": "its name holds control, bidirectional or unassigned characters",
        "\\x1b[31mred": "its name holds control, bidirectional or unassigned characters",
        "gnp.\\u202efdp": "its name holds control, bidirectional or unassigned characters",
        "caf\\xe9.py": "its name is not UTF-8",
        "n" * 256: "its name is longer than 255 bytes",
        "../net.py": 'its path holds ".."',
        ".Git/net.py": "its path holds .git",
    }


def test_old_tools_faults_are_no_reason_to_refuse(server: Any) -> None:
    """A zero-padded file mode, as early web tools wrote it."""
    bare = server.publish("old.git")
    inner = support.make_tree(bare, [("100644", "blob", support.make_blob(bare, b"x"), b"f.py")])
    raw = b"040000 sub\0" + bytes.fromhex(inner)
    tree = support.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", cwd=bare, stdin=raw)
    support.commit_tree(bare, tree)
    assert paths(submission(server.url("old.git"))) == ["sub/f.py"]


def test_damaged_objects_are_refused(server: Any) -> None:
    bare = server.publish("bad.git")
    blob = support.make_blob(bare, b"x")
    entry = b"100644 f.py\0" + bytes.fromhex(blob)
    tree = support.git(
        "hash-object", "-t", "tree", "-w", "--literally", "--stdin", cwd=bare, stdin=entry + entry
    )
    support.commit_tree(bare, tree)
    assert "git refuses them" in fault(server.url("bad.git"), FetchError)


def test_nothing_of_the_repository_runs(server: Any, tmp_path: Path) -> None:
    """Hooks of every name in the repository, filters in .gitattributes, and templates of the person's own."""
    ran = tmp_path / "ran"
    files = dict(FILES)
    for hook in ("post-checkout", "reference-transaction", "post-update", "fsmonitor-watchman"):
        files[f"hooks/{hook}"] = f"#!/bin/sh\ntouch {ran}\n"
        files[f".githooks/{hook}"] = f"#!/bin/sh\ntouch {ran}\n"
    tree = support.make_repository(tmp_path / "work", files)
    support.git("update-index", "--chmod=+x", "hooks/post-checkout", cwd=tree)
    server.publish("hooks.git", support.commit(tree))
    with fetch(server.url("hooks.git")) as fetched:
        assert (fetched.root / "S4/train.py").read_bytes() == b"print(1)\n", "no filter, no line ends changed"
        assert not (fetched.root / "hooks/post-checkout").stat().st_mode & 0o111
    assert not ran.exists()


def test_settings_of_the_person_do_not_reach_git(
    work: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A template with a hook, a hooks path, and a trace file: all by the environment."""
    ran, trace = tmp_path / "ran", tmp_path / "trace"
    hooks = tmp_path / "template" / "hooks"
    hooks.mkdir(parents=True)
    (hooks / "reference-transaction").write_text(f"#!/bin/sh\ntouch {ran}\n")
    (hooks / "reference-transaction").chmod(0o755)
    config = tmp_path / "config"
    config.write_text(f"[core]\n\thooksPath = {hooks}\n[init]\n\ttemplateDir = {hooks.parent}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(hooks.parent))
    monkeypatch.setenv("GIT_TRACE", str(trace))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert submission(work).commit
    assert not ran.exists()
    assert not trace.exists()


def test_folders_that_differ_by_case_only(server: Any, tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {"S4/train.py": "1", "s4/README.md": "# Here\n", "Code/a.py": "1"}
    server.publish("case.git", support.make_repository(tmp_path / "work", files))
    url = server.url("case.git")
    found = submission(f"{url}/tree/main/S4")
    assert paths(found) == ["S4/train.py"]
    assert found.notes == ("Beside S4 there is s4: only the case differs.",)
    assert sorted(paths(submission(url))) == ["Code/a.py", "S4/train.py", "s4/README.md"]
    assert "there is Code, which differs by case" in fault(f"{url}/tree/main/code", FetchError)


def test_a_folder_that_is_not_there_names_the_nearest(work: str) -> None:
    assert "the nearest are: S4" in fault(f"{work}/tree/main/S44", FetchError)
    said = fault(f"{work}/blob/main/S4/Readme.md", FetchError)
    assert "there is S4/README.md, which differs by case" in said


def test_a_link_to_a_file_of_code_stands_for_its_folder(work: str) -> None:
    for view in ("blob", "tree"):
        found = submission(f"{work}/{view}/main/S4/train.py")
        assert (found.subfolder, found.named_file, found.readme_path) == ("S4", "S4/train.py", "")
        assert paths(found) == ["S4/README.md", "S4/train.py"]
        assert "The link is to the file S4/train.py; all of the folder S4 was taken." in found.notes


def test_a_space_in_the_link_to_another_file(work: str) -> None:
    assert "is a link to a file (S5/notes me.txt)" in fault(f"{work}/blob/main/S5/notes%20me.txt", FetchError)


def test_large_files_kept_elsewhere_are_noted(server: Any, tmp_path: Path) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12345\n"
    server.publish("lfs.git", support.make_repository(tmp_path / "work", {"w.pt": pointer, "a.py": "1"}))
    assert submission(server.url("lfs.git")).notes == (
        "Stored with Git LFS, so only a pointer was fetched: w.pt.",
    )


def test_a_full_disk_is_the_machines_fault(work: str, monkeypatch: pytest.MonkeyPatch) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    from grader.fetch import staging

    def write_to_the_full_device(stage: staging.Stage, path: str, content: bytes) -> None:
        with full.open("wb") as file:
            file.write(content + b"x")

    monkeypatch.setattr(staging.Stage, "_write", write_to_the_full_device)
    assert "disk is full" in fault(work, GraderFault)

"""A folder as the source."""

from __future__ import annotations

import importlib.util
import os
import socket
import stat
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from grader.errors import FetchError, GraderError, UsageError
from grader.fetch.interface import Caps, fetch
from grader.records import Submission


def _load(name: str) -> ModuleType:
    place = Path(__file__).parents[2] / "fixtures" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"grader_test_{name}", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


support = _load("git_server")


def submission(source: Path, caps: Caps = Caps(), ref: str = "") -> Submission:  # noqa: B008 - frozen
    with fetch(str(source), caps=caps, ref=ref) as fetched:
        return fetched.submission


def paths(found: Submission) -> list[str]:
    return [file.path for file in found.files]


def reasons(found: Submission) -> dict[str, str]:
    return {item.path: item.reason for item in found.left_out}


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    support.write_files(folder, {"README.md": "# Work\n", "model.py": "import torch\n", "sub/a b.py": "1"})
    return folder


def test_a_plain_folder(work: Path) -> None:
    with fetch(str(work)) as fetched:
        found, root = fetched.submission, fetched.root
        assert (root / "sub/a b.py").read_bytes() == b"1"
        assert {stat.S_IMODE(place.stat().st_mode) for place in root.rglob("*") if place.is_file()} == {0o644}
        assert stat.S_IMODE(root.stat().st_mode) == 0o755
        assert "work" not in str(root.relative_to(root.parents[1]))
    assert not root.parent.exists()
    assert (found.kind, found.name, found.source) == ("folder", "work", str(work))
    assert (found.commit, found.committed_at, found.dirty, found.ref, found.subfolder) == (
        "",
        "",
        False,
        "",
        "",
    )
    assert paths(found) == ["README.md", "model.py", "sub/a b.py"]
    assert found.left_out == ()
    assert found.notes == ()


def test_a_readme_stands_for_its_folder(work: Path) -> None:
    found = submission(work / "README.md")
    assert found.readme_path == "README.md"
    assert paths(found) == paths(submission(work))


def test_another_file_is_a_mistake_of_the_command_line(work: Path) -> None:
    with pytest.raises(UsageError, match=r"model\.py is a file, not a folder"):
        submission(work / "model.py")


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="holds no files"):
        submission(tmp_path)


def test_a_ref_needs_a_repository(work: Path) -> None:
    with pytest.raises(UsageError, match="in no git repository"):
        submission(work, ref="main")


def test_what_nobody_hands_in_on_purpose(work: Path) -> None:
    support.write_files(
        work,
        {
            ".git/config": "[core]",
            "__pycache__/a.pyc": "x",
            ".ipynb_checkpoints/b.ipynb": "{}",
            "sub/env/pyvenv.cfg": "home = /usr\n",
            "sub/env/lib/site.py": "x",
            "node_modules/m/i.js": "x",
            "venv/kept.py": "a folder of this name, but no environment",
        },
    )
    found = submission(work)
    assert paths(found) == ["README.md", "model.py", "sub/a b.py", "venv/kept.py"]
    assert reasons(found) == {
        "__pycache__": "a cache of Python",
        ".ipynb_checkpoints": "copies made by Jupyter",
        "sub/env": "a virtual environment of Python",
        "node_modules": "packages of Node.js",
    }


def test_only_regular_files_are_opened(work: Path) -> None:
    os.mkfifo(work / "pipe")
    (work / "passwd").symlink_to("/etc/passwd")
    (work / "etc").symlink_to("/etc")
    (work / "loop").symlink_to(".")
    (work / "new\nline").write_text("x")
    Path(os.fsdecode(os.fsencode(work) + b"/caf\xe9")).write_text("x")
    with socket.socket(socket.AF_UNIX) as listening:
        before = Path.cwd()
        os.chdir(work)  # names of sockets are short
        try:
            listening.bind("sock")
        finally:
            os.chdir(before)
        found = submission(work)
    assert paths(found) == ["README.md", "model.py", "sub/a b.py"]
    assert reasons(found) == {
        "pipe": "a named pipe",
        "passwd": "a symbolic link",
        "etc": "a symbolic link",
        "loop": "a symbolic link",
        "sock": "a socket",
        "new\\x0aline": "its name holds control, bidirectional or unassigned characters",
        "caf\\xe9": "its name is not UTF-8",
    }


def test_a_file_that_may_not_be_read(work: Path) -> None:
    (work / "model.py").chmod(0)
    if os.access(work / "model.py", os.R_OK):
        pytest.skip("this user may read everything")
    assert reasons(submission(work)) == {"model.py": "cannot be read: Permission denied"}


@pytest.mark.parametrize(
    ("caps", "said"),
    [
        (Caps(files=2), "more than 2 files"),
        (Caps(total_bytes=15), "together"),
        (Caps(depth=0), "nested deeper than 0"),
    ],
)
def test_caps(work: Path, caps: Caps, said: str) -> None:
    with pytest.raises(FetchError, match=said):
        submission(work, caps)


def test_a_large_file_is_left_out(work: Path) -> None:
    found = submission(work, Caps(file_bytes=8))
    assert paths(found) == ["README.md", "sub/a b.py"]
    assert "no file over" in reasons(found)["model.py"]


def test_links_count_as_files(work: Path) -> None:
    for number in range(20):
        (work / f"l{number}").symlink_to("/etc/passwd")
    with pytest.raises(FetchError, match="more than 10 files"):
        submission(work, Caps(files=10))


def test_no_time_left(work: Path) -> None:
    with pytest.raises(GraderError, match="longer than 0 s"):
        submission(work, Caps(seconds=0))


def test_the_folder_for_temporary_files_may_be_inside(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (work / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(work / "tmp"))
    assert paths(submission(work)) == ["README.md", "model.py", "sub/a b.py"]


class TestWithACommit:
    @pytest.fixture
    def repository(self, work: Path) -> Path:
        support.write_files(
            work, {".gitignore": "data/\n*.log\n!keep.log\n", "sub/.gitignore": "/only here.txt\n"}
        )
        support.git("init", "--quiet", cwd=work)
        return Path(support.commit(work))

    def test_clean(self, repository: Path) -> None:
        found = submission(repository)
        assert found.commit == support.git("rev-parse", "HEAD", cwd=repository)
        assert found.committed_at == "2026-01-02T03:04:05+00:00"
        assert not found.dirty
        assert found.notes == ()

    def test_what_gitignore_names_is_not_taken(self, repository: Path) -> None:
        clean = submission(repository)
        support.write_files(
            repository,
            {
                "data/MNIST/raw/x": "x" * 100,
                "data/y": "y",
                "out.log": "z",
                "sub/deep/out.log": "z",
                "sub/only here.txt": "z",
                "__pycache__/m.pyc": "x",
            },
        )
        found = submission(repository, Caps(total_bytes=200, files=20))
        assert (found.tree_digest, found.files, found.dirty) == (clean.tree_digest, clean.files, False)
        assert found.notes == ("Left out because .gitignore names them: 4 files or folders.",)

    def test_new_files_that_no_rule_names_are_taken(self, repository: Path) -> None:
        support.write_files(
            repository, {"keep.log": "z", "only here.txt": "z", ":(glob)x": "z", "*.txt": "z"}
        )
        found = submission(repository)
        assert {"keep.log", "only here.txt", ":(glob)x", "*.txt"} <= set(paths(found))
        assert found.dirty
        assert found.notes == ("Differs from its commit: *.txt, :(glob)x, keep.log, only here.txt.",)

    def test_changed_removed_and_replaced_files(self, repository: Path) -> None:
        for change in ("model.py", "README.md", "sub/a b.py"):
            support.git("checkout", "--quiet", ".", cwd=repository)
            place = repository / change
            if change == "model.py":
                place.write_text("import os\n")
            else:
                place.unlink()
            if change == "README.md":
                place.symlink_to("model.py")
            found = submission(repository)
            assert found.dirty
            assert found.notes == (f"Differs from its commit: {change}.",)

    def test_committed_files_are_taken_wherever_they_lie(self, repository: Path) -> None:
        support.write_files(repository, {"data/small.csv": "1", "__pycache__/old.pyc": "1", "sub/x.log": "1"})
        support.commit(repository)
        support.write_files(
            repository, {"data/large.bin": "1", "__pycache__/new.pyc": "1", "data/more/x": "1"}
        )
        found = submission(repository)
        assert {"data/small.csv", "__pycache__/old.pyc", "sub/x.log"} <= set(paths(found))
        assert not {"data/large.bin", "__pycache__/new.pyc", "data/more/x"} & set(paths(found))
        assert not found.dirty

    def test_a_folder_of_a_larger_repository(self, repository: Path) -> None:
        support.write_files(repository, {"sub/deep/x.py": "1"})
        support.commit(repository)
        support.write_files(
            repository, {"sub/deep/out.log": "1", "sub/deep/only here.txt": "1", "sub/only here.txt": "1"}
        )
        found = submission(repository / "sub")
        assert paths(found) == [".gitignore", "a b.py", "deep/only here.txt", "deep/x.py"]
        assert found.commit
        assert found.notes == (
            "Differs from its commit: deep/only here.txt.",
            "Left out because .gitignore names them: 2 files or folders.",
            "The folder is sub of a repository; only this folder was taken.",
        )

    def test_a_folder_that_only_happens_to_lie_in_a_repository(self, repository: Path) -> None:
        support.write_files(repository, {"data/handed in/model.py": "1", "data/handed in/x.log": "1"})
        found = submission(repository / "data/handed in")
        assert (found.commit, found.notes) == ("", ())
        assert paths(found) == ["model.py", "x.log"]

    def test_a_submodule_in_the_work_tree(self, repository: Path) -> None:
        other = support.make_repository(repository / "other", {"x.py": "1"})
        assert other.is_dir()
        support.git("add", "other", cwd=repository)
        support.git("commit", "--quiet", "-m", "module", cwd=repository)
        found = submission(repository)
        assert "other/x.py" not in paths(found)
        assert reasons(found) == {"other": "a submodule: another repository"}
        assert not found.dirty

    def test_a_shallow_clone_and_a_second_work_tree(self, repository: Path, tmp_path: Path) -> None:
        digest = submission(repository).tree_digest
        support.commit(repository)
        support.git(
            "clone", "--quiet", "--depth=1", f"file://{repository}", str(tmp_path / "shallow"), cwd=tmp_path
        )
        support.git("worktree", "add", "--quiet", str(tmp_path / "second"), cwd=repository)
        for name in ("shallow", "second"):
            found = submission(tmp_path / name)
            assert (found.tree_digest, len(found.commit), found.dirty) == (digest, 40, False)

    def test_no_commit_yet(self, work: Path) -> None:
        support.git("init", "--quiet", cwd=work)
        found = submission(work)
        assert found.commit == ""
        assert found.notes == ("Its commit could not be read: work has no commit yet.",)

    def test_a_damaged_repository_is_a_note(self, repository: Path) -> None:
        subprocess.run(["rm", "-r", str(repository / ".git/objects")], check=True)
        found = submission(repository)
        assert found.commit == ""
        assert "could not be read" in found.notes[0]
        assert "model.py" in paths(found)

    def test_git_that_is_missing_is_a_note(
        self, repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        found = submission(repository)
        assert found.notes == ("Its commit could not be read: Git is not installed here.",)

    def test_commands_in_the_folders_own_configuration_never_run(
        self, repository: Path, tmp_path: Path
    ) -> None:
        ran = tmp_path / "ran"
        script = tmp_path / "evil"
        script.write_text(f"#!/bin/sh\ntouch {ran}\nexec cat\n")
        script.chmod(0o755)
        for key in (
            "core.fsmonitor",
            "uploadpack.packObjectsHook",
            "core.sshCommand",
            "filter.evil.smudge",
            "core.pager",
            "filter.evil.clean",
            "core.alternateRefsCommand",
            "core.editor",
            "core.gitProxy",
        ):
            support.git("config", key, str(script), cwd=repository)
        support.git("config", "filter.evil.required", "true", cwd=repository)
        (repository / ".gitattributes").write_text("* filter=evil\n")
        for hook in ("post-checkout", "reference-transaction", "pre-auto-gc", "post-index-change"):
            (repository / ".git/hooks").mkdir(exist_ok=True)
            (repository / ".git/hooks" / hook).write_text(f"#!/bin/sh\ntouch {ran}\n")
            (repository / ".git/hooks" / hook).chmod(0o755)
        assert submission(repository).commit
        assert submission(repository, ref="main").commit
        assert not ran.exists()

    def test_a_promise_of_missing_objects_runs_nothing(self, repository: Path, tmp_path: Path) -> None:
        """A repository may name a remote that git would ask for objects that are not there, by a command."""
        ran = tmp_path / "ran"
        blob = support.git("rev-parse", "HEAD:model.py", cwd=repository)
        (repository / ".git/objects" / blob[:2] / blob[2:]).unlink()
        for key, value in {
            "extensions.partialClone": "origin",
            "core.repositoryFormatVersion": "1",
            "remote.origin.promisor": "true",
            "remote.origin.url": "ext::sh -c touch% " + str(ran),
            "remote.origin.uploadpack": f"touch {ran};",
            "protocol.ext.allow": "always",
        }.items():
            support.git("config", key, value, cwd=repository)
        assert submission(repository).commit == ""
        assert not ran.exists()

    def test_a_ref_of_a_folder_is_what_was_committed(self, repository: Path) -> None:
        (repository / "sub/a b.py").write_text("changed")
        found = submission(repository / "sub", ref="main")
        assert (found.kind, found.ref, found.subfolder, found.dirty) == ("git", "main", "sub", False)
        assert paths(found) == ["sub/.gitignore", "sub/a b.py"]
        assert found.files[1].size_bytes == 1

    def test_a_bare_repository_is_a_git_source(self, repository: Path, tmp_path: Path) -> None:
        support.git("clone", "--quiet", "--bare", str(repository), str(tmp_path / "bare.git"), cwd=tmp_path)
        found = submission(tmp_path / "bare.git")
        assert (found.kind, found.name) == ("git", "bare")
        assert submission(repository / ".git").name == "work"


def test_the_source_is_shown_as_it_was_given(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a folder lies on this machine is nobody's business in a report."""
    monkeypatch.chdir(work.parent)
    with fetch(" ./work ") as fetched:
        assert fetched.submission.source == "./work"

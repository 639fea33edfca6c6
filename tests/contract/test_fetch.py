"""The contract of every source: the same tree gives the same files and the same digest, wherever it comes from."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from grader.fetch.digest import tree_digest
from grader.fetch.interface import fetch

_FILES: dict[str, bytes | str] = {
    "README.md": "# Work\r\nwith line ends of Windows\r\n",
    "S4/model.py": "import torch\n",
    "S4/.ipynb_checkpoints/model.ipynb": "{}",
    "S4/ leading space.py": "1",
    "S4/caf\u00e9.txt": "1",
    "S4/cafe\u0301.txt": "the same name for people, not for the disk",
    "s4/README.md": "# Here\n",
    "empty": "",
    "picture.png": bytes(range(256)),
    ".gitignore": "data/\n*.pt\n",
    ".gitattributes": "*.txt text eol=crlf\n*.png binary\n",
    "kept.pt": b"\0" * 5000,
}


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
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """One tree in every form that can be handed in."""
    work = support.make_repository(tmp_path / "work", _FILES)
    (work / "link").symlink_to("/etc/passwd")
    support.commit(work)
    support.write_files(
        work, {"data/MNIST/x": "ignored", "new.pt": "ignored", "__pycache__/x.pyc": "a cache"}
    )
    (tmp_path / "srv").mkdir()
    server: Any = support.GitServer(tmp_path / "srv")
    bare = server.publish("work.git", work)
    for ending in ("zip", "tar.gz"):  # packed as the large hosts do
        packed = ("--prefix=work-main/", f"--output={tmp_path / 'work-main'}.{ending}", "main")
        support.git("archive", f"--format={ending}", *packed, cwd=work)
    monkeypatch.setenv("GIT_SSL_CAINFO", str(server.certificate))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    try:
        yield {
            "folder": str(work),
            "readme of the folder": str(work / "README.md"),
            "bare repository": str(bare),
            "address": server.url("work.git"),
            "link to the branch": server.url("work.git/tree/main"),
            "link to the readme": server.url("work.git/blob/main/README.md"),
            "zip archive": str(tmp_path / "work-main.zip"),
            "tar archive": str(tmp_path / "work-main.tar.gz"),
        }
    finally:
        server.stop()


def test_one_tree_is_the_same_from_everywhere(sources: dict[str, str]) -> None:
    found = {}
    for name, source in sources.items():
        with fetch(source) as fetched:
            found[name] = fetched.submission
            on_disk = {
                str(place.relative_to(fetched.root)): place.read_bytes()
                for place in fetched.root.rglob("*")
                if place.is_file()
            }
        expected = {path: text.encode() if isinstance(text, str) else text for path, text in _FILES.items()}
        assert on_disk == expected, name
    assert len({submission.tree_digest for submission in found.values()}) == 1
    assert len({submission.files for submission in found.values()}) == 1
    assert len({submission.commit for submission in found.values() if submission.kind != "archive"}) == 1
    for submission in found.values():
        if submission.kind == "archive":
            assert f"from commit {found['address'].commit}; that was not checked" in submission.notes[0]
    for name, submission in found.items():
        assert {file.path for file in submission.files} == set(_FILES), name
        assert submission.tree_digest == tree_digest(submission.files)
        assert ("link", "a symbolic link") in {(item.path, item.reason) for item in submission.left_out}
        assert not submission.dirty, (name, submission.notes)
        assert submission.readme_path == ("README.md" if "readme" in name else "")


def test_one_byte_makes_another_digest(sources: dict[str, str]) -> None:
    with fetch(sources["folder"]) as fetched:
        before = fetched.submission.tree_digest
    (Path(sources["folder"]) / "S4/model.py").write_bytes(b"import torch ")
    with fetch(sources["folder"]) as fetched:
        assert fetched.submission.tree_digest != before
        assert fetched.submission.dirty

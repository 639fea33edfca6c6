"""Is it a path or a link?"""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.errors import UsageError
from grader.fetch.local import is_bare, local_path


def test_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / " odd ").mkdir()
    (tmp_path / "S4").mkdir()
    (tmp_path / "-x").mkdir()
    (tmp_path / "github.com/o/r").mkdir(parents=True)
    assert local_path(" odd ") == tmp_path / " odd "
    assert local_path(" S4\n") == tmp_path / "S4"
    assert local_path("S4/..") == tmp_path
    assert local_path("-x") == tmp_path / "-x"
    assert local_path("github.com/o/r") == tmp_path / "github.com/o/r"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert local_path("~/S4") == tmp_path / "S4"


@pytest.mark.parametrize(
    "text", ["https://github.com/o/r", " github.com/o/r ", "git@h.x:o/r", "ext::sh", "-x", "file:///tmp"]
)
def test_links(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert local_path(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("o/r", "write https://github.com/o/r"),
        ("no/such/folder", "Check the spelling"),
        ("", "No submission was named"),
        ("  ", "No submission was named"),
        ("a\x00b", r"no folder a\\x00b"),
        ("x" * 5000, "no folder xxx"),
        ("~nobody-of-that-name/x", "no folder"),
    ],
)
def test_neither(text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=said):
        local_path(text)


def test_a_password_is_not_repeated() -> None:
    with pytest.raises(UsageError) as raised:
        local_path("user:s3cret@git.example.edu/o/r")
    assert "s3cret" not in str(raised.value)


def test_a_bare_repository(tmp_path: Path) -> None:
    assert not is_bare(tmp_path)
    for name in ("objects", "refs"):
        (tmp_path / name).mkdir()
    assert not is_bare(tmp_path)
    (tmp_path / "HEAD").write_text("ref: refs/heads/main\n")
    assert is_bare(tmp_path)

"""Which names are taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.fetch.names import is_readme, refusal, shown
from grader.text import clean


@pytest.mark.parametrize(
    "path",
    [
        "a.py",
        " leading space/a.py",
        "a/b c/d.ipynb",
        "caf\u00e9.md",
        "cafe\u0301.md",
        "模型.py",
        ".gitignore",
        "a.git/b",
        "...",
        "-x",
    ],
)
def test_good_names(path: str) -> None:
    assert refusal(path.encode()) == ""


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"/etc/passwd", "absolute"),
        (b"a/../b", 'holds ".."'),
        (b"./a", 'holds "."'),
        (b"a//b", 'holds ""'),
        (b"", 'holds ""'),
        (b".git/config", "holds .git"),
        (b"a/.GIT", "holds .git"),
        (b".git ./config", "holds .git"),
        (b"GIT~1/config", "holds .git"),
        (b"a\nb", "control"),
        (b"a\x00b", "control"),
        (b"a\x7fb", "control"),
        ("a\u202eb".encode(), "control"),
        ("a\u2028b".encode(), "control"),
        (b"\xff", "not UTF-8"),
        (b"n" * 256, "longer than 255"),
        (b"d/" * 600, "longer than 1024"),
    ],
)
def test_refused_names(raw: bytes, said: str) -> None:
    assert said in refusal(raw)


@given(st.binary(max_size=60))
def test_a_taken_path_can_be_printed_and_stays_inside(raw: bytes) -> None:
    if refusal(raw):
        shown(raw).encode()
        return
    path = raw.decode()
    assert clean(clean(path, 1000), 1000) == clean(path, 1000)
    assert not path.startswith("/")
    assert not {"", ".", "..", ".git"} & set(path.split("/"))


@pytest.mark.parametrize(
    "name", ["README.md", "readme.MD", "README", "S4/ReadMe.rst", "readme.txt", "README.markdown"]
)
def test_readmes(name: str) -> None:
    assert is_readme(name)


@pytest.mark.parametrize("name", ["README.py", "README.md/x", "READMEs.md", "my readme.md", "readme.ipynb"])
def test_no_readmes(name: str) -> None:
    assert not is_readme(name)

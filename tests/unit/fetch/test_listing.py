"""What git lists, and the place in it that a link names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import FetchError
from grader.fetch.interface import Caps
from grader.fetch.listing import Entry, Place, locate, read_listing

ID = "a" * 40


def record(path: bytes, mode: str = "100644", kind: str = "blob", size: str = "7") -> bytes:
    return f"{mode} {kind} {ID} {size:>7}\t".encode() + path + b"\0"


def entries(*paths: str) -> list[Entry]:
    return read_listing([b"".join(record(path.encode()) for path in paths)], Caps())


@given(st.lists(st.integers(1, 9), min_size=1, max_size=30))
def test_records_may_be_cut_anywhere(cuts: list[int]) -> None:
    whole = record(b"a.py") + record(b"b/c d.py", "100755") + record(b"l", "120000")
    chunks, rest = [], whole
    for cut in cuts:
        chunks.append(rest[:cut])
        rest = rest[cut:]
    assert read_listing([*chunks, rest], Caps()) == read_listing([whole], Caps())


def test_what_is_taken() -> None:
    listed = [record(b"a.py"), record(b"x.sh", "100755"), record(b"old.py", "100664"), record(b"l", "120000")]
    listed += [record(b"sub", "160000", "commit", "-"), record(b"big", size="999"), record(b"what", "100000")]
    found = {entry.path: entry.reason for entry in read_listing(listed, Caps(file_bytes=500))}
    assert [path for path, reason in found.items() if not reason] == ["a.py", "x.sh", "old.py"]
    assert found["l"] == "a symbolic link"
    assert found["sub"].startswith("a submodule")
    assert "no file over" in found["big"]
    assert found["what"] == "not a regular file"


def test_a_path_without_end() -> None:
    endless = (b"x" * 100_000 for _ in range(1_000_000))
    with pytest.raises(FetchError, match="a path of over a million bytes"):
        read_listing(endless, Caps())


TREE = entries(
    "README.md", "S4/README.md", "S4/net.py", "S5/a/b/c.py", "My Work/x.py", "s5/x.py", "S4/loss.png"
)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ((), Place("")),
        (("S4",), Place("S4")),
        (("S5", "a", "b"), Place("S5/a/b")),
        (("My Work",), Place("My Work")),
        (("README.md",), Place("", "README.md")),
        (("S4", "README.md"), Place("S4", "S4/README.md")),
        (("S5",), Place("S5", "", ("Beside S5 there is s5: only the case differs.",))),
    ],
)
def test_places(path: tuple[str, ...], place: Place) -> None:
    assert locate(path, TREE) == place


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (("S4", "loss.png"), r"is a link to a file \(S4/loss\.png\)"),
        (("s4",), "no folder s4 in the repository; there is S4, which differs by case"),
        (("S4", "readme.md"), "no file S4/readme.md in the repository; there is S4/README.md"),
        (("S44",), "the nearest are: S4"),
        (("zzzzzz",), "the nearest are: S4, S5, My Work, s5"),
        (("S4", "a\nb"), r"no folder S4/a\\x0ab"),
    ],
)
def test_places_that_are_not_there(path: tuple[str, ...], said: str) -> None:
    with pytest.raises(FetchError, match=said):
        locate(path, TREE)


def test_a_repository_without_folders() -> None:
    with pytest.raises(FetchError, match="it has no folders"):
        locate(("S4",), entries("a.py"))


def test_a_readme_that_is_a_link_is_not_the_readme() -> None:
    listed = read_listing([record(b"S4/README.md", "120000"), record(b"S4/a.py")], Caps())
    place = locate(("S4", "README.md"), listed)
    assert place == Place("S4", "", ("The README that the link names is not taken: a symbolic link.",))


def test_a_notebook_or_a_python_file_stands_for_its_folder() -> None:
    place = locate(("S4", "net.py"), TREE)
    assert (place.subfolder, place.readme_path, place.named_file) == ("S4", "", "S4/net.py")
    assert place.notes == ("The link is to the file S4/net.py; all of the folder S4 was taken.",)
    top = locate(("train.ipynb",), entries("train.ipynb", "x.py"))
    assert (top.subfolder, top.named_file) == ("", "train.ipynb")
    assert top.notes == ("The link is to the file train.ipynb; all of the repository was taken.",)


def test_a_notebook_over_the_cap_is_named() -> None:
    listed = read_listing([record(b"S4/train.ipynb", size=str(100 << 20)) + record(b"S4/a.py")], Caps())
    place = locate(("S4", "train.ipynb"), listed)
    assert (place.subfolder, place.named_file) == ("S4", "")
    assert "The file that the link names is not taken: 100 MiB" in place.notes[0]

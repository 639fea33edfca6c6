"""The tree digest."""

from __future__ import annotations

import hashlib
import subprocess

from hypothesis import given
from hypothesis import strategies as st

from grader.fetch.digest import blob_id, tree_digest
from grader.records import SubmittedFile


def file(path: str, content: bytes) -> SubmittedFile:
    return SubmittedFile(path, len(content), hashlib.sha256(content).hexdigest())


def test_the_encoding_is_as_documented() -> None:
    one = b"\0\0\0\0\0\0\0\4a.py" + hashlib.sha256(b"1").digest()
    two = b"\0\0\0\0\0\0\0\6b/c.py" + hashlib.sha256(b"2").digest()
    expected = hashlib.sha256(b"grader/tree/1\n" + one + two).hexdigest()
    assert tree_digest([file("b/c.py", b"2"), file("a.py", b"1")]) == f"sha256:{expected}"


_TREES = st.dictionaries(st.text("ab/", min_size=1, max_size=4), st.binary(max_size=3), max_size=4)


@given(_TREES, _TREES)
def test_two_trees_have_one_digest_only_if_they_are_the_same(
    left: dict[str, bytes], right: dict[str, bytes]
) -> None:
    digests = [tree_digest(file(path, content) for path, content in tree.items()) for tree in (left, right)]
    assert (digests[0] == digests[1]) == (left == right)


@given(_TREES, st.randoms())
def test_order_does_not_matter(tree: dict[str, bytes], random: object) -> None:
    files = [file(path, content) for path, content in tree.items()]
    random.shuffle(files)  # type: ignore[attr-defined]
    assert tree_digest(files) == tree_digest(reversed(files))


def test_a_blob_has_the_name_that_git_gives_it() -> None:
    content = b"import torch\n"
    done = subprocess.run(["git", "hash-object", "--stdin"], input=content, capture_output=True, check=True)
    assert blob_id(content) == done.stdout.decode().strip()

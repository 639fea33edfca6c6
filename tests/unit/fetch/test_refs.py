"""Which ref a link means."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.errors import FetchError
from grader.fetch.refs import Target, choose, read_refs
from grader.fetch.url import parse

LINK = parse("https://github.com/o/r")
REFS = dict.fromkeys(
    ("HEAD", "refs/heads/main", "refs/heads/feature", "refs/heads/both", "refs/tags/both", "refs/tags/v1"),
    "a" * 40,
)
COMMIT = "0123456789" * 4


def test_refs_are_read_and_odd_ones_dropped() -> None:
    good = f"{'a' * 40}\tHEAD\n{'b' * 40}\trefs/heads/main\n".encode()
    odd = [
        b"x\trefs/heads/y",
        b"a" * 40 + b"\trefs/heads/a b",
        b"a" * 40 + b"\trefs/tags/v^{}",
        b"a" * 40 + b"\t--x",
    ]
    odd += [b"a" * 40 + b"\trefs/heads/a:b", b"a" * 40 + b"\trefs/heads/*"]
    assert read_refs(good + b"\n".join(odd)) == {"HEAD": "a" * 40, "refs/heads/main": "b" * 40}


@pytest.mark.parametrize(
    ("tail", "asked", "target"),
    [
        ((), "", Target("HEAD", "", ())),
        (("main",), "", Target("refs/heads/main", "main", ())),
        (("feature", "S4"), "", Target("refs/heads/feature", "feature", ("S4",))),
        (("v1", "S4"), "", Target("refs/tags/v1", "v1", ("S4",))),
        (("both",), "", Target("refs/heads/both", "both", ())),
        (("refs", "heads", "main", "S4"), "", Target("refs/heads/main", "refs/heads/main", ("S4",))),
        ((COMMIT, "S4"), "", Target(COMMIT, COMMIT, ("S4",))),
        (("HEAD", "S4"), "", Target("HEAD", "HEAD", ("S4",))),
        (("main", "S4"), "v1", Target("refs/tags/v1", "v1", ("S4",))),
        (("gone", "S4"), "v1", Target("refs/tags/v1", "v1", ("S4",))),
        (("main", "S4"), COMMIT.upper(), Target(COMMIT.lower(), COMMIT.upper(), ("S4",))),
    ],
)
def test_the_target(tail: tuple[str, ...], asked: str, target: Target) -> None:
    assert choose(replace(LINK, tail=tail), asked, REFS) == target


def test_the_longest_ref_wins() -> None:
    refs = {**REFS, "refs/heads/feature/x": "b" * 40}
    target = choose(replace(LINK, tail=("feature", "x", "S4")), "", refs)
    assert (target.ref, target.path) == ("feature/x", ("S4",))


def test_the_path_of_a_folder_in_a_local_repository_stays() -> None:
    assert choose(replace(LINK, path="a/S4"), "main", REFS).path == ("a", "S4")


@pytest.mark.parametrize(
    ("tail", "asked", "said"),
    [
        (("mian", "S4"), "", 'branch or tag "mian" in .*; it has main, '),
        ((), "nope", 'branch or tag "nope"'),
        ((), "abcdef1", "all of its 40 digits"),
        ((), "--upload-pack=x", 'branch or tag "--upload-pack=x"'),
        ((), "main:x", 'branch or tag "main:x"'),
        ((), "a\nb", r'branch or tag "a\\x0ab"'),
    ],
)
def test_what_is_not_there(tail: tuple[str, ...], asked: str, said: str) -> None:
    with pytest.raises(FetchError, match=said):
        choose(replace(LINK, tail=tail), asked, REFS)


def test_an_empty_repository_and_one_without_a_default_branch() -> None:
    with pytest.raises(FetchError, match="is empty"):
        choose(LINK, "", {})
    with pytest.raises(FetchError, match=r"default branch.*it has main"):
        choose(LINK, "", {"refs/heads/main": "a" * 40})
    with pytest.raises(FetchError, match="it has no branch at all"):
        choose(LINK, "", {"refs/pull/1/head": "a" * 40})

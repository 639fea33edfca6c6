"""Copied files, logs and networks; what many have is no sign."""

from __future__ import annotations

from dataclasses import replace

from grader.course.similarity.signs import signs_among
from grader.course.similarity.works import Work

NOBODY = Work("starter")
CROWD = [Work(f"s{number}") for number in range(30)]


def kinds(
    left: Work, right: Work, others: list[Work] = CROWD, starter: Work = NOBODY
) -> list[tuple[str, float]]:
    found = signs_among([left, right, *others], starter).of(left, right)
    return [(sign.kind, sign.strength) for sign in found]


def test_the_same_weights_and_notebooks_by_digest() -> None:
    one = Work("ada", weights={"d1": "net.pth", "d2": "mine.pth"}, notebooks={"d3": "S4.ipynb"})
    other = Work("bo", weights={"d1": "model.pt"}, notebooks={"d3": "S4.ipynb"})
    found = signs_among([one, other, *CROWD], NOBODY).of(one, other)
    assert [sign.kind for sign in found] == ["notebook", "weights"]
    assert found[1].text == "The same weights, byte for byte: net.pth and model.pt. 2 of 32 have this."
    assert {sign.strength for sign in found} == {1.0}


def test_what_was_handed_out_or_many_have_is_no_sign() -> None:
    one, other = Work("ada", weights={"d": "a.pth"}), Work("bo", weights={"d": "a.pth"})
    assert kinds(one, other, starter=Work("starter", weights={"d": "x.pth"})) == []
    many = [replace(work, weights={"d": "a.pth"}) for work in CROWD]
    assert kinds(one, other, many) == [("weights", 0.0)]


def test_a_log_needs_three_equal_lines() -> None:
    lines = {number: f"loss 0.{number}" for number in range(6)}
    one, other = Work("ada", logs=lines), Work("bo", logs={key: lines[key] for key in (0, 1)})
    assert kinds(one, other) == []
    assert kinds(one, replace(other, logs={key: lines[key] for key in (0, 1, 2)})) == [("log", 0.5)]
    assert kinds(one, replace(other, logs=lines)) == [("log", 1.0)]
    assert kinds(one, replace(other, logs=lines), starter=Work("starter", logs=lines)) == []


def test_the_same_network_is_named_and_weighs_nothing() -> None:
    one, other = Work("ada", network="n"), Work("bo", network="n")
    assert kinds(one, other) == [("network", 0.0)]
    assert kinds(one, other, [replace(work, network="n") for work in CROWD]) == []
    assert kinds(one, Work("bo", network="m")) == []
    assert kinds(Work("ada"), Work("bo")) == []


def test_the_same_files_altogether() -> None:
    assert kinds(Work("ada", tree_digest="t"), Work("bo", tree_digest="t")) == [("files", 1.0)]
    assert kinds(Work("ada", tree_digest="t"), Work("bo", tree_digest="u")) == []

"""Patterns of a spec against the paths of a submission."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from grader.reading.patterns import fits, fitting, handed_in, looked_at, named, relative
from grader.records import LeftOut, SecondRepository, SubmittedFile


@pytest.mark.parametrize(
    ("path", "pattern", "how"),
    [
        ("models/resnet.py", "models/resnet.py", "here"),
        ("Models/ResNet.py", "models/resnet.py", "here"),
        ("S7/models/resnet.py", "models/resnet.py", "deeper"),
        ("resnet.py", "models/resnet.py", ""),
        ("mymodels/resnet.py", "models/resnet.py", ""),
        ("S3/work.ipynb", "S3/*.ipynb", "here"),
        ("S3/deeper/work.ipynb", "S3/*.ipynb", ""),
        ("work.ipynb", "*.ipynb", "here"),
        ("a/b/work.ipynb", "*.ipynb", "deeper"),
        ("data/raw/x.gz", "data/", "here"),
        ("a/data/x.gz", "data/", "deeper"),
        ("data", "data/", ""),
        ("data.py", "data/", ""),
    ],
)
def test_where_a_path_fits(path, pattern, how):
    assert fits(path, pattern) == how


def test_the_subfolder_that_was_handed_in_is_a_root_too():
    assert fits("S7/main.py", "main.py", "S7") == "here"
    assert fits("S8/main.py", "main.py", "S7") == "deeper"
    found = fitting(["S7/main.py", "S8/main.py", "x.py"], "main.py", "S7")
    assert (found.here, found.deeper, found.all) == (
        ("S7/main.py",),
        ("S8/main.py",),
        ("S7/main.py", "S8/main.py"),
    )


def test_names_fit_in_any_case():
    assert named("BottleNeck", "Bottleneck*")
    assert not named("Net", "Bottleneck*")


def with_second(stage):
    _, submission = stage({"S7.ipynb": "x = 1"}, left_out=("weights.pth",))
    files = (SubmittedFile("main-repo/models/resnet.py", 10, "0" * 64),)
    second = SecondRepository(
        "https://github.com/ada/main-repo", "git", "ada/main-repo", "main-repo", "", "", "", "sha256:0", files
    )
    left = (LeftOut("main-repo/data.bin", "too large"),)
    return replace(submission, also=(replace(second, left_out=left),))


def test_each_repository_has_its_own_paths(stage):
    submission = with_second(stage)
    assert handed_in(submission, "submission") == ("S7.ipynb", "weights.pth")
    assert handed_in(submission, "second repository") == ("models/resnet.py", "data.bin")
    assert len(handed_in(submission, "anywhere")) == 4
    assert relative("main-repo/models/resnet.py", submission) == ("models/resnet.py", False)
    assert relative("S7.ipynb", submission) == ("S7.ipynb", True)


@pytest.mark.parametrize(
    ("where", "seen"), [("submission", False), ("second repository", True), ("anywhere", True)]
)
def test_which_repository_a_rule_is_about(stage, where, seen):
    submission = with_second(stage)
    assert looked_at("main-repo/models/resnet.py", submission, where) is seen
    assert looked_at("main-repo/models/resnet.py", submission, where, "models/resnet.py") is seen
    assert not looked_at("main-repo/models/resnet.py", submission, where, "models/vgg.py")


@pytest.mark.timeout(20)
def test_hostile_paths_take_no_time():
    begin = time.monotonic()
    for path in ("a/" * 500 + "b", "a" * 255, "*" * 255, "[" * 255):
        fits(path, "*a*a*a*a*a*a*a*a*b.py")
        fits(path, "a/" * 30 + "b")
    assert time.monotonic() - begin < 5

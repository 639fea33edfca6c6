"""Whether links lead somewhere in the submission."""

from __future__ import annotations

import pytest

from grader.reading.links import fault, own_path, targets

ANCHORS = frozenset({"modelsummary", "trainingtestlogs"})


@pytest.mark.parametrize(
    "target",
    [
        "model.py", "./model.py", "img/my%20plot.png", "img/curve.png?raw=true", "img/", "img", ".",
        "/S4/model.py",
        "big.pth", "model.py#L10", "../S3/old.py", "https://example.org/x.png", "mailto:a@b.c", "//cdn/x.png",
        "#model-summary", "#-model-summary", "#📊-model--summary", "#️", "../../issues",
        "data:image/png;base64,AA",
    ],
)  # fmt: skip
def test_fine(stage, target):
    files = {"S4/model.py": "", "S4/img/my plot.png": "", "S4/img/curve.png": "", "S3/old.py": ""}
    known = targets(*stage(files, subfolder="S4", left_out=("S4/big.pth",)))
    assert fault(target, "S4", known, ANCHORS) == ""


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("missing.png", "is not in the submission"),
        ("img/Curve.png", "S4/img/curve.png differs only by case"),
        ("/model.py", "is not in the submission"),
        ("../S3/new.py", "is not in the submission"),
        ("#results", "no heading"),
        ("", "no target"),
    ],
)
def test_broken(stage, target, said):
    files = {"S4/model.py": "", "S4/img/curve.png": "", "S3/old.py": ""}
    known = targets(*stage(files, subfolder="S4"))
    assert said in fault(target, "S4", known, ANCHORS)


def test_outside_of_the_subfolder_nothing_is_known_where_nothing_else_is_staged(stage):
    known = targets(*stage({"S4/model.py": ""}, subfolder="S4"))
    assert fault("../S3/old.py", "S4", known, ANCHORS) == ""
    assert fault("old.py", "S4", known, ANCHORS) != ""


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("https://github.com/ada/mnist/blob/main/a%20b.ipynb", "a b.ipynb"),
        ("https://colab.research.google.com/github/Ada/MNIST/blob/main/S4/n.ipynb", "S4/n.ipynb"),
        ("https://raw.githubusercontent.com/ada/mnist/main/n.ipynb?x=1", "n.ipynb"),
        ("https://github.com/eve/mnist/blob/main/n.ipynb", ""),
        ("https://example.org/ada/mnist/blob/main/n.ipynb", ""),
    ],
)
def test_addresses_in_the_own_repository(target, path):
    assert own_path(target, "https://github.com/ada/mnist.git") == path
    assert own_path(target, "/home/ada/mnist") == ""

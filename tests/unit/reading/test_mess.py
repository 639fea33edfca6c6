"""Messy names, with their reasons."""

from __future__ import annotations

import time

import pytest

from grader.reading.mess import mess

TIDY = (
    "README.md",
    "S5/1_Coding-Drill.ipynb",
    "models/resnet.py",
    "model_final.py",
    "step1.ipynb",
    "images/loss_curve(train).png",
    "renewal.py",
    "threshold.py",
    "data/__init__.py",
    "copyright.txt",
    ".gitignore",
    ".github/workflows/test.yml",
)


def test_a_tidy_repository_has_none():
    assert mess(TIDY) == ()


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("Copy of S5.ipynb", "names of copies"),
        ("Copy_of_S5.ipynb", "names of copies"),
        ("S5 (1).ipynb", "names of copies"),
        ("S5 - Copy.ipynb", "names of copies"),
        ("S5_copy2.ipynb", "names of copies"),
        ("Untitled12.ipynb", "names that say nothing"),
        ("Untitled.ipynb", "names that say nothing"),
        ("temp.py", "names that say nothing"),
        ("model_final_final2.py", "versions in names"),
        ("train_final_v2.py", "versions in names"),
        ("model_old.py", "versions in names"),
        ("Receptive Field.md", "spaces in names"),
        ("my work/a.py", "spaces in names"),
        (" a.py", "names that begin or end with a space"),
        (".ipynb_checkpoints/a-checkpoint.ipynb", "caches and copies that a program made"),
        ("src/__pycache__/a.cpython-39.pyc", "caches and copies that a program made"),
        (".DS_Store", "caches and copies that a program made"),
        ("data/MNIST/raw/train-images-idx3-ubyte.gz", "a data set"),
        ("data/cifar-10-batches-py/data_batch_1", "a data set"),
    ],
)
def test_each_reason(path, reason):
    (found,) = mess([*TIDY, path])
    assert found.reason == reason
    assert path.split("/")[0] in found.places


def test_a_folder_is_named_once_and_many_places_are_counted():
    (caches,) = mess([f"__pycache__/{number}.pyc" for number in range(50)])
    assert caches.places == "__pycache__"
    (copies,) = mess([f"Copy of {number}.ipynb" for number in range(50)])
    assert copies.places.endswith("and 47 others")


def test_names_that_differ_in_case_alone():
    (found,) = mess(["S4/a.py", "s4/b.py"])
    assert (found.reason, found.places) == ("names that differ in upper and lower case alone", "S4 and s4")


@pytest.mark.timeout(30)
def test_ten_thousand_hostile_names():
    begin = time.monotonic()
    paths = ["copy " * 40 + str(number) for number in range(5_000)]
    paths += ["final_" * 30 + str(number) for number in range(5_000)] + ["/".join("ab" * 200)]
    assert mess(paths)
    assert time.monotonic() - begin < 10

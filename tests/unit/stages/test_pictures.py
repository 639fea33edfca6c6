"""Which files are decoded, and what it means that they could not be."""

from __future__ import annotations

from typing import get_args

import pytest

from grader.isolation.supervisor import Ending, EndingKind
from grader.records import Submission, SubmittedFile
from grader.stages.pictures import LIMIT_BYTES, LIMIT_FILES, _ended, _paths


def handed_in(**sizes: int) -> Submission:
    files = tuple(SubmittedFile(path, size, "0" * 64) for path, size in sizes.items())
    return Submission("x", "folder", "x", "", "", "", "", False, "sha256:0", files)


def test_pictures_and_notebooks_the_shallow_ones_first():
    sizes = {"b/c.PNG": 1, "z.jpg": 1, "a.ipynb": 1, "model.py": 1, "big.png": LIMIT_BYTES + 1}
    sizes[".ipynb_checkpoints/a-checkpoint.ipynb"] = 1
    assert _paths(handed_in(**sizes)) == (("a.ipynb", "z.jpg", "b/c.PNG"), 0)


def test_a_data_set_of_pictures_does_not_take_all_the_time():
    many = {f"data/train/{number}.png": 1 for number in range(3 * LIMIT_FILES)}
    paths, left = _paths(handed_in(**many, **{"loss.png": 1}))
    assert (paths[0], len(paths), left) == ("loss.png", LIMIT_FILES, 2 * LIMIT_FILES + 1)


@pytest.mark.parametrize("kind", get_args(EndingKind))
def test_nobody_loses_points_by_a_worker_that_ended(kind):
    absent = _ended(Ending(kind, "It ended."))
    assert absent.cause == ("errored" if kind in ("machine", "killed") else "review")
    assert "It ended." in absent.reason

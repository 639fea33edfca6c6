"""How a data set is chosen."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace

import pytest

from grader.data.interface import digest_of, load, variants
from grader.errors import ExitCode, UsageError


def test_the_folder_is_the_list_of_tasks() -> None:
    assert set(variants()) == {"cifar10", "digit_csv", "iris", "mnist", "mnist_sum", "tiny_imagenet"}


def test_an_unknown_task_names_the_known_ones() -> None:
    with pytest.raises(UsageError) as caught:
        load("mnistt", data_dir=None)
    assert "mnistt" in caught.value.message
    assert "mnist" in caught.value.hint
    assert caught.value.exit_code == ExitCode.USAGE


def test_the_digest_depends_on_content_and_on_where_it_ends() -> None:
    assert (
        digest_of(b"a", b"b")
        == "sha256:"
        + hashlib.sha256(hashlib.sha256(b"a").digest() + hashlib.sha256(b"b").digest()).hexdigest()
    )
    assert len({digest_of(b"a", b"b"), digest_of(b"ab"), digest_of(b"b", b"a"), digest_of(b"", b"ab")}) == 4


def test_no_torch_is_needed() -> None:
    code = (
        "import sys; from grader.data.interface import load, variants; variants(); "
        "load('iris', data_dir=None, stand_in=True); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


@pytest.mark.parametrize(
    ("task", "shape"),
    [("mnist", (1, 28, 28)), ("digit_csv", (1, 28, 28)), ("cifar10", (3, 32, 32)), ("iris", None)],
)
def test_what_transforms_of_images_see_of_an_input(task: str, shape: tuple[int, int, int] | None) -> None:
    assert load(task, data_dir=None, stand_in=True).picture_shape == shape


def test_a_row_that_fills_no_square_is_a_picture_of_one_line() -> None:
    rows = load("digit_csv", data_dir=None, stand_in=True)
    assert replace(rows, input_shape=(785,)).picture_shape == (1, 1, 785)

"""How a notebook's code cells are commented."""

from __future__ import annotations

import json
import time

import pytest

from grader.reading.cell_comments import LIMIT_CELLS, MOST_WORDS, cell_comments
from grader.reading.notebook import Cell, code_cells
from grader.records import CellComments


def notebook_text(source: str) -> str:
    cell = {"cell_type": "code", "source": source, "outputs": []}
    return json.dumps({"cells": [cell], "nbformat": 4, "nbformat_minor": 5, "metadata": {}})


def of(source: str) -> CellComments:
    (found,) = cell_comments(code_cells(notebook_text(source)), ())
    return found


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("# load the images\nx = 1", 3),
        ("x = 1  # the first one", 3),
        ("x = '# no comment at all'", 0),
        ('def f():\n    """What it gives back."""', 4),
        ('"""A cell about images."""\nx = 1', 4),
        ("# x = f(1)\ny = 2", 0),
        ("# why so\n# x = f(1)\ny = 2", 2),
        ("'''\nx = f(1)\n'''\ny = 2", 0),
        ("!pip install torchsummary  # for the table below", 4),
        ("%%time\n# how long it takes\nf(x)", 4),
        ("%%bash\n# list all files here\nls", 4),
        ("%%writefile net.py\n# the network of today\nx = 1", 4),
        ("# -*- coding: utf-8 -*-\n# noqa: E501\n#%%\nf(x)", 0),
        ("#!/usr/bin/env python\nf(x)", 0),
        ("#@title Show the images\nf(x)", 4),
        ("# 训练模型的循环\nf(x)", 4),
        ("# größere Bilder laden\nf(x)", 3),
        ("if x:\n   y\n  z\n# broken but commented here", 4),
        ("# ---- ==== 12345\nf(x)", 0),
    ],
)
def test_words_of_comments(source, words):
    assert of(source).words == words


def test_code_that_was_commented_out_is_said():
    assert of("# x = f(1)\ny = 2").commented_out
    assert not of("# load the images\ny = 2").commented_out


@pytest.mark.parametrize(
    "source",
    [
        "model",
        "x.shape",
        "losses[:3]",
        "print(x)",
        "df.head()",
        "plt.show()",
        "%matplotlib inline",
        "!nvidia-smi",
        "!ls",
        "# a",
    ],
)
def test_what_only_shows_something_needs_no_comment(source):
    assert of(source).exempt


@pytest.mark.parametrize(
    "source",
    [
        "x = 1",
        "train(model)",
        "print(train(model))",
        "!pip install torch",
        "a\nb",
        "import torch",
        "def f(): pass",
        "'text'",
    ],
)
def test_what_does_something_needs_one(source):
    assert not of(source).exempt


def test_text_above_and_broken_cells_are_said():
    cells = (Cell(2, "x = 1", raw="x = 1"), Cell(4, "if x:\n   y\n  z", raw="if x:\n   y\n  z"))
    found = cell_comments(cells, [1])
    assert [cell.text_above for cell in found] == [True, False]
    assert [cell.fault for cell in found] == ["", "it is not valid Python"]


def test_empty_cells_are_left_out_and_all_is_bounded():
    assert cell_comments((Cell(1, " \n", raw=" \n"),), ()) == ()
    many = tuple(Cell(n, "x = 1", raw="x = 1") for n in range(LIMIT_CELLS + 5))
    assert len(cell_comments(many, ())) == LIMIT_CELLS
    assert of("# a b c d e f\n" * 20_000).words <= MOST_WORDS


def test_what_the_comments_say_is_kept_in_one_line():
    found = of("# Load the\timages.\n# ----\n# x = f(1)\nx = 1  # and \x1b[31m one")
    assert found.text == "Load the images. / and \\x1b[31m one"
    assert len(of("# words " + "and words " * 500).text) == 160


def test_a_notebook_with_too_much_code_is_read_up_to_there():
    source = f"x = '{'a' * 99_000}'"
    cells = tuple(Cell(n, source, raw=source) for n in range(12))
    begin = time.monotonic()
    found = cell_comments(cells, ())
    assert time.monotonic() - begin < 15
    assert [bool(cell.fault) for cell in found] == [False] * 4 + [True] * 8
    assert found[-1].fault == "not read, because the notebook has so much code"

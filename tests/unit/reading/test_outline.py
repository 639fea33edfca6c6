"""Classes, functions and imports of the source."""

from __future__ import annotations

import pytest

from grader.reading import outline as module
from grader.reading.outline import outline
from grader.reading.pieces import Piece


def read(text: str, cell: int = 0):
    return outline([Piece("a.ipynb" if cell else "a.py", cell, text)])


def test_what_is_defined_in_the_order_of_its_lines():
    found = read(
        "def train():\n    class Hidden: pass\n    def inner(): pass\n"
        "class Net:\n    def forward(self): pass\n    if True:\n        async def extra(self): pass\n"
        "if True:\n    def test(): pass\nname = lambda x: x\n"
    )
    assert [(one.kind, one.name, one.line) for one in found.definitions] == [
        ("function", "train", 1),
        ("class", "Hidden", 2),
        ("class", "Net", 4),
        ("method", "Net.forward", 5),
        ("method", "Net.extra", 7),
        ("function", "test", 9),
    ]
    assert found.definitions[0].place == "a.py:1"
    assert read("class Net: pass", 3).definitions[0].place == "a.ipynb, cell 3"
    assert found.cut == ""


def test_what_is_imported():
    text = "import torch.nn as nn, os\nfrom models import *\ndef f():\n    from .resnet import A, B as C\n"
    assert [(one.module, one.names, one.place) for one in read(text).imports] == [
        ("torch.nn", (), "a.py:1"),
        ("os", (), "a.py:1"),
        ("models", ("*",), "a.py:2"),
        (".resnet", ("A", "B"), "a.py:4"),
    ]


def test_what_cannot_be_parsed_has_none():
    assert read("def f(:\n") == module.Outline()


def test_names_are_cleaned():
    (found,) = read("class " + "A" * 5_000 + ": pass").definitions
    assert len(found.name) == module.LIMIT_NAME


@pytest.mark.parametrize("line", ["class A: pass\n", "import a\n"], ids=["definitions", "imports"])
def test_there_is_an_end(line):
    found = read(line * 4_000)
    assert len(found.definitions) <= module.LIMIT_DEFINITIONS
    assert len(found.imports) <= module.LIMIT_IMPORTS
    assert "Only the first" in found.cut


def test_a_whole_reading_has_it(stage):
    from grader.reading.read import read_submission

    reading = read_submission(*stage({"n.ipynb": ("import a", "def f(): pass"), "b.py": "class B: pass"}))
    assert {(one.name, one.place) for one in reading.outline.definitions} == {
        ("f", "n.ipynb, cell 2"),
        ("B", "b.py:1"),
    }

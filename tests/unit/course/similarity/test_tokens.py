"""What stays of a piece of code when names, literals, comments and layout are taken away."""

from __future__ import annotations

import time

import pytest

from grader.course.similarity.tokens import normalised, own_attributes, scanned


def words(text: str) -> list[str]:
    raw = scanned(text, 10_000)
    return normalised(raw, own_attributes(raw)).words


ORIGINAL = '''
import torch.nn as nn

class Net(nn.Module):
    """A small network."""

    def __init__(self, width=8):
        super().__init__()
        self.conv = nn.Conv2d(1, width, 3, padding=1)  # finds edges

    def shrink(self, x):
        return self.conv(x).mean("two")

for epoch in range(10):
    print(f"epoch {epoch}", 0.5, 'done')
'''
COPIED = '''
from torch import nn as layers
import os
# my own idea
class Model(layers.Module):
    def __init__(me, w=32):
        # begin
        super().__init__()
        me.first = layers.Conv2d(
            3,
            w,
            5,
            pad=2,
        )
    def smaller(me, picture):
        """Another docstring."""
        return me.first(picture).mean('x' )
for e in range(1):
    pass
    print("e" , 17, b"") ;
'''


def test_a_copy_with_other_names_numbers_texts_comments_and_layout_has_the_same_tokens() -> None:
    assert words(ORIGINAL) == words(COPIED)


def test_the_names_of_a_library_stay() -> None:
    assert words("x = nn.Conv2d(1)") != words("x = nn.Linear(1)")
    assert words("len(x)") != words("sum(x)")
    assert words("model.train()") != words("model.eval()")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a + b", "a - b"),
        ("a == b", "a = b"),
        ("if a: b", "while a: b"),
        ("f(a, b)", "f(a)"),
        ("a[0]", "a(0)"),
    ],
)
def test_what_the_code_does_stays(one: str, other: str) -> None:
    assert words(one) != words(other)


def test_every_token_knows_its_line() -> None:
    text = 'import os\na = """one\ntwo"""\n\n# nothing\nf(\n  b)\n'
    raw = scanned(text, 100)
    found = normalised(raw, set())
    assert list(zip(found.words, found.lines, strict=True)) == [
        *(("n", 1), ("=", 1), ("s", 1)),
        *(("n", 5), ("(", 5), ("n", 6), (")", 6)),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "def f(:\n  x = 1",
        "a = 'open\nb = 2",
        'a = """open\nb = 2',
        ")))] x = 1",
        "\0\x01 x",
        "x = ¤",
        "\\",
        "if x\n\ty",
    ],
)
def test_broken_code_is_read_as_far_as_it_goes(text: str) -> None:
    assert len(words(text)) >= (1 if text != "\\" else 0)


@pytest.mark.parametrize(
    "text",
    [
        '"' + '\\"' * 300_000,
        '"""' + "\\" * 600_000,
        "(" * 600_000,
        "\n".join(" " * indent + "x" for indent in range(1_000)),
        "1e+" * 200_000,
        "rb" * 300_000,
        "f'" * 300_000,
        "import " * 90_000,
    ],
    ids=["quotes", "backslashes", "brackets", "steps", "numbers", "prefixes", "openings", "imports"],
)
def test_hostile_text_takes_linear_time(text: str) -> None:
    begin = time.process_time()
    raw = scanned(text, 50_000)
    normalised(raw, own_attributes(raw))
    assert len(raw) <= 50_000
    assert time.process_time() - begin < 2.0

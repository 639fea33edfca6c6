"""Code that was commented out, and words that happen to be Python."""

from __future__ import annotations

import pytest

from grader.reading.commented_code import LIMIT_TEXT, code_lines

CODE = (
    "model = BatchNormCNN().to(device)",
    "summary(model, input_size=(1, 28, 28))",
    "nn.Conv2d(8, 16, 3),",
    "for epoch in range(3):",
    "else:",
    "elif epoch == 3:",
    "optimizer = optim.SGD(model.parameters(),",
    "from trainer import Trainer",
    "import torch.nn as nn",
    "return x",
    "losses[0]",
    "lr: float = 0.1",
    "!pip install albumentations",
    "%matplotlib inline",
)
WORDS = (
    "load the images",
    "train and test",
    "not used",
    "note: shuffled",
    "RF: 3",
    "Normalize (mean, std)",
    "import libraries",
    "import necessary packages",
    "test-accuracy",
    "from here on, the test",
    "Loss, accuracy",
    "see https://example.org/a?b=c",
    "What does it do?",
    "28x28x1 -> 28x28x8, RF 3x3",
    "100 % of the images",
    "",
)


@pytest.mark.parametrize("text", CODE)
def test_code(text):
    assert code_lines([f" {text}"]) == [True]


@pytest.mark.parametrize("text", WORDS)
def test_words(text):
    assert code_lines([f" {text}"]) == [False]


def test_a_block_that_is_code_as_a_whole():
    assert code_lines([" for x in y:", "     total += x", "     # why"]) == [True, True, True]
    assert code_lines([" Why so?", " print(x)"]) == [False, True]


def test_what_is_too_long_or_too_deep_counts_as_words():
    assert code_lines(["(" * LIMIT_TEXT]) == [False]
    assert code_lines(["x = 1;" * LIMIT_TEXT]) == [False]
    assert code_lines(["-" * 3_000 + "x"]) == [False]

"""A number agrees with another one within the last digit that was written."""

from __future__ import annotations

import pytest

from grader.evaluation.rounding import as_stated, last_digit
from grader.records import Claim


@pytest.mark.parametrize(
    ("name", "value", "text", "step"),
    [
        ("parameters", 20_000, "about 20k parameters", 1000),
        ("parameters", 13_800, "Params: 13.8K", 100),
        ("parameters", 1_230_000, "1.23M", 10_000),
        ("parameters", 21_844, "| Total | 21,844 |", 1),
        ("parameters", 21_844, "conv 3x3, 21844 parameters", 1),
        ("parameters", 21_844, "no number at all", 1),
        ("test_accuracy", 0.9883, "98.83 % after 20 epochs", 0.0001),
        ("test_accuracy", 0.99, "test accuracy: 99%", 0.01),
        ("test_accuracy", 0.988, "acc 0.988", 0.001),
        ("test_accuracy", 0.988, "", 0.0001),
    ],
)
def test_the_weight_of_the_last_digit(name, value, text, step):
    assert last_digit(Claim(name, value, "README.md:1", text)) == pytest.approx(step)


@pytest.mark.parametrize(
    ("name", "value", "text", "measured", "agrees"),
    [
        ("parameters", 20_000, "20k parameters", 19_250, True),
        ("parameters", 20_000, "20k parameters", 20_900, True),
        ("parameters", 20_000, "20k parameters", 21_500, False),
        ("parameters", 13_800, "13.8K", 13_808, True),
        ("parameters", 13_800, "13.8K", 13_950, False),
        ("parameters", 6338, "6,338", 6338, True),
        ("parameters", 6338, "6,338", 6339, False),
        ("test_accuracy", 0.994, "99.4 %", 0.9943, True),
        ("test_accuracy", 0.994, "99.4 %", 0.9949, True),
        ("test_accuracy", 0.995, "99.5 %", 0.9943, False),
    ],
)
def test_what_agrees(name, value, text, measured, agrees):
    assert as_stated(Claim(name, value, "README.md:1", text), measured) is agrees


def test_a_line_of_digits_takes_no_time():
    assert last_digit(Claim("parameters", 1.0, "README.md:1", "1," * 100_000 + "9" * 100_000)) == 1

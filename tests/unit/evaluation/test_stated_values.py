"""Recovered arguments as values: read and never evaluated, whatever they hold."""

from __future__ import annotations

import time

import pytest

from grader.evaluation.stated_values import Unread, argument, number, numbers, same, shown, value_of
from grader.evaluation.wanted_values import Range, fits, said
from grader.records import Call


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (3, 3),
        (True, True),
        ("(0.9, 0.99)", (0.9, 0.99)),
        ("[1, [2, 3]]", (1, (2, 3))),
        ("None", None),
        ("True", True),
        ("linear", "linear"),
        (" (1,)", (1,)),
        ("'cos'", "cos"),
    ],
)
def test_values(given, value):
    assert value_of(given) == value


@pytest.mark.parametrize(
    "given",
    ["__import__('os').system('true')", "lambda: 1", "{1: 2}", "(" * 300, "1" * 401, "1e999", "", "a b",
     float("inf"), float("nan"), "9" * 399 + "*", "b'x'"],
    ids=lambda value: str(value)[:12],
)  # fmt: skip
def test_what_is_no_plain_value_is_unread(given):
    start = time.perf_counter()
    assert isinstance(value_of(given), Unread)
    assert time.perf_counter() - start < 1


def test_a_long_sequence_is_cut():
    found = value_of("(" + "1," * 100 + ")")
    assert isinstance(found, tuple)
    assert len(found) == 40


def test_the_first_argument_that_is_given():
    call = Call("Cutout", (("fill", 3), ("fill_value", 4)))
    assert argument(call, "fill_value", "fill") == 4
    assert isinstance(argument(call, "value"), Unread)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (3, (3.0,)),
        ((1, 2.5), (1.0, 2.5)),
        (True, ()),
        ((1, "a"), ()),
        (None, ()),
        (Unread("x"), ()),
        (10**400, ()),
    ],
    ids=lambda value: str(value)[:12],
)
def test_numbers(value, found):
    assert numbers(value) == found
    assert number(value) == (found[0] if len(found) == 1 else None)


@pytest.mark.parametrize(
    ("mine", "wanted", "equal"),
    [
        (0.1, 0.1 + 1e-12, True),
        (1, 1.0, True),
        (1, True, False),
        (True, True, True),
        ((0.9, 0.999), (0.9, 0.999), True),
        ((0.9,), (0.9, 0.999), False),
        ("Cos", "cos", True),
        ("cos", 1, False),
        (None, None, True),
        (None, 0, False),
        (Unread("x"), 0, False),
    ],
    ids=str,
)
def test_equal_values(mine, wanted, equal):
    assert same(mine, wanted) is equal


@pytest.mark.parametrize(
    ("mine", "wanted", "right"),
    [
        (0.1, Range(at_least=0.1), True),
        (0.1, Range(at_most=0.1), True),
        (0.2, Range(at_most=0.1), False),
        (0.05, Range(at_least=0.1), False),
        ((0.1, 0.2), Range(at_most=1.0), False),
        ("a", Range(at_most=1.0), False),
        (True, Range(at_most=1.0), False),
        (0.1, 0.1, True),
    ],
    ids=str,
)
def test_a_value_and_what_is_asked(mine, wanted, right):
    assert fits(mine, wanted) is right


def test_what_is_said():
    assert said(Range(at_least=0.1, at_most=0.5)) == "at least 0.1 and at most 0.5"
    assert said(0.9) == "0.9"
    assert shown("linear") == "linear"
    assert shown(Unread("")) == "not given"
    assert shown("a\x1b[31mb") == "a\\x1b[31mb"

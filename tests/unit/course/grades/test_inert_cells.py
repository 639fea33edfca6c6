"""Cells of ours: no text begins a formula, no number is written in a way that a gradebook could misread."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.course.grades.inert_cells import inert, number

STARTS = "=+-@＝＋－＠"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")'),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'\\x09=1"),
        ("\r=1", "'\\x0d=1"),
        ("  =1", "'  =1"),
        ("＝1", "'＝1"),
        ("a;=1", "a;'=1"),
        ("\u037e=1", ";'=1"),  # NFC makes a semicolon of the Greek question mark
        ("Ada Lovelace-King", "Ada Lovelace-King"),
        ("", ""),
    ],
)
def test_formulas_are_text(text, shown):
    assert inert(text) == shown


@given(st.text(st.characters(codec="utf-8") | st.sampled_from(STARTS + "\t\r\n; "), max_size=30))
def test_no_text_begins_a_formula_however_it_is_split(text):
    made = inert(text)
    assert not set(made) & set("\t\r\n")
    assert not any(piece.strip().startswith(tuple(STARTS)) for piece in made.split(";"))


@pytest.mark.parametrize(
    ("points", "shown"),
    [
        (225.0, "225"),
        (-75.0, "-75"),
        (7.5, "7.5"),
        (0.1 + 0.2, "0.3"),
        (1234567.25, "1234567.25"),
        (-0.001, "0"),
        (100, "100"),
    ],
)
def test_points_have_at_most_two_decimals_and_no_exponent(points, shown):
    assert number(points) == shown
    assert number(points, comma=True) == shown.replace(".", ",")


@given(st.floats(-1e9, 1e9))
def test_a_number_is_read_back(points):
    assert re.fullmatch(r"-?\d+(\.\d{1,2})?", number(points))
    assert float(number(points)) == pytest.approx(points, abs=0.0051)


@pytest.mark.parametrize(
    "points", [float("nan"), float("inf"), float("-inf")], ids=["nan", "inf", "minus-inf"]
)
def test_what_is_no_number_is_never_written(points):
    with pytest.raises(ValueError, match="cannot be a grade"):
        number(points)

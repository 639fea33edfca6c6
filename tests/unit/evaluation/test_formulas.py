"""Formulas are read as spreadsheets read them, and what is no arithmetic is said."""

from __future__ import annotations

import math

import pytest

from grader.cells import Book, Cell, Sheet
from grader.evaluation.cell_values import worked_out
from grader.evaluation.formulas import MAX_TOKENS, Area, NotUnderstood, steps_of


def value(formula: str) -> float:
    """With 2 in A1, 3 in A2, a text in A3, and 5 in A1 of another sheet."""
    cells = {(1, 1): Cell(2.0), (2, 1): Cell(3.0), (3, 1): Cell("word"), (9, 9): Cell(None, formula)}
    sheets = (Sheet("Own", cells), Sheet("My sheet's", {(1, 1): Cell(5.0)}))
    return worked_out(Book("a.xlsx", sheets)).numbers[0][9, 9]


@pytest.mark.parametrize(
    ("formula", "result"),
    [
        ("1+2*3", 7),
        ("(1+2)*3", 9),
        ("2^3^2", 64),  # from left to right
        ("-2^2", 4),  # a sign binds tighter
        ("0-2^2", -4),
        ("2^-1", 0.5),
        ("--3", 3),
        ("+A1", 2),
        ("50%", 0.5),
        ("A1*10%", 0.2),
        ("200%%", 0.02),
        ("10-4-3", 3),
        ("24/4/2", 3),
        (" 1 + A1 ", 3),
        ("$A$1*A$2", 6),
        ("a1+A2", 5),
        ("Own!A1+1", 3),
        ("'My sheet''s'!A1*2", 10),
        ("SUM(A1:A3)", 5),
        ("SUM(A1:A2,10,A1)", 17),
        ("AVERAGE(A1:A2)", 2.5),
        ("PRODUCT(A1:A2,2)", 12),
        ("POWER(A1,A2)", 8),
        ("SQRT(16)+ABS(-1)", 5),
        ("ROUND(2.5,0)", 3),
        ("ROUND(-1.005,1)", -1.0),
        ("LN(EXP(2))", 2),
        ("PI()", math.pi),
        ("1/(1+EXP(-A1))", 1 / (1 + math.exp(-2))),
        ("1/(1+exp(-(A1)))", 1 / (1 + math.exp(-2))),
        ("_xlfn.SUM(1,2)", 3),
        ("1.5e2+.5", 150.5),
        ("B7+1", 1),  # an empty cell
    ],
)
def test_arithmetic(formula: str, result: float) -> None:
    assert value(formula) == pytest.approx(result, abs=1e-12)


@pytest.mark.parametrize(
    "formula",
    [
        *("", "1+", "*2", "(1", "1)", "()", "1 2", "A1 A2", "1,2", "%", "SUM(1,)", "SUM(,1)", "2(3)"),
        *(
            "VLOOKUP(1,A1:B2,2)",
            "IF(A1>1,1,2)",
            "A1&A2",
            '"text"',
            "{1,2}",
            "[1]Sheet!A1",
            "name",
            "A:A",
            "#REF!+1",
        ),
        *("A0", "A99999999", "ZZZ1", "A1:A9999", "__import__('os')", "A1.real", "1" * 500 + "?"),
    ],
)
def test_what_is_no_arithmetic_is_said(formula: str) -> None:
    with pytest.raises(NotUnderstood, match=r"\w+ \w+"):
        steps_of(formula)


@pytest.mark.parametrize(
    "text", ["(" * 5_000, "-" * 5_000 + "1", "SUM(" * 5_000, "1+" * 5_000 + "1"], ids=len
)
def test_endless_nesting_ends(text: str) -> None:
    with pytest.raises(NotUnderstood, match="too long"):
        steps_of(text)


def test_the_longest_nesting_is_worked_out() -> None:
    depth = MAX_TOKENS // 2 - 1
    assert value("(" * depth + "1" + ")" * depth) == 1
    assert value("-" * (MAX_TOKENS - 1) + "1") == -1


def test_a_range_is_put_in_order() -> None:
    assert steps_of("SUM(B3:A1)")[0] == Area("", (1, 1), (3, 2), is_range=True)


@pytest.mark.parametrize(
    "formula", ["1/0", "9^9^9^9", "EXP(1000)", "LN(0)", "SQRT(-1)", "(0-8)^0.5", "0^-1", "ROUND(1,99)", "A3*2", "A1:A2+1", "EXP(1,2)", "1e999", "AVERAGE(B1:B2)"]
)  # fmt: skip
def test_what_gives_no_number_has_none(formula: str) -> None:
    with pytest.raises(KeyError):
        value(formula)

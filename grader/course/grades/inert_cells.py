"""Text in a cell of ours that no spreadsheet takes for a formula."""

from __future__ import annotations

import re

from grader.text import clean

_FORMULA = re.compile(r"(^|;)([\s\u00a0\u200b\ufeff]*)(?=[=+\-@\t\r＝＋－＠])")
"""Where a formula may begin: in a cell, and behind a semicolon, which many spreadsheets take for the separator."""


def inert(text: str, limit: int = 300) -> str:
    """Student text as a cell: on one line, and with an apostrophe before what would be a formula."""
    # Twice: what is cleaned shows no tab any more, and cleaning can make a semicolon of another character.
    return _FORMULA.sub(r"\1'\2", clean(_FORMULA.sub(r"\1'\2", text[: 4 * limit]), limit))


def number(points: float, comma: bool = False) -> str:
    """Points as a cell: at most two decimals, never an exponent.

    Raises:
        ValueError: it is not a finite number.
    """
    shown = f"{round(points, 2) + 0.0:.2f}".rstrip("0").rstrip(".")
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", shown):
        raise ValueError(f"{points} cannot be a grade")
    return shown.replace(".", ",") if comma else shown

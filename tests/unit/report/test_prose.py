"""Sentences with code between backticks: cut into pieces, and nothing of them lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.report.html import prose
from grader.report.prose import pieces


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no code", [("no code", False)]),
        ("`# Title`", [("# Title", True)]),
        ("no network in `__init__`.", [("no network in ", False), ("__init__", True), (".", False)]),
        ("between lines of ```.", [("between lines of ```.", False)]),
        ("a ` alone", [("a ` alone", False)]),
        ("`over\ntwo lines`", [("`over\ntwo lines`", False)]),
        ("`a``b`", [("`a``b`", False)]),
        ("` a `", [("` a `", False)]),
        ("", []),
    ],
)
def test_the_pieces_of_a_sentence(text: str, expected: list[tuple[str, bool]]) -> None:
    assert list(pieces(text)) == expected


@given(st.text(st.sampled_from("ab `\n<&"), max_size=40))
def test_nothing_is_lost(text: str) -> None:
    found = list(pieces(text))
    assert "".join(f"`{part}`" if is_code else part for part, is_code in found) == text


def test_in_html_each_piece_is_escaped() -> None:
    assert prose("use `<b>&` and <i>") == "use <code>&lt;b&gt;&amp;</code> and &lt;i&gt;"

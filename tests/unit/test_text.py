"""Text from students is inert before it is printed or stored."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from grader.text import clean, clean_block, clean_path

BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
anything = st.text(
    st.characters()
    | st.sampled_from("\x1b\x07\n\r\t\x00\x9b\u2028" + BIDI)
    | st.characters(categories=["Cs"])
)


@given(anything)
def test_one_line_without_control_characters(text):
    shown = clean(text)
    assert len(shown) <= 200
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in BIDI for c in shown)
    shown.encode("utf-8")


@given(anything)
def test_a_block_keeps_its_lines_and_nothing_that_drives_a_terminal(text):
    shown = clean_block(text)
    assert not any((unicodedata.category(c) == "Cc" and c not in "\n\t") or c in BIDI for c in shown)
    shown.encode("utf-8")


def test_escapes_are_visible():
    assert clean("a\x1b[31mb\u202ec") == "a\\x1b[31mb\\u202ec"
    assert clean_block("a\tb\r\nc\x07") == "a\tb\nc\\x07"


def test_long_text_is_cut_and_says_so():
    assert clean("x" * 500, 10) == "x" * 9 + "…"
    assert len(clean_path("a/" * 300)) <= 160


def test_ordinary_text_stays_as_it_is():
    assert clean("Überraschung: 3×3, 中文, 🎯") == "Überraschung: 3×3, 中文, 🎯"

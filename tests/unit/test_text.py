"""Text from students is inert before it is printed or stored."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.text import clean, clean_block, clean_path, counted, without_credentials

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


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("https://user:token@host/o/r", "https://host/o/r"),
        ("https://token@host/o/r?token=abc#readme", "https://host/o/r#readme"),
        ("ssh://git@host/o/r", "ssh://host/o/r"),
        ("git@github.com:o/r.git", "git@github.com:o/r.git"),
        ("./what?/folder@home", "./what?/folder@home"),
    ],
)
def test_a_link_is_shown_without_secrets(source, shown):
    assert without_credentials(source) == shown


def test_ordinary_text_stays_as_it_is():
    assert clean("Überraschung: 3×3, 中文, 🎯") == "Überraschung: 3×3, 中文, 🎯"


def test_what_is_counted_reads_well():
    assert [counted(n, "file", "files") for n in (0, 1, 2, 11_000)] == [
        "0 files",
        "1 file",
        "2 files",
        "11,000 files",
    ]


def test_every_character_is_cleaned_alone_and_in_a_text_as_its_category_says():
    """The quick way, for texts that can be printed, lets nothing through that the other one would show as an escape."""
    hidden = ("Cc", "Cs", "Co", "Cn", "Zl", "Zp")
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if character.isprintable():
            assert unicodedata.category(character) not in hidden, hex(code)
            assert character not in BIDI, hex(code)


@pytest.mark.parametrize("character", ["\x00", "\x9b", "\u202e", "\ud800", "\u2028", "\ue000"])
def test_one_bad_character_in_a_long_good_text_is_shown(character):
    shown = clean(f"{'a' * 100}{character}{'b' * 50}")
    assert shown == f"{'a' * 100}{ascii(character)[1:-1]}{'b' * 50}"

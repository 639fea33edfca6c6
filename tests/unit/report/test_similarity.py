"""The list and the page: what they say, what they never say, and hostile text in both."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import pytest
from rich.console import Console

from grader.errors import StoreError
from grader.records.similarity import (
    SIMILARITY_SCHEMA,
    Excerpt,
    Sign,
    Similarity,
    SimilarPair,
    SimilarWork,
    SourceLine,
)
from grader.report.similarity import from_json, made_of, page, print_similarity, to_json

HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e{{ 7*7 }}</style>"
EXCERPT = Excerpt(
    "model.py:3",
    "S4.ipynb, cell 2, line 1",
    (SourceLine(3, "    self.conv = nn.Conv2d(1, 8, 3)", True), SourceLine(4, "x = 1", False)),
    (SourceLine(1, "    me.first = nn.Conv2d(1, 32, 3)", True), SourceLine(0, "", False)),
)
PAIR = SimilarPair(
    left=SimilarWork("ada", ""),
    right=SimilarWork("bo", "s4-2025"),
    score=0.9312,
    above_median=0.9112,
    rank=0.92,
    shared_lines=41,
    signs=(Sign("weights", "The same weights, byte for byte: net.pth. 2 of 40 have this.", 2, 1.0),),
    excerpts=(EXCERPT,),
)
FOUND = Similarity(
    schema=SIMILARITY_SCHEMA,
    place="s4-2026",
    works=39,
    earlier_works=1,
    compared=779,
    not_compared=1,
    median=0.02,
    margin=0.3,
    above=3,
    pairs=(PAIR,),
    common=52,
    notes=("cy: a.ipynb was not compared: line 1: not valid JSON",),
)


def printed(found: Similarity, width: int = 100) -> str:
    out = io.StringIO()
    print_similarity(found, Console(file=out, width=width, highlight=False))
    return out.getvalue()


def test_the_list_says_who_how_much_why_and_where() -> None:
    text = " ".join(printed(FOUND).split())
    for part in (
        "39 submissions and 1 of earlier batches, 779 pairs.",
        "1 pair was not compared: the same repository, or the same person.",
        "1 ada bo (s4-2025) 93 % alike, 91 points above the median.",
        "41 lines of code that few others have. The same weights, byte for byte: net.pth.",
        "model.py:3 | S4.ipynb, cell 2, line 1",
        "2 more stand out and are not shown: --top.",
        "No points hang on it.",
        "! cy: a.ipynb was not compared",
    ):
        assert part in text


def test_nothing_that_stands_out_is_said_too() -> None:
    nothing = replace(FOUND, pairs=(), above=0, notes=())
    assert "No pair stands out." in printed(nothing)
    assert "No pair stands out." in page(nothing)


def test_the_page_shows_both_sides_with_the_matching_lines_marked() -> None:
    text = page(FOUND)
    assert re.search(r'class="n hit">3</td><td class="c hit left"><mark>    self\.conv = nn\.Conv2d', text)
    assert re.search(r'class="n hit">1</td><td class="c hit right"><mark>    me\.first', text)
    assert re.search(r'<td class="n">4</td><td class="c left">x = 1</td><td class="n"></td>', text)
    assert "No points hang on it." in text
    assert page(FOUND) == text


@pytest.mark.parametrize(
    "text", [page(FOUND), printed(FOUND), to_json(FOUND)], ids=["page", "terminal", "json"]
)
def test_no_word_of_guilt(text: str) -> None:
    body = re.sub(r"<style>.*</style>", "", text, flags=re.DOTALL)
    assert not re.search(
        r"plagiar|cheat|guilt|copied|copier|suspect|offen|dishonest|steal|stole", body, re.IGNORECASE
    )


def test_hostile_text_is_inert_everywhere() -> None:
    line = SourceLine(1, HOSTILE, True)
    excerpt = Excerpt(HOSTILE, HOSTILE, (line,), (line,))
    work, sign = SimilarWork(HOSTILE, HOSTILE), Sign("log", HOSTILE, 2, 1.0)
    pair = replace(PAIR, left=work, right=work, signs=(sign,), excerpts=(excerpt,))
    worst = replace(FOUND, place=HOSTILE, pairs=(pair,), notes=(HOSTILE,))
    shown = page(worst)
    assert "<script" not in shown
    assert "{{ 7*7 }}" in shown
    assert shown.count("</style>") == 1
    for text in (shown, printed(worst), to_json(worst)):
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_the_page_asks_for_nothing() -> None:
    text = page(FOUND)
    assert "default-src 'none'" in text
    assert not re.search(r"<script|https?://|@import|url\(", text)


def test_json_is_the_record() -> None:
    data = json.loads(to_json(FOUND))
    assert data["schema"] == "grader/similarity/1"
    assert data["pairs"][0]["excerpts"][0]["left"][0]["source_line"] == "    self.conv = nn.Conv2d(1, 8, 3)"
    assert data["pairs"][0]["signs"][0]["works"] == 2
    assert from_json(to_json(FOUND)) == FOUND


@pytest.mark.parametrize("text", ["", "{}", "[1", "null", '{"schema": "grader/similarity/9"}'])
def test_what_is_no_comparison_is_refused(text: str) -> None:
    with pytest.raises(StoreError, match="Compare the batch again"):
        from_json(text)


def test_another_version_is_refused() -> None:
    with pytest.raises(StoreError, match=r'schema: expected "grader/similarity/1"'):
        from_json(to_json(replace(FOUND, schema="grader/similarity/2")))


def test_a_pair_without_code_in_common_is_made_of_its_signs() -> None:
    assert made_of(replace(PAIR, shared_lines=0)) == (PAIR.signs[0].text,)
    assert "They share no stretch of code" in page(replace(FOUND, pairs=(replace(PAIR, excerpts=()),)))

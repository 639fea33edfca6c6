"""The Markdown report, looked at as a renderer that allows raw HTML sees it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from grader.records import RunRecord
from grader.report.markdown import code, fenced, plain, prose, render
from grader.report.prose import pieces

ALPHABET = st.text(st.sampled_from("a1 _*`~|\\<>&[]()#+-=:!$.\"'"), min_size=1, max_size=24)


def renderer() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def tokens(text: str) -> list[Token]:
    return [one for token in renderer().parse(text) for one in (token, *(token.children or ()))]


def shown(text: str) -> str:
    """The text of a paragraph, if it is one paragraph of nothing but text and code."""
    found = tokens(text)
    assert {one.type for one in found} <= {
        "paragraph_open",
        "inline",
        "text",
        "text_special",
        "code_inline",
        "paragraph_close",
    }
    return "".join(one.content for one in found if one.type in ("text", "text_special", "code_inline"))


@given(ALPHABET.map(lambda text: " ".join(text.split())).filter(bool))
def test_plain_text_stays_what_it_is(text: str) -> None:
    assert shown(plain(text)) == text


@given(ALPHABET.map(lambda text: " ".join(text.split())).filter(bool))
def test_code_stays_what_it_is(text: str) -> None:
    assert shown(f"x {code(text)} y") == f"x {text} y"


@given(ALPHABET.map(lambda text: " ".join(text.split())).filter(bool))
def test_a_sentence_with_code_stays_what_it_is(text: str) -> None:
    assert shown(prose(f"x {text} y")) == "".join(part for part, _ in pieces(f"x {text} y"))


def test_code_in_a_sentence_reads_well_as_plain_text() -> None:
    assert prose("no network in `__init__`: `# Title`.") == "no network in `__init__`: `# Title`."


def test_a_table_stands_aligned_in_plain_text(example_records: dict[str, RunRecord]) -> None:
    text = render(example_records["partial"])
    tables = re.findall(r"(?:^\|.*\|$\n)+", text, re.MULTILINE)
    ends = [{len(line) for line in table.splitlines() if len(line) < 160} for table in tables]
    assert len(tables) > 8
    assert sum(len(one) == 1 for one in ends) > 0.7 * len(tables)
    assert "| small: 0 of 75          |          0 |" in text


def test_each_part_of_a_check_has_a_line_for_what_to_try(example_records: dict[str, RunRecord]) -> None:
    lines = render(example_records["partial"]).splitlines()
    at = next(number for number, line in enumerate(lines) if "**shows: training log**" in line)
    assert lines[at + 1 : at + 3] == [
        "  - **Expected:** a line for each trained epoch",
        "  - **What to try:** Paste the log as text.",
    ]


@given(ALPHABET.map(lambda text: " ".join(text.split())).filter(bool))
def test_nothing_leaves_the_cell_of_a_table(text: str) -> None:
    table = f"| a | b | c |\n| --- | --- | --- |\n| {plain(text)} | {code(text)} | end |\n"
    cells = [one for one in renderer().parse(table) if one.type == "inline"]
    assert len(cells) == 6
    read = ["".join(part.content for part in cell.children or ()) for cell in cells]
    assert read[3:] == [text, text, "end"]


@given(st.text(st.sampled_from("`~a \n<"), max_size=40))
def test_nothing_leaves_a_fence(text: str) -> None:
    found = renderer().parse(fenced(text) + "\n\nafter\n")
    assert [one.type for one in found] == ["fence", "paragraph_open", "inline", "paragraph_close"]
    assert found[0].content.rstrip() == text.rstrip()


def test_the_only_raw_html_is_our_own(example_record: RunRecord) -> None:
    found = tokens(render(example_record))
    raw = {tag for one in found if one.type.startswith("html") for tag in re.findall(r"<[^>]*>", one.content)}
    assert raw <= {"<details>", "</details>", "<summary>", "</summary>"}
    assert not {"image", "link_open", "em_open", "s_open"} & {one.type for one in found}


def test_what_is_opened_is_closed(example_record: RunRecord) -> None:
    text = render(example_record)
    lines = re.sub(r"^(`{3,})text\n.*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL).splitlines()
    assert sum(line.startswith("<details>") for line in lines) == sum(line == "</details>" for line in lines)
    assert text.count("\n# ") + text.startswith("# ") == 1


def test_hostile_text_is_shown_as_text(example_records: dict[str, RunRecord]) -> None:
    html = renderer().render(render(example_records["hostile"]))
    assert "<script" not in html
    assert "<img" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 40


def test_a_web_address_is_no_link() -> None:
    assert "://" not in plain("see https://evil.example/ now")
    assert "www." not in plain("www.evil.example")


@pytest.mark.parametrize(
    "text", ["# no heading", "1. no list", "- no list", "+ no", "> no quote", "===", "---"]
)
def test_the_start_of_a_line_means_nothing(text: str) -> None:
    assert shown(plain(text)) == text


def test_a_number_reads_well_as_plain_text() -> None:
    assert plain("98.93 % ± 0.07 (max_lr)") == "98.93 % ± 0.07 (max_lr)"

"""The link in a cell, whatever else people put there."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.course.rosters.links import NoSource, Source, made_link, read_pattern, read_source
from grader.errors import UsageError

URL = "https://github.com/ada/s4"


@pytest.mark.parametrize(
    ("cell", "given", "remarked"),
    [
        (f" {URL} ", URL, False),
        (f"\ufeff{URL}\u200b", URL, False),
        (f"[my work]({URL})", f"[my work]({URL})", True),
        ("github.com/ada/s4", "github.com/ada/s4", False),
        ("git@github.com:ada/s4.git", "git@github.com:ada/s4.git", False),
        (f"Here it is: {URL}.", URL, True),
        (f"{URL} (branch main)", URL, True),
        (f"{URL} {URL}", URL, True),
        (f"{URL}/tree/main/Session 4", f"{URL}/tree/main/Session 4", False),
        (f"{URL}\n{URL}/tree/main/S4", URL, True),
        (f'<p><a href="{URL}">x</a> {URL}</p>', URL, False),
        (f"<p>{URL}</p>", URL, False),
        (f"<a href=\"https://colab.research.google.com/drive/1\">a</a><a href='{URL}'>b</a>", URL, False),
        (f'<a href="{URL}">a</a> <a href="https://github.com/bo/s4">b</a>', URL, True),
        ("<p>&nbsp;</p>", "", False),
        ("–", "", False),
        ("", "", False),
    ],
)
def test_a_link_is_found(tmp_path, cell, given, remarked):
    read = read_source(cell, tmp_path.resolve())
    assert isinstance(read, Source)
    assert read.given in (given, URL)
    assert bool(read.given) == bool(given)
    if "[" not in cell:
        assert bool(read.remark) == remarked


@pytest.mark.parametrize(
    ("cell", "word"),
    [
        ("ada/s4", "https://github.com/ada/s4"),
        ("later", "https://github.com/owner/repository"),
        ("<p>I forgot</p>", "https://github.com/owner/repository"),
        ("https://drive.google.com/file/d/1", "public repository"),
        ("file:///etc/passwd", "path"),
        ("ext::sh -c id", "https"),
        ("--upload-pack=id", "https"),
        ("http://example.org/a/b", "https"),
    ],
)
def test_what_is_no_repository_has_a_next_step(tmp_path, cell, word):
    read = read_source(cell, tmp_path.resolve())
    assert isinstance(read, NoSource)
    assert read.fault
    assert word in read.next_step


@pytest.mark.parametrize(
    "cell",
    ["https://ada:hunter2@github.com/a/b", "ada:hunter2@host/x", "see https://u:hunter2@github.com/a/b ok"],
)
def test_a_secret_in_a_cell_is_not_repeated(tmp_path, cell):
    read = read_source(cell, tmp_path.resolve())
    assert isinstance(read, NoSource)
    assert "hunter2" not in read.fault + read.next_step


def test_the_same_repository_in_other_words_is_the_same(tmp_path):
    ways = (
        URL,
        "http://www.github.com/Ada/S4.git",
        "git+https://github.com/ada/s4",
        f"{URL}/",
        f"<p>{URL}</p>",
    )
    assert len({read_source(way, tmp_path.resolve()).repository for way in ways}) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="utf-8") | st.sampled_from("<>\"'/:.@-"), max_size=60))
def test_no_cell_breaks_it(tmp_path, cell):
    read = read_source(cell, tmp_path.resolve())
    assert isinstance(read, Source) or (read.fault and read.next_step)


@pytest.mark.parametrize("cell", ["<" * 1_000_000, "<a href=" * 100_000, "https://" * 100_000, "<p>" * 300_000, "x " * 400_000, "&nbsp;<" * 100_000 + ">"])  # fmt: skip
def test_endless_cells_cost_little(tmp_path, cell):
    start = time.process_time()
    read_source(cell, tmp_path.resolve())
    assert time.process_time() - start < 0.5


def test_a_pattern_quotes_nothing_in_and_lets_nothing_out():
    pattern = "https://github.com/org/{ user }-s4"
    assert read_pattern(pattern, ("user", "x")) == ("user",)
    made = made_link(pattern, {"user": " ada-1 "})
    assert isinstance(made, Source)
    assert made.given == "https://github.com/org/ada-1-s4"
    for value in ("", "a/b", "..", "a b", "a?x", "-a", "{user}", "é"):
        assert isinstance(made_link(pattern, {"user": value}), NoSource)
    with pytest.raises(UsageError):
        read_pattern("https://github.com/org/{}", ("user",))


def test_a_pattern_that_makes_no_link_is_the_rows_problem():
    assert isinstance(made_link("ftp://x/{user}", {"user": "ada"}), NoSource)

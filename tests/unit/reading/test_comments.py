"""Comments by their tokens: strings are none, and broken source loses only what cannot be told."""

from __future__ import annotations

import time

from grader.reading.comments import LIMIT_CHARACTERS, LIMIT_COMMENTS, Comment, blocks, comments


def texts(source: str) -> list[str]:
    return [one.text for one in comments(source).comments]


def test_a_hash_in_a_string_is_no_comment():
    source = "x = '# no'  # yes\ny = f\"#{x}\"\nz = '''\n# no\n'''\n# also"
    assert texts(source) == [" yes", " also"]


def test_where_a_comment_stands():
    assert comments("x = 1  # beside\n  \n# above\ny = 2").comments == (
        Comment(1, " beside", False),
        Comment(3, " above", True),
    )


def test_broken_source_is_read_by_lines_from_there_on():
    found = comments("a = 1  # first\nif a:\n   b\n  c\n# last\nd = 1  # not told")
    assert [one.text for one in found.comments] == [" first", " last"]
    assert found.fault == "it is not valid Python"


def test_an_open_bracket_and_an_open_string_keep_what_came_before():
    assert texts("f(  # open\n# inside\n") == [" open", " inside"]
    assert texts("# before\nx = '''\n# in the string\n") == [" before"]


def test_hostile_source_is_bounded():
    for source in (
        "#" * 5_000_000,
        "# a\n" * 400_000,
        "(" * 300_000,
        "'''" * 200_000,
        "\x00# a",
        "\ud800 # a",
    ):
        begin = time.monotonic()
        found = comments(source)
        assert time.monotonic() - begin < 5
        assert len(found.comments) <= LIMIT_COMMENTS
    assert "very long" in comments("x = 1\n" * LIMIT_CHARACTERS).fault
    assert "first 5,000 comments" in comments("# a\n" * 10_000).fault


def test_lines_that_follow_each_other_are_one_comment():
    found = comments("# a\n# b\n\n# c\nx = 1  # d\n# e\n").comments
    assert [[one.text for one in block] for block in blocks(found)] == [[" a", " b"], [" c"], [" d"], [" e"]]

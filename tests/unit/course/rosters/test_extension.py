"""Extensions: what a teacher writes, and the deadline that comes out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.course.rosters.extension import Extension, read_extension
from grader.errors import UsageError
from grader.fetch.deadline import parse_deadline

DEADLINE = parse_deadline("2026-03-01T23:59:00+05:30")


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("2 days", "2026-03-03T23:59:00+05:30"),
        ("+36h", "2026-03-03T11:59:00+05:30"),
        ("1 day 12 hours", "2026-03-03T11:59:00+05:30"),
        ("1 day, 30 min", "2026-03-03T00:29:00+05:30"),
        ("1 week and 1 day", "2026-03-09T23:59:00+05:30"),
        ("0.5 days", "2026-03-02T11:59:00+05:30"),
        ("2026-03-05T12:00:00+05:30", "2026-03-05T12:00:00+05:30"),
        ("2026-02-01T12:00:00+05:30", "2026-03-01T23:59:00+05:30"),  # never earlier than for everybody
    ],
)
def test_a_length_or_a_moment(text, until):
    extension = read_extension(text)
    assert extension is not None
    assert extension.after(DEADLINE).shown == until
    assert extension.after(DEADLINE).seconds == parse_deadline(until).seconds


def test_an_empty_cell_is_no_extension():
    assert read_extension("  ") is None


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "2 months",
        "-2 days",
        "2026-03-05",
        "400 days",
        "5",
        "1 day " * 40,
        "2 days x",
        "=2 days",
        "²days",
    ],
)
def test_anything_else_says_what_to_write(text):
    with pytest.raises(UsageError) as caught:
        read_extension(text)
    assert "2026" in caught.value.hint


@given(st.text(max_size=60))
def test_no_text_breaks_it(text):
    try:
        extension = read_extension(text)
    except UsageError:
        return
    assert extension is None or extension.after(DEADLINE).seconds >= DEADLINE.seconds


def test_past_the_last_year_that_there_is_nothing_moves():
    end = parse_deadline("9999-12-31T00:00:00+00:00")
    assert Extension(seconds=10 * 86400).after(end) == end
    assert Extension(seconds=36 * 3600).shown == "36 h longer"
    assert Extension(until=DEADLINE).shown == f"until {DEADLINE.shown}"

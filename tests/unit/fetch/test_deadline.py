"""Deadlines as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import UsageError
from grader.fetch.deadline import parse_deadline, shown_moment


@pytest.mark.parametrize(
    ("text", "seconds", "shown", "assumed"),
    [
        ("2026-03-01T23:59:00+05:30", 1772389740, "2026-03-01T23:59:00+05:30", False),
        (" 2026-03-01T18:29:00Z ", 1772389740, "2026-03-01T18:29:00+00:00", False),
        ("2026-03-01T18:29:00", 1772389740, "2026-03-01T18:29:00+00:00", True),
        ("2026-03-01 18:29", 1772389740, "2026-03-01T18:29:00+00:00", True),
    ],
)
def test_moments(text: str, seconds: int, shown: str, assumed: bool) -> None:
    found = parse_deadline(text)
    assert (found.seconds, found.shown, found.zone_assumed) == (seconds, shown, assumed)
    assert ("UTC was taken" in found.note()) == assumed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tomorrow", '"tomorrow" is not a date with a time'),
        ("2026-03-01", "says no time of the day"),
        ("20260301T235900", "says no time of the day"),
        ("2026-02-30T10:00:00", "is not a date"),
        ("01.03.2026 23:59", "is not a date"),
        ("2026-03-01T25:00:00", "is not a date"),
        ("a\x1b[31mb", r"a\\x1b\[31mb"),
    ],
)
def test_what_is_no_moment(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        parse_deadline(text)
    assert "2026-03-01T23:59:00+05:30" in raised.value.hint


@given(st.text(max_size=40))
def test_any_text_is_a_moment_or_refused(text: str) -> None:
    try:
        assert parse_deadline(text).shown
    except UsageError as error:
        assert error.hint


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "1970-01-01T00:00:00+00:00"),
        (10**17, f"{10**17} seconds after 1970"),
        (10**30, f"{10**30} seconds after 1970"),
    ],
)
def test_a_commit_may_claim_any_time(seconds: int, shown: str) -> None:
    assert shown_moment(seconds) == shown

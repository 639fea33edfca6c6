"""The list beside the evidence, and the way from one item to the next."""

from __future__ import annotations

import pytest

from grader.review_page.desk import Entry
from grader.review_page.queue import ROWS, Queue


def entry(run: str, name: str, state: str = "open", order: int = 0) -> Entry:
    return Entry(run, name, f"student {run}", "s4", "It is small.", "0 to 50 points", "open", state, order)  # type: ignore[arg-type]


ONE = [entry("a", "x", "decided"), entry("b", "x"), entry("a", "y", order=1), entry("b", "y", "graded", 1)]


def ids(entries: object) -> list[str]:
    return [f"{one.run}{one.id}" for one in entries]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("view", "listed"),
    [("open", ["bx", "ay"]), ("decided", ["ax"]), ("all", ["ax", "ay", "bx", "by"])],
)
def test_a_view_lists_its_own(view: str, listed: list[str]) -> None:
    assert ids(Queue(ONE, view, "p").listed) == listed


def test_the_way_goes_on_from_what_is_not_listed_any_more() -> None:
    queue = Queue(ONE, "open", "p")
    before, after = queue.around(ONE[3])  # decided by the grader, at the end
    assert (before, after) == (ONE[2], None)
    assert queue.around(ONE[0]) == (None, ONE[1])
    assert queue.next_open(ONE[1]) == ONE[2]
    assert queue.next_open(ONE[2]) == ONE[1]  # from the start again
    assert Queue(ONE[:2], "open", "p").next_open(ONE[1]) is None


def test_of_another_submission_only_its_name_is_listed() -> None:
    rows = Queue(ONE, "all", "p").rows(ONE[2])
    assert [(row.heading, row.name, row.detail, row.current) for row in rows] == [
        ("student a, s4", "x", "open", False),
        ("", "y", "open", True),
        ("s4", "student b", "1 open", False),
    ]


def test_a_long_list_is_shown_around_where_one_is() -> None:
    many = [entry(f"{n:04d}", "x") for n in range(3 * ROWS)]
    queue = Queue(many, "open", "p")
    for place in (0, ROWS, 3 * ROWS - 1):
        rows = queue.rows(many[place])
        assert len(rows) == ROWS
        assert [row.current for row in rows].count(True) == 1
    assert queue.left_out(many[0]) == "0 before these, 400 after them."
    assert Queue(ONE, "open", "p").left_out(ONE[1]) == ""


def test_an_address_holds_any_name() -> None:
    odd = entry("a", "x&id=y#\"'<")
    assert Queue([odd], "open", "p").address(odd) == "/p/item?view=open&run=a&id=x%26id%3Dy%23%22%27%3C"

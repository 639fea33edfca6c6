"""The words about what a person decides, in the terminal and on the page."""

from __future__ import annotations

from grader.decisions import OpenItem
from grader.report import words

KINDS = {
    "check": "check",
    "bonus": "bonus",
    "multiplier": "multiplier",
    "penalty": "penalty",
    "percentage": "penalty",
}


def span(item: OpenItem) -> str:
    """What can be decided: `0 to 50 points`, `bonus of 500, yes or no`."""
    if item.takes_points:
        return f"{words.points(item.least)} to {words.points(item.most)} points"
    size = f"{100 * item.amount:g} %" if item.kind == "percentage" else f"{item.amount:g}"
    return f"{KINDS[item.kind]} of {size}, yes or no"


def standing(item: OpenItem) -> str:
    """How it stands: `open`, `40 points by Ada`, `0 points by the grader`."""
    by = item.decided.who if item.decided else "the grader"
    if item.decided is None and not item.overrides:
        return "open"
    if item.takes_points:
        given = item.decided.points if item.decided else item.lowest
        return f"{words.points(given)} points by {by}"
    if item.decided is None and item.state == "by hand":
        return "nobody has taken it"
    counted = item.decided.counts if item.decided else item.state == "counts"
    return f"{'counts' if counted else 'does not count'}, by {by}"
